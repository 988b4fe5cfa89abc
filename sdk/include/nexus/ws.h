/* nexus.ws: WebSocket endpoints. Since 1.2.
 *
 * The host does the handshake, framing, pings, limits and close; a plugin sees sessions and whole messages. An upgrade
 * passes the same pipeline as a request (authentication, rate limit, permission, parameters), so that a refusal is an
 * ordinary answer with its envelope. Browsers, which cannot send an Authorization header here, bring a one-time ticket
 * as `?ticket=`. A user has a bounded number of sessions; one more is 429/42901.
 *
 * Callbacks of one session never run at the same time: open first, closed last. `closed` runs exactly once for each
 * open that accepted, whatever ended the session: the client (its code, 1005 without one, 1006 without a close frame),
 * a broken rule of the protocol or a limit (1002, 1007, 1009), the plugin's own close, a log-out or a changed account
 * (1008), the plugin's or the panel's stop (1001). */
#ifndef NEXUS_WS_H
#define NEXUS_WS_H

#include <nexus/http.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NX_WS_ID "nexus.ws/1"

/* Kinds of a message. Text is UTF-8 both ways: the host closes a client that sends other bytes with 1007, and answers
 * NX_E_INVALID to a plugin. */
enum { NX_WS_TEXT = 1, NX_WS_BINARY = 2 };

enum {
  NX_WS_PUBLIC = 1u,        /* needs no token; one that is sent is still checked */
  NX_WS_STEP_UP = 2u,       /* needs a recent authentication; 403/40302 otherwise */
  NX_WS_SECOND_FACTOR = 4u, /* the same, but only for callers who have a second factor */
  NX_WS_SESSION = 8u,       /* for a person who is logged in; an API token is refused with 403/40301 */
  NX_WS_INLINE = 16u,       /* message and drained run on the I/O thread: they must not block, and the database answers
                               NX_E_PHASE. Without it they run on workers. */
  NX_WS_CREDIT = 32u        /* a message counts against receive_window until `consumed` gives it back; without the flag
                               that happens when `message` returns */
};

/* What a client asks for, as open sees it. */
typedef struct nx_ws_opening {
  uint32_t struct_size;
  uint32_t reserved;
  nx_handle session;
  nx_str subprotocol; /* the first of the endpoint's that the client offers too; absent: none */
  void* session_data; /* out: what the other callbacks of this session are given */
} nx_ws_opening;

typedef struct nx_ws_endpoint {
  uint32_t struct_size;
  uint32_t flags;          /* NX_WS_* */
  nx_str pattern;          /* as of a route */
  nx_str permission;       /* as of a route */
  nx_str openapi_json;     /* an OpenAPI operation whose parameters are checked before open. It stands in the document
                              under "x-websockets". Required. */
  nx_str subprotocols;     /* comma-separated, the most wanted first; absent: none */
  uint32_t max_message;    /* bytes of a client's message, fragments together; more is closed with 1009. 0: 64 KiB; at
                              most 1 MiB */
  uint32_t receive_window; /* bytes of messages that the plugin has not taken; then the host stops reading from the
                              client. 0: 256 KiB; at most 16 MiB */
  uint32_t send_limit;     /* bytes that wait for the client; then send answers NX_E_BUSY. 0: 256 KiB; at most 16 MiB */
  uint32_t reserved;
  /* [work] NX_OK accepts; what is sent from here on waits for the handshake. A reply through `http` refuses with that
   * answer, a failure status with the error of a route. defer is NX_E_PHASE here. */
  nx_status (*open)(void* user_data, nx_call* call, nx_http* http, nx_ws_opening* opening);
  /* [work] or I/O thread: one message, whole. `data` is valid until it returns. */
  void (*message)(void* session_data, nx_call* call, nx_handle session, uint32_t kind, nx_str data);
  /* [work] or I/O thread: after a send that answered NX_E_BUSY, half of send_limit is free again. May be NULL. */
  void (*drained)(void* session_data, nx_handle session);
  /* [work] Nothing comes after it; `session` is stale from now on. */
  void (*closed)(void* session_data, nx_call* call, nx_handle session, uint32_t code, nx_str reason);
  void* user_data;
} nx_ws_endpoint;

typedef struct nx_ws_api {
  NX_INTERFACE_HEADER;
  /* [reg] NX_E_CONFLICT where a route or an endpoint has the same pattern for GET. */
  nx_status (*add_endpoint)(nx_reg* reg, const nx_ws_endpoint* endpoint);
  /* [any][nb] Queues a message (copied), in order. NX_E_BUSY: more than send_limit waits, and the message was not
   * taken; drained tells when to go on. One message may be larger than the limit where nothing waits. At most 16 MiB:
   * NX_E_LIMIT. */
  nx_status (*send)(const nx_host* host, nx_handle session, uint32_t kind, nx_str data);
  /* [any][nb] Gives `bytes` of received messages back to the window (NX_WS_CREDIT). */
  nx_status (*consumed)(const nx_host* host, nx_handle session, uint64_t bytes);
  /* [any][nb] Sends what is queued, then a close frame. `code` is 1000, 1001, 1003, 1007-1013 or 3000-4999, `reason` at
   * most 123 bytes. A client that does not answer is cut off after 5 s. */
  nx_status (*close)(const nx_host* host, nx_handle session, uint32_t code, nx_str reason);
  /* [any][nb] Puts a session into one of this plugin's channels, or takes it out. A channel exists while it has
   * members; its name has at most 128 bytes. A session leaves all of them when it closes. */
  nx_status (*join)(const nx_host* host, nx_handle session, nx_str channel);
  nx_status (*leave)(const nx_host* host, nx_handle session, nx_str channel);
  /* [any][nb] Sends to all members; the frame is made once. A member whose queue is full misses the message and gets
   * drained later; `missed` (may be NULL) counts them. NX_OK also without members. */
  nx_status (*broadcast)(const nx_host* host, nx_str channel, uint32_t kind, nx_str data, uint32_t* missed);
} nx_ws_api;

#ifdef __cplusplus
}
#endif
#endif
