/* nexus.i18n: texts for people, in the language of the caller. */
#ifndef NEXUS_I18N_H
#define NEXUS_I18N_H

#include <nexus/host.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NX_I18N_ID "nexus.i18n/1"

typedef struct nx_i18n_api {
  NX_INTERFACE_HEADER;
  /* [reg] A flat JSON object of key to text for one language ("zh-CN", "en"); {name} marks an argument. Keys begin with
   * the plugin's id and a dot. Every key must be present in both languages that the panel ships. */
  nx_status (*add_catalogue)(nx_reg* reg, nx_str locale, nx_str catalogue_json);
  /* [any][nb] The text in the call's language, else zh-CN, else the key itself. */
  nx_status (*translate)(const nx_call* call, nx_str key, const nx_kv* args, uint32_t arg_count, nx_sink out);
} nx_i18n_api;

#ifdef __cplusplus
}
#endif
#endif
