/* nexus.config: the plugin's own section of the configuration file. */
#ifndef NEXUS_CONFIG_H
#define NEXUS_CONFIG_H

#include <nexus/host.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NX_CONFIG_ID "nexus.config/1"

/* [life] The section changed and passed the schema. NX_E_RESTART_NEEDED: taken at the next start of the plugin. */
typedef nx_status (*nx_config_fn)(void* user_data, nx_call* call);

typedef struct nx_config_api {
  NX_INTERFACE_HEADER;
  /* [reg] JSON Schema (draft 7 keywords) of the section named after the plugin. Unknown keys are errors that name file
   * and line; `default`s of top-level properties are filled in. Without a schema the section must be absent. */
  nx_status (*declare_schema)(nx_reg* reg, nx_str schema_json);
  /* [reg] Optional. */
  nx_status (*on_change)(nx_reg* reg, nx_config_fn fn, void* user_data);
  /* [any] The section as a JSON object, defaults filled in. Not before register_all has returned. */
  nx_status (*section)(const nx_host* host, nx_sink out);
} nx_config_api;

#ifdef __cplusplus
}
#endif
#endif
