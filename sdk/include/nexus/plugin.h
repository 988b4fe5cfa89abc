/* What a plugin gives the host: its lifecycle.
 *
 * created -> registered -> migrated -> started -> (running) -> quiesced -> stopped -> destroyed
 *
 * A failure at any step undoes everything that the plugin registered, names the plugin and the reason, and leaves the
 * rest of the panel running. */
#ifndef NEXUS_PLUGIN_H
#define NEXUS_PLUGIN_H

#include <nexus/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Without this flag the host runs one callback of the plugin at a time; with it, callbacks tagged [work] may overlap.
 */
enum { NX_PLUGIN_CONCURRENT = 1u };

typedef struct nx_plugin {
  uint32_t struct_size;
  uint32_t flags; /* NX_PLUGIN_* */
  void* self;     /* passed to every function below */
  /* [life] Declares routes, permissions, migrations, topics, subscriptions, services, schemas and catalogues; no side
   * effects: the host also calls it only to print what a plugin would register. */
  nx_status (*register_all)(void* self, nx_reg* reg, nx_call* call);
  /* [life] The tables are migrated and the dependencies are running. Must return within 30 s. */
  nx_status (*start)(void* self, nx_call* call);
  /* [life] Begin no new background work. Routes still run. Must not wait. May be NULL. */
  void (*quiesce)(void* self);
  /* [life] No callback is in flight and none will come. Join own threads here, within 10 s; a plugin that does not
   * return is named in the log and never unmapped. */
  void (*stop)(void* self);
  /* [life] Free everything, including this table. Also called when create succeeded and a later step failed. */
  void (*destroy)(void* self);
  /* [any] Optional extensions by id (none are defined in minor 0). NULL where unknown. May be NULL. */
  const void* (*get_extension)(void* self, nx_str id);
} nx_plugin;

#ifdef __cplusplus
}
#endif
#endif
