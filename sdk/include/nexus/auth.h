/* nexus.auth: permissions, and the one plugin that says who a caller is. */
#ifndef NEXUS_AUTH_H
#define NEXUS_AUTH_H

#include <nexus/call.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NX_AUTH_ID "nexus.auth/1"

typedef struct nx_permission {
  uint32_t struct_size;
  uint32_t flags; /* none defined */
  nx_str name;    /* "servers.write": begins with the plugin's id; of [a-z0-9_.] */
  nx_str title_key;
  nx_str default_roles; /* comma-separated; "admin" holds every permission without being named */
} nx_permission;

/* What a credential is. */
enum {
  NX_CREDENTIAL_BEARER = 1, /* of an Authorization header: an access token or an API token */
  NX_CREDENTIAL_TICKET = 2  /* since 1.1: what opens one WebSocket; good once, so its identity is not remembered */
};

/* Who a credential stands for. */
typedef struct nx_identity {
  uint32_t struct_size;
  uint32_t reserved;
  int64_t valid_until_us; /* the host may remember this answer until then, unless it is invalidated; 0: not at all */
  const nx_principal* principal;
} nx_identity;

typedef struct nx_identity_provider {
  uint32_t struct_size;
  uint32_t reserved;
  /* [work] Finds out whom `credential` stands for and answers with complete_identity, at once or later. A failure
   * status is the answer itself (50301: it could not be found out); complete_identity must then not be called. */
  nx_status (*authenticate)(void* self, nx_call* call, nx_handle request, uint32_t kind, nx_str credential);
  void* self;
} nx_identity_provider;

/* What invalidate forgets. */
enum { NX_INVALIDATE_TOKEN = 1, NX_INVALIDATE_SESSION = 2, NX_INVALIDATE_USER = 3 };

typedef struct nx_auth_api {
  NX_INTERFACE_HEADER;
  /* [reg] */
  nx_status (*declare_permission)(nx_reg* reg, const nx_permission* permission);
  /* [any][nb] NX_OK where the call's principal holds the permission, else NX_E_DENIED. */
  nx_status (*check)(const nx_call* call, nx_str permission);
  /* [reg] At most one plugin of a panel; a second is NX_E_CONFLICT. */
  nx_status (*provide_identity)(nx_reg* reg, const nx_identity_provider* provider);
  /* [any][nb] The provider's answer, exactly once. `app_code` 0: `identity` holds the caller. Else 40002 (expired) or
   * 40003 (missing or invalid), or 50301 where it could not be found out; `identity` may then be NULL. */
  nx_status (*complete_identity)(const nx_host* host, nx_handle request, int32_t app_code, const nx_identity* identity);
  /* [any][nb] What the host remembers of a token, a session or all of a user's sessions is no longer so. When it
   * returns, no later request is answered from memory of it, and its WebSockets close with 1008 (since 1.2). `id` is
   * the token id, session id or decimal user id. Tokens and sessions are the provider's (NX_E_DENIED to others). A user
   * may be invalidated by any plugin, because that only makes the host ask again: whoever keeps accounts does it before
   * answering that one has changed. */
  nx_status (*invalidate)(const nx_host* host, uint32_t kind, nx_str id);
  /* [any] Since 1.1: every permission that is declared now, sorted by name, with its title in the call's language and
   * the roles that hold it by default ("admin" holds all and is not named):
   * [{"name": "servers.read", "title": "...", "roles": ["operator", "user"]}] */
  nx_status (*permissions)(const nx_call* call, nx_sink out);
} nx_auth_api;

#ifdef __cplusplus
}
#endif
#endif
