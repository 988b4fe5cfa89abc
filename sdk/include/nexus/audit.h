/* nexus.audit: who did what, to what, from where, and how it ended.
 *
 * The trail is append-only and hash-chained under a key that is not in the database. The host writes an entry by itself
 * for every request that changes something and for every refusal of a permission: it names the route's operationId, the
 * caller, the address, the request id and the outcome, and nx_response.audit_* adds what only the plugin knows. What
 * happens without a request is recorded here. */
#ifndef NEXUS_AUDIT_H
#define NEXUS_AUDIT_H

#include <nexus/host.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NX_AUDIT_ID "nexus.audit/1"

enum { NX_AUDIT_OK = 0, NX_AUDIT_DENIED = 1, NX_AUDIT_FAILED = 2 };

typedef struct nx_audit_entry {
  uint32_t struct_size;
  uint32_t flags;  /* none defined */
  nx_str action;   /* what was done, in camelCase like an operationId: "createInitialAdmin"; at most 64 bytes */
  nx_str target;   /* what it was done to: "users/7"; at most 256 bytes, may be empty */
  nx_str details;  /* a JSON object of at most 4 KiB, or empty. Never a secret. */
  uint32_t result; /* NX_AUDIT_* */
  uint32_t reserved;
} nx_audit_entry;

typedef struct nx_audit_api {
  NX_INTERFACE_HEADER;
  /* [any][nb] Queues one entry; it is on disk within a second. `call` (may be NULL) gives user, address and request id.
   * NX_E_BUSY: the queue is full, and the log says so. NX_E_INVALID: a bound is broken, or the details are no object.
   */
  nx_status (*record)(const nx_host* host, const nx_call* call, const nx_audit_entry* entry);
} nx_audit_api;

#ifdef __cplusplus
}
#endif
#endif
