// "Did you mean": the allowed word that is nearest to a mistyped one. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace nexus::core {

// "; did you mean \"listen\"?" where one is near, else "; allowed: a, b, c".
std::string suggestion(std::string_view word, std::span<const std::string> allowed);

}  // namespace nexus::core
