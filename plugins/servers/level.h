// What somebody may do with a server or a group, as steps that each include the ones before.
#pragma once

#include <nexus/cpp/result.h>

#include <optional>
#include <string_view>

namespace nexus::servers {

// The numbers stand in the database.
enum class Level : std::int64_t {
  none = 0,     // does not see it
  view = 1,     // reads it, its host keys and its figures
  operate = 2,  // tests the connection and runs what other plugins offer
  shell = 3,    // opens a terminal
  manage = 4,   // changes and removes it
};

constexpr bool includes(Level held, Level needed) noexcept { return held >= needed; }

// A number of the database; what is no level there gives nothing.
constexpr Level level_of(std::int64_t number) noexcept {
  return number >= 1 && number <= 4 ? static_cast<Level>(number) : Level::none;
}

// "view", "operate", "shell" or "manage"; "none" is nothing that can be asked for or given.
std::optional<Level> level_from(std::string_view name) noexcept;
std::string_view to_string(Level level) noexcept;

// 40401 where `held` is none, so that nobody learns what there is; 40301 where it is too low.
Result<void> require(Level held, Level needed);

}  // namespace nexus::servers
