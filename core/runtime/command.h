// Commands of plugins (nexus/commands.h) as the host keeps them and runs them.
#pragma once

#include <nexus/cpp/result.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::core {

inline constexpr std::uint32_t kMostCommandArguments = 16;
// For people to read; more is no answer to an operator but a mistake.
inline constexpr std::size_t kLongestCommandOutput = 8 * 1024 * 1024;
// From its start to its last line.
inline constexpr std::chrono::seconds kCommandDeadline{60};

struct Command {
  std::string name;
  std::string arguments;  // for the help; may be empty
  std::string summary_key;
  std::map<std::string, std::string, std::less<>> summaries;  // by language
  std::uint32_t min_args = 0;
  std::uint32_t max_args = 0;

  // In `locale`, else in the default language, else the key.
  const std::string& summary(std::string_view locale) const;
  // "user unlock NAME"
  std::string usage() const { return arguments.empty() ? name : name + ' ' + arguments; }
};

// One to three words of [a-z0-9-], each beginning with a letter or a digit, parted by one space; at most 64 bytes.
bool is_command_name(std::string_view name) noexcept;
// Whether a command that begins with `word` is the host's own.
bool is_host_word(std::string_view word) noexcept;

// A command as somebody typed it.
struct CommandLine {
  std::string name;
  std::vector<std::string> arguments;
  std::string locale;
  std::chrono::milliseconds timeout = kCommandDeadline;
};

struct CommandOutcome {
  Status status = Status::ok;
  std::string reason;  // of a failure
  std::string output;  // also of a command that failed
};

}  // namespace nexus::core
