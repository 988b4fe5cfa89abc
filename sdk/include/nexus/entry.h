/* Handshake: the one symbol that a plugin exports. */
#ifndef NEXUS_ENTRY_H
#define NEXUS_ENTRY_H

#include <nexus/host.h>
#include <nexus/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { NX_DEPENDENCY_OPTIONAL = 1u }; /* ordered after it when present, started without it when absent */

/* Another plugin that must be started before this one. Strings are NUL-terminated and static. */
typedef struct nx_dependency {
  const char* id;
  const char* min_version; /* "1.2.0"; NULL accepts any */
  uint32_t flags;          /* NX_DEPENDENCY_* */
  uint32_t reserved;
} nx_dependency;

/* Constant data, read before any code of the plugin runs; strings are NUL-terminated and static.
 *
 * A host loads a plugin when abi_major is its own, abi_min_minor <= its minor, and abi_built_minor >= the oldest minor
 * it still serves. A refusal names what is needed, what is offered and who must act. */
typedef struct nx_entry {
  uint32_t magic;       /* NX_MAGIC */
  uint32_t struct_size; /* sizeof(nx_entry) */
  uint16_t abi_major;
  uint16_t abi_built_minor; /* minor of the headers it was compiled with */
  uint16_t abi_min_minor;   /* lowest minor that it can work with */
  uint16_t reserved;
  const char* id;        /* [a-z][a-z0-9_]{0,31}; also the prefix of its tables, permissions and topics */
  const char* version;   /* semantic version */
  const char* sdk_build; /* compiler and SDK, for diagnosis only */
  const nx_dependency* dependencies;
  uint32_t dependency_count;
  uint32_t reserved2;
  /* [life] Makes the plugin. May keep `host` and fetch interfaces with get_interface, but must not call them yet. On
   * success the table stays valid until its destroy returns. */
  nx_status (*create)(const nx_host* host, const nx_plugin** out);
} nx_entry;

/* The only exported symbol of a plugin. */
NX_EXPORT extern const nx_entry nexus_plugin_entry;

#ifdef __cplusplus
}
#endif
#endif
