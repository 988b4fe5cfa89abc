/* nexus.events: facts that plugins tell each other.
 *
 * publish copies and queues; it never runs a subscriber. Each subscription has its own bounded queue and runs its
 * events in order, one at a time, on a worker: a slow subscriber delays nobody. */
#ifndef NEXUS_EVENTS_H
#define NEXUS_EVENTS_H

#include <nexus/host.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NX_EVENTS_ID "nexus.events/1"

/* What happens to an event whose subscriber's queue is full. Either way it is counted and logged. */
enum { NX_OVERFLOW_DROP_NEWEST = 0, NX_OVERFLOW_DROP_OLDEST = 1 };

/* A kind of event that one plugin publishes. */
typedef struct nx_topic {
  uint32_t struct_size;
  uint32_t flags;     /* none defined */
  nx_str name;        /* "<plugin id>.<fact>/<revision>" */
  nx_str schema_json; /* JSON Schema (draft 7 keywords) of the payload; an object takes only its declared members */
} nx_topic;

typedef struct nx_event {
  uint32_t struct_size;
  uint32_t flags; /* none defined */
  nx_str topic;   /* "servers.removed/1" */
  nx_str key;     /* what it is about, for example a server id; may be empty */
  nx_str payload; /* JSON that fits the topic's schema */
  /* Filled by the host: */
  uint64_t sequence; /* rises by one for each event of the panel's run */
  int64_t time_us;   /* when it was published, to some milliseconds; `sequence` tells the order */
  nx_str source;     /* id of the publishing plugin */
  nx_str request_id; /* of the work that caused it; may be empty */
} nx_event;

/* [work] */
typedef void (*nx_event_fn)(void* user_data, nx_call* call, const nx_event* event);

typedef struct nx_subscription {
  uint32_t struct_size;
  uint32_t flags;        /* none defined */
  nx_str pattern;        /* a topic, or "servers.*" for all of one plugin, or "*" */
  uint32_t queue_length; /* 0 takes 1024; at most 65536 */
  uint32_t overflow;     /* NX_OVERFLOW_* */
  nx_event_fn fn;
  void* user_data;
} nx_subscription;

typedef struct nx_events_api {
  NX_INTERFACE_HEADER;
  /* [reg] A topic of this plugin. NX_E_INVALID: the name has another form, or the schema is none. */
  nx_status (*declare_topic)(nx_reg* reg, const nx_topic* topic);
  /* [reg] The topic need not exist (its plugin may be absent). */
  nx_status (*subscribe)(nx_reg* reg, const nx_subscription* subscription);
  /* [any][nb] Publishes one of the plugin's own topics: topic, key and payload (at most 256 KiB) are read. `call` may
   * be NULL. NX_E_NOT_FOUND: not declared by this plugin. A host that was built for development (without NDEBUG)
   * answers NX_E_INVALID to a payload that breaks the topic's schema, and says in the log how. */
  nx_status (*publish)(const nx_host* host, const nx_call* call, const nx_event* event);
} nx_events_api;

#ifdef __cplusplus
}
#endif
#endif
