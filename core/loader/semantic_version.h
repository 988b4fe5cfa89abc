// "1.4.0-rc.1" as something that can be compared. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nexus::core {

struct SemanticVersion {
  std::array<std::uint32_t, 3> numbers{};
  std::string pre_release;  // "rc.1"; empty: a release

  // semver.org 2.0; build metadata ("+...") is read and forgotten.
  static std::optional<SemanticVersion> parse(std::string_view text);

  // Below zero, zero, above zero, by the precedence of semver.org 2.0.
  int compare(const SemanticVersion& other) const;
};

}  // namespace nexus::core
