#include "unicode_text.h"

#include <utf8proc.h>

#include <cstdlib>
#include <memory>

namespace nexus::users {
namespace {

constexpr int kComposed = UTF8PROC_STABLE | UTF8PROC_COMPOSE;
constexpr int kFolded = kComposed | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE;

std::optional<std::string> mapped(std::string_view text, int options) {
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  utf8proc_uint8_t* out = nullptr;
  const auto length =
      utf8proc_map(bytes, static_cast<utf8proc_ssize_t>(text.size()), &out, static_cast<utf8proc_option_t>(options));
  const std::unique_ptr<utf8proc_uint8_t, void (*)(void*)> owned(out, std::free);
  if (length < 0) return std::nullopt;
  return std::string(reinterpret_cast<const char*>(out), static_cast<std::size_t>(length));
}

}  // namespace

std::optional<std::u32string> code_points(std::string_view text) {
  std::u32string found;
  while (!text.empty()) {
    utf8proc_int32_t code_point = 0;
    const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                         static_cast<utf8proc_ssize_t>(text.size()), &code_point);
    if (length <= 0) return std::nullopt;
    found += static_cast<char32_t>(code_point);
    text.remove_prefix(static_cast<std::size_t>(length));
  }
  return found;
}

std::optional<std::string> composed(std::string_view text) { return mapped(text, kComposed); }

std::optional<std::string> folded(std::string_view text) {
  const auto once = mapped(text, kFolded);
  // a compatibility character may stand for one that folds in its turn
  return once ? mapped(*once, kFolded) : std::nullopt;
}

CharacterKind kind_of(char32_t code_point) noexcept {
  const auto* property = utf8proc_get_property(static_cast<utf8proc_int32_t>(code_point));
  if (property->ignorable) return CharacterKind::other;
  switch (property->category) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO: return CharacterKind::letter;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC: return CharacterKind::mark;
    case UTF8PROC_CATEGORY_ND: return CharacterKind::digit;
    default: return CharacterKind::other;
  }
}

}  // namespace nexus::users
