/* nexus.call: one unit of work and on whose behalf it runs.
 *
 * The host makes a call for each request, event, service invocation and timer, and hands it to the callback. It ends
 * when the callback returns; what goes on after that needs a child. */
#ifndef NEXUS_CALL_H
#define NEXUS_CALL_H

#include <nexus/host.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NX_CALL_ID "nexus.call/1"

enum {
  /* Since 1.1: an API token, not a person's session. It holds a permission only where `scopes` names it as well. */
  NX_PRINCIPAL_SCOPED = 1u,
  /* Since 1.2: he has a second factor. elevated_until_us of such a caller says how long one that was shown counts. */
  NX_PRINCIPAL_SECOND_FACTOR = 2u
};

/* Who is calling. All strings are empty and user_id is 0 where nobody is logged in. */
typedef struct nx_principal {
  uint32_t struct_size;
  uint32_t flags; /* NX_PRINCIPAL_* */
  int64_t user_id;
  nx_str user_name;
  nx_str role;
  nx_str session_id; /* empty for an API token */
  nx_str token_id;
  nx_str locale;            /* the profile's language, a BCP 47 tag; empty where none is set */
  int64_t authenticated_us; /* when the password was last checked; microseconds since the epoch */
  /* Since 1.1: */
  int64_t elevated_until_us; /* NX_ROUTE_STEP_UP routes are open until then; microseconds since the epoch, 0: closed */
  const nx_str* scopes;      /* of an API token: names of permissions, or "*" for all that its user holds */
  uint32_t scope_count;
  uint32_t reserved;
} nx_principal;

typedef struct nx_call_api {
  NX_INTERFACE_HEADER;
  /* [any][nb] Never NULL. Valid as long as the call. */
  const nx_principal* (*principal)(const nx_call* call);
  /* [any][nb] Id that the answer, the log and events of this work carry. */
  nx_str (*request_id)(const nx_call* call);
  /* [any][nb] W3C trace context "traceparent"; absent where the caller sent none. */
  nx_str (*trace_parent)(const nx_call* call);
  /* [any][nb] Language to answer in: "zh-CN" or "en". */
  nx_str (*locale)(const nx_call* call);
  /* [any][nb] Address of the client, after trusted proxies; absent where no client is behind the call. */
  nx_str (*remote_address)(const nx_call* call);
  /* [any][nb] Id of the plugin that invoked this service method; absent elsewhere. */
  nx_str (*caller_plugin)(const nx_call* call);
  /* [any][nb] Microseconds left; negative when the deadline has passed, INT64_MAX where there is none. */
  int64_t (*remaining_us)(const nx_call* call);
  /* [any][nb] 1 when nobody waits for the result any more. */
  uint32_t (*cancelled)(const nx_call* call);
  /* [any][nb] Why the callback is about to fail: for the log and for operators, never sent to clients. The last one
   * counts. */
  void (*set_error)(nx_call* call, nx_str reason);
  /* [any] A child that outlives the callback: same principal, locale, request id, trace and deadline. Freed by release.
   */
  nx_status (*child)(const nx_call* call, nx_call** out);
  /* [any] A call without a client, with the plugin's own identity, for its own threads. `timeout_us` from now; 0 is
   * none. */
  nx_status (*background)(const nx_host* host, nx_str reason, int64_t timeout_us, nx_call** out);
  /* [any] Ends a call from child or background; an open transaction of it is rolled back. */
  void (*release)(nx_call* call);
} nx_call_api;

#ifdef __cplusplus
}
#endif
#endif
