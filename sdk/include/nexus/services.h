/* nexus.services: questions that plugins ask each other.
 *
 * Only bytes and handles cross, so a provider can be replaced, restarted or moved to another process without its
 * callers noticing. A call is asynchronous and completes exactly once: with the provider's answer, or NX_E_UNAVAILABLE
 * when the provider stops, NX_E_TIMEOUT at the deadline, NX_E_CANCELLED after cancel. */
#ifndef NEXUS_SERVICES_H
#define NEXUS_SERVICES_H

#include <nexus/host.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NX_SERVICES_ID "nexus.services/1"

typedef struct nx_service {
  uint32_t struct_size;
  uint32_t minor; /* revision within the id's major */
  nx_str id;      /* "<plugin id>.<name>/<major>" */
  /* [work] Takes a question and answers with complete(request, ...), at once or later, from any thread. `call` carries
   * the caller's principal and deadline. A failure status is the answer itself; complete must then not be called. */
  nx_status (*call)(void* self, nx_call* call, nx_handle request, nx_str method, nx_str payload);
  /* [any][nb] Nobody waits for `request` any more; answering is harmless. May be NULL. */
  void (*cancelled)(void* self, nx_handle request);
  void* self;
} nx_service;

enum { NX_BIND_OPTIONAL = 1u }; /* start without it; invoke answers NX_E_UNAVAILABLE while it is absent */

/* [work] The answer. `call` is a child of the caller's. Never runs inside invoke. */
typedef void (*nx_service_done)(void* user_data, nx_call* call, nx_status status, nx_str response);

typedef struct nx_services_api {
  NX_INTERFACE_HEADER;
  /* [reg] */
  nx_status (*provide)(nx_reg* reg, const nx_service* service);
  /* [reg] Announces that this plugin asks `id`. The binding lives as long as the plugin. */
  nx_status (*bind)(nx_reg* reg, nx_str id, uint32_t min_minor, uint32_t flags, nx_handle* out);
  /* [any][nb] Asks. `done` is called exactly once if and only if NX_OK is returned. Payloads are at most 16 MiB. `out`
   * (may be NULL) is for cancel. */
  nx_status (*invoke)(nx_call* call, nx_handle binding, nx_str method, nx_str payload, nx_service_done done,
                      void* user_data, nx_handle* out);
  /* [any][nb] Gives up; done still runs, with NX_E_CANCELLED. */
  nx_status (*cancel)(const nx_host* host, nx_handle invocation);
  /* [any][nb] The provider's answer. NX_E_STALE where nobody waits any more. */
  nx_status (*complete)(const nx_host* host, nx_handle request, nx_status status, nx_str response);
} nx_services_api;

#ifdef __cplusplus
}
#endif
#endif
