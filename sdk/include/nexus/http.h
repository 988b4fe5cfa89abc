/* nexus.http: REST routes.
 *
 * A route's OpenAPI fragment is also its validator: what it does not allow never reaches the handler. The host reads
 * the request, authenticates, limits, authorizes, validates, and writes the envelope around the answer. */
#ifndef NEXUS_HTTP_H
#define NEXUS_HTTP_H

#include <nexus/host.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NX_HTTP_ID "nexus.http/1"

enum {
  NX_ROUTE_INLINE = 1u,  /* runs on the I/O thread: must not block, and the database answers NX_E_PHASE */
  NX_ROUTE_PUBLIC = 2u,  /* needs no token; one that is sent is still checked */
  NX_ROUTE_STEP_UP = 4u, /* since 1.1: dangerous, so it needs a recent authentication; 403/40302 otherwise */
  NX_ROUTE_SESSION = 8u  /* since 1.1: for a person who is logged in; an API token is refused with 403/40301 */
};

/* Which rate limit counts a request. */
enum {
  NX_RATE_GENERAL = 0, /* per user, or per address where nobody is logged in */
  NX_RATE_AUTH = 1,    /* the strict one of log-in routes, per address */
  NX_RATE_NONE = 2     /* health probes */
};

/* [work] Answers a request: with reply, or with defer now and complete later. A failure without an answer becomes the
 * error of that status (NX_E_NOT_FOUND: 404/40401, NX_E_CONFLICT: 409/40901, NX_E_BUSY and NX_E_UNAVAILABLE: 503/50301,
 * NX_E_TIMEOUT: 504/50401, NX_E_DENIED: 403/40301, NX_E_INVALID: 400/40000, anything else: 500/50001). */
typedef nx_status (*nx_http_fn)(void* user_data, nx_call* call, nx_http* http);

typedef struct nx_route {
  uint32_t struct_size;
  uint32_t flags; /* NX_ROUTE_* */
  nx_str method;  /* GET, POST, PUT, PATCH or DELETE; HEAD and OPTIONS are the host's */
  nx_str pattern; /* "/api/v1/servers/:id": a parameter takes one non-empty segment; a literal wins over a parameter */
  nx_str permission;   /* a declared one, or empty: anybody who is logged in; API tokens then only with GET */
  nx_str openapi_json; /* an OpenAPI 3.1 operation; the schema of a 2xx answer describes the envelope's `data` only.
                          Required: a route without one is refused. Each `pattern` in it needs a maxLength <= 4096. */
  uint32_t rate_class; /* NX_RATE_* */
  uint32_t max_body;   /* bytes; 0 takes the host's limit (1 MiB), which no route can exceed */
  uint32_t timeout_ms; /* 0 takes the host's (30 s); at most 300,000 */
  uint32_t reserved;
  nx_http_fn fn;
  void* user_data;
} nx_route;

/* An answer. Zero it, set struct_size, fill what is needed.
 *
 * Success (app_code 0): {"code": http_status, "message": <message_key>, "data": <data_json>}.
 * Error: {"code": app_code, "message": ..., "details": <details_key>, "request_id": ..., ...extra_json}.
 * Raw (content_type present): `body` as it is, without an envelope. */
typedef struct nx_response {
  uint32_t struct_size;
  uint32_t flags;      /* none defined */
  int32_t http_status; /* 0: 200, or the first three digits of app_code (4000x: see docs/api) */
  int32_t app_code;    /* 0 is success; otherwise one of the documented five-digit codes */
  nx_str message_key;  /* catalogue key; absent: the code's own message */
  nx_str details_key;  /* catalogue key of an error's details; absent: the code's own details */
  const nx_kv* args;   /* values of {name} in both texts */
  uint32_t arg_count;
  uint32_t header_count;
  const nx_kv* headers; /* text values; the host refuses its own (Content-Length, Connection, ...) */
  nx_str data_json;     /* a JSON value; absent: no `data` member */
  nx_str extra_json;    /* a JSON object whose members stand at the envelope's top level */
  nx_str content_type;
  nx_str body;
  nx_str field; /* of a validation error (42201): becomes "errors": [{"field", "rule", "message": <details>}] */
  nx_str rule;  /* what it broke: a JSON Schema keyword, or a word of the plugin's own */
  /* Since 1.1. For the audit trail (nexus/audit.h), never sent to the client: */
  nx_str audit_target;  /* what it was done to, as "users/7"; absent: the request's path */
  nx_str audit_details; /* a JSON object: what changed, from what to what. Never a secret. */
  nx_str audit_user;    /* where nobody is logged in: the name that the client gave itself */
} nx_response;

typedef struct nx_http_api {
  NX_INTERFACE_HEADER;
  /* [reg] NX_E_CONFLICT where another route has the same method and pattern. */
  nx_status (*add_route)(nx_reg* reg, const nx_route* route);
  /* [reg] JSON Schemas by name, for "#/components/schemas/<name>" in this plugin's fragments. A name is unique in a
   * panel. */
  nx_status (*add_schemas)(nx_reg* reg, nx_str schemas_json);
  /* [nb] Parts of the request; valid until the handler returns. An absent one has ptr NULL. Values are decoded. */
  nx_str (*method)(const nx_http* http);
  nx_str (*path)(const nx_http* http);
  nx_str (*path_param)(const nx_http* http, nx_str name);
  nx_str (*query)(const nx_http* http, nx_str name);
  nx_str (*header)(const nx_http* http, nx_str name); /* name without regard to case */
  nx_str (*body)(const nx_http* http);                /* validated JSON where the fragment declares a JSON body */
  /* [nb] Answers; everything is copied. A second answer is NX_E_PHASE. */
  nx_status (*reply)(nx_http* http, const nx_response* response);
  /* [nb] The handler will return without an answer; complete gives it later. Past its deadline the host answers 504. */
  nx_status (*defer)(nx_http* http, nx_handle* out);
  /* [any][nb] Answers a deferred request. NX_E_STALE where it is answered already or its client is gone. */
  nx_status (*complete)(const nx_host* host, nx_handle request, const nx_response* response);
} nx_http_api;

#ifdef __cplusplus
}
#endif
#endif
