// The passwords that are tried first.
#pragma once

#include <string_view>

namespace nexus::users {

// `folded` is the password in lower case.
bool is_common_password(std::string_view folded) noexcept;

}  // namespace nexus::users
