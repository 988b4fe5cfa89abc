#include "password_rules.h"

#include "guessable.h"
#include "unicode_text.h"

#include <algorithm>

namespace nexus::users {
namespace {

// Code points of UTF-8 text: bytes that do not continue one.
std::size_t count_characters(std::string_view text) noexcept {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

PasswordFlaw check_password_form(std::string_view password) noexcept {
  if (password.size() > kMaxPasswordBytes) return PasswordFlaw::too_long;
  if (password.find('\0') != std::string_view::npos) return PasswordFlaw::nul;
  if (count_characters(password) < kMinPasswordCharacters) return PasswordFlaw::too_short;
  return PasswordFlaw::none;
}

PasswordFlaw check_password(std::string_view password, std::string_view username, std::string_view email) {
  if (const auto flaw = check_password_form(password); flaw != PasswordFlaw::none) return flaw;
  const auto plain = folded(password);
  if (plain && (plain == folded(username) || plain == folded(email))) return PasswordFlaw::like_name;
  const auto local_part = email.substr(0, email.find('@'));
  return is_guessable(password, {username, email, local_part}) ? PasswordFlaw::common : PasswordFlaw::none;
}

}  // namespace nexus::users
