/* nexus.clock: time, and work that is due later. */
#ifndef NEXUS_CLOCK_H
#define NEXUS_CLOCK_H

#include <nexus/host.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NX_CLOCK_ID "nexus.clock/1"

/* [work] Runs exactly once: when due, with a background call of the plugin (deadline 60 s), or with `call` NULL when
 * the timer was cancelled or the plugin stops: then only free `user_data`. */
typedef void (*nx_timer_fn)(void* user_data, nx_call* call);

typedef struct nx_clock_api {
  NX_INTERFACE_HEADER;
  /* [any][nb] Microseconds since the epoch; may jump when the clock is set. */
  int64_t (*now_us)(const nx_host* host);
  /* [any][nb] Microseconds from an arbitrary start; never goes back. */
  int64_t (*monotonic_us)(const nx_host* host);
  /* [any][nb] Runs `fn` once, `delay_us` from now, counted on the monotonic clock. At most 10,000 timers a plugin:
   * NX_E_LIMIT. */
  nx_status (*after)(const nx_host* host, int64_t delay_us, nx_timer_fn fn, void* user_data, nx_handle* out);
  /* [any][nb] NX_OK: it will not become due; fn runs with NULL. NX_E_STALE: it has run or is running. */
  nx_status (*cancel)(const nx_host* host, nx_handle timer);
} nx_clock_api;

#ifdef __cplusplus
}
#endif
#endif
