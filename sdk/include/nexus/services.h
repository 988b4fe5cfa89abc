/* nexus.services: questions that plugins ask each other.
 *
 * Only bytes and handles cross, so a provider can be replaced, restarted or moved to another process without its
 * callers noticing. A call is asynchronous and completes exactly once: with the provider's answer, or NX_E_UNAVAILABLE
 * when the provider stops, NX_E_TIMEOUT at the deadline, NX_E_CANCELLED after cancel.
 *
 * A stream (since 1.2) is for what lasts: messages both ways, in order, each side with a window of bytes that the other
 * has not consumed yet, so that a slow reader slows the writer and nothing grows. It closes exactly once on both
 * sides. */
#ifndef NEXUS_SERVICES_H
#define NEXUS_SERVICES_H

#include <nexus/host.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NX_SERVICES_ID "nexus.services/1"

/* What one side of a stream is told: one callback at a time, in order, closed last. A message is delivered on the
 * thread that sends it, within its stream_send, so that a byte costs no change of threads; drained likewise within
 * stream_consumed. Hence they must not block, and who calls a function of a stream holds no lock that its own callbacks
 * take: an answer may come before the call returns. For a serialised plugin all of them run on workers, in its turn. */
typedef struct nx_stream_events {
  uint32_t struct_size;
  uint32_t reserved;
  /* [any][nb] `kind` is for the service to define. `bytes` is valid until it returns, and counts against the sender's
   * window until stream_consumed gives it back. */
  void (*data)(void* user_data, nx_handle stream, uint32_t kind, nx_str bytes);
  /* [any][nb] After a send that answered NX_E_BUSY, half of the window is free again. */
  void (*drained)(void* user_data, nx_handle stream);
  /* [work] Exactly once, and nothing comes after it; `stream` is stale. What the other side sent before it closed has
   * been delivered. `why` and `reason` are the closer's: NX_OK is an ordinary end; NX_E_UNAVAILABLE where a plugin of
   * the two stops. The side that closes is told as well. */
  void (*closed)(void* user_data, nx_handle stream, nx_status why, nx_str reason);
} nx_stream_events;

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
  /* Since 1.2, may be NULL: [work] Somebody opens a stream. NX_OK accepts: `events` (copied) and `user_data` are this
   * side's from now on, and it may send before it returns. A failure closes the opener's side with that status and the
   * call's error as the reason; this side then gets no callback. */
  nx_status (*stream)(void* self, nx_call* call, nx_handle stream, nx_str method, nx_str payload,
                      nx_stream_events* events, void** user_data);
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
  /* Since 1.2:
   * [any][nb] Opens a stream to `method`; `window` bytes may be on their way in each direction (0: 256 KiB; at most 16
   * MiB). If and only if NX_OK is returned, events->closed will run exactly once; what is sent before the provider has
   * accepted waits for that. The stream does not end with the call. A plugin has at most 10,000 that it opened:
   * NX_E_BUSY. NX_E_UNSUPPORTED where the service has no streams. */
  nx_status (*open_stream)(nx_call* call, nx_handle binding, nx_str method, nx_str payload, uint32_t window,
                           const nx_stream_events* events, void* user_data, nx_handle* out);
  /* [any][nb] `stream` is this side's own handle. NX_E_BUSY: the window is full and the message was not taken. A
   * message may be larger than the window where nothing is on its way; at most 1 MiB: NX_E_LIMIT. NX_E_STALE once it is
   * closed. */
  nx_status (*stream_send)(const nx_host* host, nx_handle stream, uint32_t kind, nx_str bytes);
  /* [any][nb] This side has dealt with `bytes` of what it was given. */
  nx_status (*stream_consumed)(const nx_host* host, nx_handle stream, uint64_t bytes);
  /* [any][nb] Ends it for both sides; what was sent before is delivered first. `reason` has at most 64 KiB. NX_E_STALE
   * where it has ended. */
  nx_status (*stream_close)(const nx_host* host, nx_handle stream, nx_status why, nx_str reason);
} nx_services_api;

#ifdef __cplusplus
}
#endif
#endif
