// Unicode forms of text, from utf8proc. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace nexus::users {

// Each answers nullopt where `text` is no UTF-8.
std::optional<std::u32string> code_points(std::string_view text);
// NFC: as it is shown.
std::optional<std::string> composed(std::string_view text);
// NFKC_Casefold: the same for all spellings that people take for one.
std::optional<std::string> folded(std::string_view text);

// What a code point may be in a name.
enum class CharacterKind { letter, mark, digit, other };

// `other` also where it is unassigned, for private use, or not seen on a screen (Default_Ignorable_Code_Point).
CharacterKind kind_of(char32_t code_point) noexcept;

}  // namespace nexus::users
