// Which values of the fields that frame a request are taken. Pure functions.
#pragma once

#include <string_view>

namespace nexus::api::http {

// ASCII letters only.
bool equals_ignoring_case(std::string_view left, std::string_view right) noexcept;

// A path that begins with '/', perhaps with a query: no other form of target is for a server that is no proxy. Only
// visible ASCII, and no fragment: clients never send one, and readers differ in what they do with it.
bool is_origin_form(std::string_view target) noexcept;

// An authority without user, path or blanks. May be empty, as the standard has it.
bool is_host(std::string_view value) noexcept;

// A line end without its CR, in lines of which the first begins here.
bool has_bare_line_feed(std::string_view lines) noexcept;

// Digits only, few enough for 64 bits.
bool is_plain_number(std::string_view value) noexcept;

}  // namespace nexus::api::http
