/* Nexus plugin ABI, major 1: the words that every other header uses.
 *
 * Layout rules, held by tests/sdk/layout:
 *  - fixed-width integers only in structs (no enum, bool, size_t, long or bit-fields), explicit padding;
 *  - a struct that may grow starts with `struct_size` and is append-only: a member is never moved, retyped or dropped;
 *  - a flag that the host does not know is refused with NX_E_UNSUPPORTED, never ignored: what an older host must not
 *    leave out comes with a flag, all else as a member that it does not read;
 *  - nx_str, nx_sink, nx_value and nx_kv carry no size and are frozen for ever;
 *  - pointers are 64 bits wide.
 *
 * Tags on functions:
 *  [reg]   only while the plugin's register_all runs
 *  [life]  a lifecycle callback: one at a time per plugin
 *  [work]  on a worker thread; may block within its call's deadline
 *  [any]   any thread, at any time between create and destroy
 *  [nb]    does not block, so it may be called from an inline route
 *
 * Memory: what a function is given is borrowed until it returns, what it gives back is borrowed from the object it was
 * read from. No allocation crosses the boundary, and no exception does. */
#ifndef NEXUS_BASE_H
#define NEXUS_BASE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NX_ABI_MAJOR 1u
#define NX_ABI_MINOR 2u
/* First four bytes of an entry: "NXP1", little endian. */
#define NX_MAGIC 0x3150584Eu

#define NX_EXPORT __attribute__((visibility("default")))

/* Outcome of a call. 0 is success, every failure is negative; unknown negative values are treated as NX_E_INTERNAL. */
typedef int32_t nx_status;
enum {
  NX_OK = 0,
  NX_E_INVALID = -1,         /* an argument is wrong: a mistake of the caller */
  NX_E_NOT_FOUND = -2,       /* no such thing, or not visible to this caller */
  NX_E_DENIED = -3,          /* known, but not permitted */
  NX_E_UNSUPPORTED = -4,     /* this host does not offer it */
  NX_E_STALE = -5,           /* the handle's object is gone */
  NX_E_BUSY = -6,            /* a queue or pool is full; try again later */
  NX_E_TIMEOUT = -7,         /* the deadline passed */
  NX_E_CANCELLED = -8,       /* nobody waits for the answer any more */
  NX_E_CONFLICT = -9,        /* exists already, or violates a unique or foreign key */
  NX_E_LIMIT = -10,          /* larger than a documented limit */
  NX_E_PHASE = -11,          /* not allowed in this phase or on this thread (see the tags) */
  NX_E_EXCEPTION = -12,      /* plugin code threw */
  NX_E_UNAVAILABLE = -13,    /* the provider or the database is not there now */
  NX_E_RESTART_NEEDED = -14, /* a configuration change needs a restart of the plugin */
  NX_E_INTERNAL = -15        /* a bug; the log says more */
};

/* A generation-tagged reference to something that outlives one call; 0 is none. Stale use answers NX_E_STALE. */
typedef uint64_t nx_handle;

/* Borrowed bytes; UTF-8 unless said otherwise, not NUL-terminated. `ptr` is NULL where a value is absent. */
typedef struct nx_str {
  const char* ptr;
  uint64_t len;
} nx_str;

/* Where a function writes output of unknown size: `write` may be called several times before the function returns.
 * A failure that `write` answers ends the function with that status. */
typedef struct nx_sink {
  void* ctx;
  nx_status (*write)(void* ctx, nx_str chunk);
} nx_sink;

/* Types of an nx_value. */
enum {
  NX_V_NULL = 0,
  NX_V_I64 = 1,
  NX_V_F64 = 2,
  NX_V_TEXT = 3,
  NX_V_BLOB = 4,
  NX_V_BOOL = 5,   /* in u.i: 0 or 1 */
  NX_V_TIME_US = 6 /* in u.i: microseconds since 1970-01-01T00:00:00Z */
};

typedef struct nx_value {
  uint32_t type;
  uint32_t reserved;
  union {
    int64_t i;
    double f;
    nx_str s;
  } u;
} nx_value;

typedef struct nx_kv {
  nx_str key;
  nx_value value;
} nx_kv;

/* Objects that live for one call; never keep a pointer to one. */
typedef struct nx_call nx_call; /* one unit of work: who, in which language, until when */
typedef struct nx_reg nx_reg;   /* registration scope; ends when register_all returns */
typedef struct nx_http nx_http; /* one HTTP request and its answer */
typedef struct nx_rows nx_rows; /* a result set; freed with nx_db_api.rows_free */

/* Every interface table begins with these: the size that the host filled, and the revision within its major. */
#define NX_INTERFACE_HEADER \
  uint32_t struct_size;     \
  uint32_t minor

/* Whether a table offers function `fn`: false for members that are newer than the host. */
#define NX_HAS(api, fn) \
  ((api) != NULL && (api)->struct_size >= offsetof(__typeof__(*(api)), fn) + sizeof((api)->fn) && (api)->fn != NULL)

#ifdef __cplusplus
}
#endif
#endif
