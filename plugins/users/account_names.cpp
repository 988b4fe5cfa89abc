#include "account_names.h"

#include <algorithm>

namespace nexus::users {
namespace {

bool is_alphanumeric(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Bytes of the unified Chinese character (U+3400-4DBF, U+4E00-9FFF) at the start of `text`; 0 where there is none.
std::size_t ideograph_length(std::string_view text) noexcept {
  if (text.size() < 3) return 0;
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  if ((byte(0) & 0xF0) != 0xE0 || (byte(1) & 0xC0) != 0x80 || (byte(2) & 0xC0) != 0x80) return 0;
  const unsigned code = (byte(0) & 0x0Fu) << 12 | (byte(1) & 0x3Fu) << 6 | (byte(2) & 0x3Fu);
  return (code >= 0x3400 && code <= 0x4DBF) || (code >= 0x4E00 && code <= 0x9FFF) ? 3 : 0;
}

bool is_domain(std::string_view domain) noexcept {
  std::size_t label = 0;
  for (std::size_t at = 0; at <= domain.size(); ++at) {
    if (at < domain.size() && domain[at] != '.') {
      if (!is_alphanumeric(domain[at]) && domain[at] != '-') return false;
      ++label;
      continue;
    }
    if (label == 0 || label > 63 || domain[at - label] == '-' || domain[at - 1] == '-') return false;
    label = 0;
  }
  return true;
}

}  // namespace

UsernameFlaw check_username(std::string_view username) noexcept {
  if (username.size() < kMinUsernameBytes) return UsernameFlaw::too_short;
  if (username.size() > kMaxUsernameBytes) return UsernameFlaw::too_long;
  for (std::size_t at = 0; at < username.size();) {
    const char c = username[at];
    if (const auto length = ideograph_length(username.substr(at)); length != 0) {
      at += length;
    } else if (is_alphanumeric(c) || (at != 0 && (c == '.' || c == '_' || c == '-'))) {
      ++at;
    } else {
      return UsernameFlaw::characters;
    }
  }
  return UsernameFlaw::none;
}

bool is_email(std::string_view email) noexcept {
  const auto at = email.find('@');
  if (at == std::string_view::npos || at == 0 || at > 64 || email.size() > kMaxEmailBytes) return false;
  const auto local = email.substr(0, at);
  const bool clean = std::all_of(local.begin(), local.end(), [](char c) {
    return c > ' ' && c < '\x7f' && std::string_view("\"(),:;<>[\\]").find(c) == std::string_view::npos;
  });
  return clean && local.front() != '.' && local.back() != '.' && local.find("..") == std::string_view::npos &&
         is_domain(email.substr(at + 1));
}

std::string fold(std::string_view text) {
  std::string folded(text);
  for (char& c : folded) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return folded;
}

}  // namespace nexus::users
