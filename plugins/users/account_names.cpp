#include "account_names.h"

#include "unicode_text.h"

#include <algorithm>
#include <array>

namespace nexus::users {
namespace {

bool is_alphanumeric(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
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

bool is_joiner(char32_t c) noexcept { return c == U'.' || c == U'_' || c == U'-'; }

bool has_name_characters(const std::u32string& text) noexcept {
  bool after_letter = false;  // or after a mark of one
  for (std::size_t at = 0; at < text.size(); ++at) {
    switch (kind_of(text[at])) {
      case CharacterKind::letter: after_letter = true; break;
      case CharacterKind::mark:
        if (!after_letter) return false;
        break;
      case CharacterKind::digit: after_letter = false; break;
      case CharacterKind::other:
        if (at == 0 || !is_joiner(text[at])) return false;
        after_letter = false;
        break;
    }
  }
  return !text.empty();
}

enum Script : unsigned { kLatin = 1, kGreek = 2, kCyrillic = 4 };

struct ScriptRange {
  char32_t first;
  char32_t last;
  Script script;
};

// As far as their letters remain in a key: what only looks like them (full-width, mathematical) is folded already.
constexpr std::array<ScriptRange, 16> kScripts{{{0x0061, 0x007A, kLatin},
                                                {0x00C0, 0x024F, kLatin},
                                                {0x0250, 0x02AF, kLatin},
                                                {0x0370, 0x03FF, kGreek},
                                                {0x0400, 0x052F, kCyrillic},
                                                {0x1C80, 0x1C8F, kCyrillic},
                                                {0x1D00, 0x1D25, kLatin},
                                                {0x1D26, 0x1D2A, kGreek},
                                                {0x1D2B, 0x1D2B, kCyrillic},
                                                {0x1D6B, 0x1D9A, kLatin},
                                                {0x1E00, 0x1EFF, kLatin},
                                                {0x1F00, 0x1FFF, kGreek},
                                                {0x2C60, 0x2C7F, kLatin},
                                                {0xA640, 0xA69F, kCyrillic},
                                                {0xA722, 0xA7FF, kLatin},
                                                {0xAB30, 0xAB64, kLatin}}};

bool mixes_scripts(const std::u32string& key) noexcept {
  unsigned seen = 0;
  for (const auto code_point : key) {
    if (kind_of(code_point) != CharacterKind::letter) continue;
    for (const auto& range : kScripts) {
      if (code_point >= range.first && code_point <= range.last) seen |= range.script;
    }
  }
  return (seen & (seen - 1)) != 0;
}

}  // namespace

Result<Username, UsernameFlaw> read_username(std::string_view given) {
  if (given.size() < kMinUsernameBytes) return UsernameFlaw::too_short;
  if (given.size() > kMaxUsernameBytes) return UsernameFlaw::too_long;
  auto shown = composed(given);
  auto key = folded(given);
  if (!shown || !key) return UsernameFlaw::characters;
  const auto shown_points = code_points(*shown), key_points = code_points(*key);
  if (!has_name_characters(*shown_points) || !has_name_characters(*key_points)) return UsernameFlaw::characters;
  if (mixes_scripts(*key_points)) return UsernameFlaw::mixed_scripts;
  if (key->size() < kMinUsernameBytes) return UsernameFlaw::too_short;
  if (std::max(shown->size(), key->size()) > kMaxUsernameBytes) return UsernameFlaw::too_long;
  return Username{*std::move(shown), *std::move(key)};
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

std::string email_key(std::string_view email) {
  std::string key(email);
  for (char& c : key) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return key;
}

bool is_avatar(std::string_view url) noexcept {
  if (url.size() > kMaxAvatarBytes || !(url.starts_with("https://") || url.starts_with("http://"))) return false;
  return std::all_of(url.begin(), url.end(), [](char c) {
    return c > ' ' && c < '\x7f' && std::string_view("\"'<>\\`").find(c) == std::string_view::npos;
  });
}

}  // namespace nexus::users
