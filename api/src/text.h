// Small text tools of the edge: JSON strings, percent-encoding, UTF-8, header values. Pure functions.
#pragma once

#include <nexus/cpp/result.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace nexus::api {

// Appends `text` as a JSON string with its quotes. Bytes that are no UTF-8 become U+FFFD, so the output is always JSON.
void append_json_string(std::string& out, std::string_view text);

bool is_utf8(std::string_view text) noexcept;
// Number of code points; `text` must be UTF-8.
std::size_t code_points(std::string_view text) noexcept;
// At most `bytes` of `text`, not ending inside a character.
std::string_view truncated(std::string_view text, std::size_t bytes) noexcept;

enum class PlusSign { literal, space };
// Decodes %XX once; nullopt where an escape is malformed.
std::optional<std::string> percent_decode(std::string_view text, PlusSign plus);

bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept;
std::string_view trimmed(std::string_view text) noexcept;

// A header name (RFC 9110 token) and a value that cannot end its line.
bool is_header_name(std::string_view text) noexcept;
bool is_header_value(std::string_view text) noexcept;

// `text` with {name} replaced by the argument of that name; unknown ones stay.
std::string filled(std::string_view text, std::span<const TextArg> args);

// "12", "-5": no sign, zeros or spaces that a JSON number would not have.
std::optional<std::int64_t> parse_integer(std::string_view text) noexcept;
std::optional<double> parse_number(std::string_view text) noexcept;

}  // namespace nexus::api
