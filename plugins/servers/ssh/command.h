// Shell text around commands, so that their end can be told from a connection that broke or an account without a shell.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::servers::ssh {

// As one word of a POSIX shell, whatever it contains.
std::string shell_quoted(std::string_view text);

// Unpredictable, so that no command's output can pass for a marker of ours: 32 hexadecimal digits.
std::string make_nonce();

// Runs `command` in a shell of its own; stdout stays as it is, and stderr begins with a line that names the process and
// ends with one that names the status, both under `nonce`.
std::string wrap_command(std::string_view command, std::string_view nonce);

struct Unwrapped {
  std::optional<std::int64_t> process;  // nullopt: no shell ran
  std::optional<std::int64_t> status;   // nullopt: killed or cut off
  std::string err;                      // what the command itself wrote
};

// `err` begins at the start of stderr; `tail` ends at its end. They overlap unless output was cut off between them.
Unwrapped unwrap(std::string_view err, std::string_view tail, std::string_view nonce);

// "TERM" for 143: how a shell reports a child that a signal ended. Empty for every other status.
std::string signal_of_status(std::int64_t status);

// Prints the files one after another, each between markers, at most `limit` bytes of each; and back.
std::string cat_command(const std::vector<std::string>& paths, std::size_t limit, std::string_view nonce);
std::vector<std::optional<std::string>> parse_cat(std::string_view out, std::size_t count, std::string_view nonce);

}  // namespace nexus::servers::ssh
