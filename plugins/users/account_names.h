// What names and addresses may look like, and the form in which they are unique. Pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace nexus::users {

// Bytes: two Chinese characters make a full name, two Latin letters do not.
inline constexpr std::size_t kMinUsernameBytes = 3;
inline constexpr std::size_t kMaxUsernameBytes = 64;
inline constexpr std::size_t kMaxEmailBytes = 254;  // RFC 5321

enum class UsernameFlaw { none, too_short, too_long, characters };

// Letters and digits of ASCII and unified Chinese characters, then also '.', '_' and '-'. Nothing in it has a second
// Unicode form, so that folding case is enough to find two names equal; and no '@', so that a name is never an address.
UsernameFlaw check_username(std::string_view username) noexcept;

// One '@', printable ASCII without spaces and quotes, a host name behind it. Whether mail arrives is not known.
bool is_email(std::string_view email) noexcept;

// The key under which a name or an address is unique: without regard to case.
std::string fold(std::string_view text);

}  // namespace nexus::users
