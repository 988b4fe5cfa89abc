/* nexus.commands: words that an operator types on the panel's own machine, as in `nexuspanel user unlock NAME`.
 *
 * They work beside a running panel and without one, on the same database; the process that runs one starts the plugin
 * that owns it and what that depends on, takes no requests, and ends. Whoever may run them can read the data folder, so
 * there is no caller and no permission. */
#ifndef NEXUS_COMMANDS_H
#define NEXUS_COMMANDS_H

#include <nexus/host.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NX_COMMANDS_ID "nexus.commands/1"

/* [work] Writes what the operator is told into `out`, in the call's language (from LANG), as lines of text. A failure's
 * reason comes from set_error and is printed; the process then ends with status 1. */
typedef nx_status (*nx_command_fn)(void* user_data, nx_call* call, const nx_str* args, uint32_t arg_count, nx_sink out);

typedef struct nx_command {
  uint32_t struct_size;
  uint32_t flags;   /* none defined */
  nx_str name;      /* one to three words of [a-z0-9-], parted by a space; unique in a panel, and no word of the host */
  nx_str arguments; /* for the help: "NAME [--force]"; may be empty */
  nx_str summary_key; /* catalogue key of one line of help */
  uint32_t min_args;
  uint32_t max_args; /* others are refused before fn is called; at most 16 */
  nx_command_fn fn;
  void* user_data;
} nx_command;

typedef struct nx_commands_api {
  NX_INTERFACE_HEADER;
  /* [reg] NX_E_CONFLICT: the host or another plugin has that name. */
  nx_status (*add_command)(nx_reg* reg, const nx_command* command);
} nx_commands_api;

#ifdef __cplusplus
}
#endif
#endif
