// Which passwords an account may have. Pure functions.
#pragma once

#include <cstddef>
#include <string_view>

namespace nexus::users {

inline constexpr std::size_t kMinPasswordCharacters = 8;
// Enough for any passphrase, and short enough that hashing cost does not depend on the caller.
inline constexpr std::size_t kMaxPasswordBytes = 128;

enum class PasswordFlaw { none, too_short, too_long, nul, common, like_name };

// Length and characters only. Nothing is cut off or composed: what passes is hashed as it is.
PasswordFlaw check_password_form(std::string_view password) noexcept;

// Also refuses what is guessed soon (guessable.h) and the account's own name and address, in whatever spelling.
PasswordFlaw check_password(std::string_view password, std::string_view username, std::string_view email);

}  // namespace nexus::users
