// What names and addresses may look like, and the form in which they are unique. Pure functions.
#pragma once

#include <nexus/cpp/result.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace nexus::users {

// Bytes, as given and as key: two Chinese characters make a full name, two Latin letters do not.
inline constexpr std::size_t kMinUsernameBytes = 3;
inline constexpr std::size_t kMaxUsernameBytes = 64;
inline constexpr std::size_t kMaxEmailBytes = 254;  // RFC 5321

enum class UsernameFlaw { too_short, too_long, characters, mixed_scripts };

struct Username {
  std::string shown;  // NFC
  std::string key;  // NFKC with case folded: "José" is one name in whatever form, and so are "ADMIN" and "ａｄｍｉｎ"
};

// Letters and digits of any script, and behind the first also '.', '_', '-' and the marks of a letter. Nothing that is
// not seen, and not Latin, Greek and Cyrillic letters in one name, because those look alike. Never has a '@', so that a
// name is no address.
Result<Username, UsernameFlaw> read_username(std::string_view given);

// One '@', printable ASCII without spaces and quotes, a host name behind it. Whether mail arrives is not known.
bool is_email(std::string_view email) noexcept;

// The key under which an address is unique: without regard to case, of its local part too.
std::string email_key(std::string_view email);

// "https://..." or "http://...", printable ASCII without quotes and angle brackets.
bool is_avatar(std::string_view url) noexcept;
inline constexpr std::size_t kMaxAvatarBytes = 2048;

}  // namespace nexus::users
