/* What the host gives a plugin: its name, its folders, and every interface by id. */
#ifndef NEXUS_HOST_H
#define NEXUS_HOST_H

#include <nexus/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One per plugin: the host knows by this pointer who is calling. Valid from create until destroy returns. */
typedef struct nx_host {
  uint32_t struct_size;
  uint32_t abi_major;
  uint32_t abi_minor;
  uint32_t reserved;
  void* impl;       /* the host's own; plugins leave it alone */
  nx_str product;   /* "NexusPanel" */
  nx_str version;   /* of the host, semantic */
  nx_str plugin_id; /* whose host this is */
  nx_str data_dir;  /* absolute, "<data folder>/plugins/<plugin id>": this plugin's own, mode 0700, made before start */
  /* [any][nb] Finds an interface, for example "nexus.http/1", with at least revision `min_minor`; the table is the
   * host's and stays valid until destroy returns. NX_E_UNSUPPORTED where the id or the revision is unknown. */
  nx_status (*get_interface)(const struct nx_host* host, nx_str id, uint32_t min_minor, const void** out);
} nx_host;

#ifdef __cplusplus
}
#endif
#endif
