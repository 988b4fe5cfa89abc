// Sizes of remote file systems.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::servers::ssh {

// In bytes.
struct Space {
  std::int64_t total = 0;
  std::int64_t free = 0;       // for root
  std::int64_t available = 0;  // for others
};

// `count` units in bytes. Saturates: a hostile server may report any number.
std::int64_t bytes_of(std::uint64_t count, std::uint64_t unit) noexcept;

// A command that prints a line of `df` for each path, each ended by a marker under `nonce`; and back.
std::string df_command(const std::vector<std::string>& paths, std::string_view nonce);
std::vector<std::optional<Space>> parse_df_output(std::string_view out, std::size_t count, std::string_view nonce);

// The line that `df -P -k` prints for one path.
std::optional<Space> parse_df(std::string_view line);

}  // namespace nexus::servers::ssh
