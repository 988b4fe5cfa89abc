#include "level.h"

#include <array>

namespace nexus::servers {
namespace {

constexpr std::array<std::string_view, 5> kNames{"none", "view", "operate", "shell", "manage"};

}  // namespace

std::optional<Level> level_from(std::string_view name) noexcept {
  for (std::size_t number = 1; number < kNames.size(); ++number) {
    if (kNames[number] == name) return level_of(static_cast<std::int64_t>(number));
  }
  return std::nullopt;
}

std::string_view to_string(Level level) noexcept { return kNames[static_cast<std::size_t>(level)]; }

Result<void> require(Level held, Level needed) {
  if (held == Level::none) return Error::api(code::kNotFound);
  if (!includes(held, needed))
    return Error::api(code::kForbidden, "servers.level_too_low", {{"level", std::string(to_string(needed))}});
  return {};
}

}  // namespace nexus::servers
