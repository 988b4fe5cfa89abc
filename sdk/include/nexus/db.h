/* nexus.db: the panel's database, SQLite or MySQL/MariaDB.
 *
 * `?` marks a parameter; text inside quotes and comments is left alone. Times are stored as 64-bit microseconds,
 * booleans as 0 and 1, so that both databases agree. A plugin's tables are named <plugin id>_*. Blocking functions wait
 * for a connection at most 3 s and never past the call's deadline. */
#ifndef NEXUS_DB_H
#define NEXUS_DB_H

#include <nexus/host.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NX_DB_ID "nexus.db/1"

enum { NX_DIALECT_SQLITE = 1, NX_DIALECT_MYSQL = 2 };

/* One step of a plugin's schema. Versions count from 1 without gaps and are applied in order, each statement recorded,
 * because MySQL commits DDL by itself; an applied step whose text changed stops the plugin with both checksums named.
 */
typedef struct nx_migration {
  uint32_t struct_size;
  uint32_t version;
  nx_str name;      /* [a-z0-9_]{1,64} */
  nx_str sqlite_up; /* statements separated by ';' */
  nx_str sqlite_down;
  nx_str mysql_up;
  nx_str mysql_down;
} nx_migration;

enum { NX_QUERY_WRITES = 1u }; /* a query that also changes rows (INSERT ... RETURNING is SQLite's and MariaDB's) */

typedef struct nx_query {
  uint32_t struct_size;
  uint32_t flags; /* NX_QUERY_* */
  nx_handle tx;   /* 0: outside a transaction */
  nx_str sql;     /* one statement; its text is the key of the statement cache, so keep values out of it */
  const nx_value* args;
  uint32_t arg_count;
  uint32_t reserved;
} nx_query;

typedef struct nx_exec_result {
  uint32_t struct_size;
  uint32_t reserved;
  int64_t affected; /* rows matched by INSERT, UPDATE or DELETE */
  int64_t last_id;  /* generated key of the last INSERT; 0 where there is none */
} nx_exec_result;

typedef struct nx_db_api {
  NX_INTERFACE_HEADER;
  /* [any][nb] NX_DIALECT_*. */
  uint32_t (*dialect)(const nx_host* host);
  /* [reg] */
  nx_status (*add_migration)(nx_reg* reg, const nx_migration* migration);
  /* [work] Runs a statement. `out` may be NULL. NX_E_CONFLICT: a unique or foreign key refused it. NX_E_UNAVAILABLE: no
   * database. NX_E_BUSY: no connection or lock in time. NX_E_PHASE: on an inline route. */
  nx_status (*exec)(nx_call* call, const nx_query* query, nx_exec_result* out);
  /* [work] Runs a query and holds its connection until rows_free: free it soon, and before the callback returns. */
  nx_status (*query)(nx_call* call, const nx_query* query, nx_rows** out);
  /* [nb] Number of columns; writes up to `capacity` names. */
  uint32_t (*columns)(const nx_rows* rows, nx_str* names, uint32_t capacity);
  /* [work] The next rows, row-major, valid until the next fetch; *row_count 0 is the end. */
  nx_status (*fetch)(nx_rows* rows, const nx_value** cells, uint32_t* row_count);
  void (*rows_free)(nx_rows* rows);
  /* [work] A transaction that writes; it belongs to its call, and the end of the call rolls it back. SQLite has one
   * writer at a time, so keep it short. One per call. */
  nx_status (*begin)(nx_call* call, nx_handle* out);
  /* [work] Ends the transaction. When it answers NX_OK, what was written is on disk; a failure has rolled it back,
   * except NX_E_UNAVAILABLE of a database that went away, after which either may be so. */
  nx_status (*commit)(nx_call* call, nx_handle tx);
  /* [work] Ends the transaction without a trace. */
  nx_status (*rollback)(nx_call* call, nx_handle tx);
} nx_db_api;

#ifdef __cplusplus
}
#endif
#endif
