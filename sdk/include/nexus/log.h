/* nexus.log: structured log lines under the plugin's name. */
#ifndef NEXUS_LOG_H
#define NEXUS_LOG_H

#include <nexus/host.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NX_LOG_ID "nexus.log/1"

enum { NX_LOG_DEBUG = 1, NX_LOG_INFO = 2, NX_LOG_WARNING = 3, NX_LOG_ERROR = 4 };

typedef struct nx_log_api {
  NX_INTERFACE_HEADER;
  /* Lowest level that is kept now. Read it before formatting; it may change at any time. */
  const volatile int32_t* threshold;
  /* [any][nb] Writes one line: `message` is a constant text, what varies goes into `fields`. Control characters are
   * escaped. `call` may be NULL; with one, its request id is added. Never pass secrets. */
  void (*write)(const nx_host* host, const nx_call* call, int32_t level, nx_str message, const nx_kv* fields,
                uint32_t field_count);
} nx_log_api;

#ifdef __cplusplus
}
#endif
#endif
