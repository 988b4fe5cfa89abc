// The `format` keyword of JSON Schema, for the formats that routes use. Pure functions.
#pragma once

#include <string_view>

namespace nexus::api {

using FormatCheck = bool (*)(std::string_view text);

// Null where the format is not known. Formats that only annotate ("int64", "password") accept everything.
FormatCheck find_format(std::string_view name) noexcept;

bool is_date(std::string_view text) noexcept;       // 2024-02-29
bool is_date_time(std::string_view text) noexcept;  // RFC 3339, with an offset; no leap seconds
bool is_email(std::string_view text) noexcept;      // dot-atom @ host name; "admin@localhost" is one
bool is_hostname(std::string_view text) noexcept;   // RFC 1123
bool is_ipv4(std::string_view text) noexcept;
bool is_ipv6(std::string_view text) noexcept;
bool is_uri(std::string_view text) noexcept;  // absolute
bool is_uuid(std::string_view text) noexcept;

}  // namespace nexus::api
