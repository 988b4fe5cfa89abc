/* nexus.secrets: values that must not be readable in the database or a backup.
 *
 * XChaCha20-Poly1305 under a key derived for each plugin from the master key file in the data folder. */
#ifndef NEXUS_SECRETS_H
#define NEXUS_SECRETS_H

#include <nexus/host.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NX_SECRETS_ID "nexus.secrets/1"

typedef struct nx_secrets_api {
  NX_INTERFACE_HEADER;
  /* [any] Seals up to 1 MiB. `context` says what it belongs to ("ssh_keys/7"): only the same context opens it, so that
   * a row cannot be swapped for another. The output is bytes; two seals of one value differ. */
  nx_status (*seal)(const nx_host* host, nx_str plaintext, nx_str context, nx_sink out);
  /* [any] NX_E_DENIED: changed, sealed by another plugin or master key, or for another context. Wipe what you were
   * given. */
  nx_status (*open)(const nx_host* host, nx_str sealed, nx_str context, nx_sink out);
} nx_secrets_api;

#ifdef __cplusplus
}
#endif
#endif
