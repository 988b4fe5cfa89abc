#include "formats.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <utility>

namespace nexus::api {
namespace {

constexpr std::size_t kMaxHostname = 253;   // RFC 1035
constexpr std::size_t kMaxLabel = 63;       // RFC 1035
constexpr std::size_t kMaxEmail = 254;      // RFC 5321, erratum 1690
constexpr std::size_t kMaxEmailLocal = 64;  // RFC 5321

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_hex(char c) noexcept { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// Whether `text` has the shape of `mask`, in which 9 stands for a digit; other characters stand for themselves.
bool has_shape(std::string_view text, std::string_view mask) noexcept {
  return text.size() == mask.size() && std::equal(text.begin(), text.end(), mask.begin(), [](char c, char wanted) {
           return wanted == '9' ? is_digit(c) : c == wanted;
         });
}

int number(std::string_view digits) noexcept {
  int value = 0;
  for (const char digit : digits) value = value * 10 + (digit - '0');
  return value;
}

bool is_clock(std::string_view hours, std::string_view minutes) noexcept {
  return number(hours) < 24 && number(minutes) < 60;
}

bool is_offset(std::string_view text) noexcept {
  if (text == "Z" || text == "z") return true;
  return (has_shape(text, "+99:99") || has_shape(text, "-99:99")) && is_clock(text.substr(1, 2), text.substr(4, 2));
}

bool is_label(std::string_view label) noexcept {
  return !label.empty() && label.size() <= kMaxLabel && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), [](char c) { return is_letter(c) || is_digit(c) || c == '-'; });
}

bool is_atom_character(char c) noexcept {
  return is_letter(c) || is_digit(c) || std::strchr("!#$%&'*+-/=?^_`{|}~", c) != nullptr;
}

bool is_dot_atom(std::string_view text) noexcept {
  if (text.empty() || text.front() == '.' || text.back() == '.' || text.find("..") != std::string_view::npos)
    return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return c == '.' || (c != '\0' && is_atom_character(c)); });
}

bool is_address(int family, std::string_view text) noexcept {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  if (text.size() >= buffer.size() || text.find('\0') != std::string_view::npos) return false;
  std::copy(text.begin(), text.end(), buffer.begin());
  in6_addr out{};
  return inet_pton(family, buffer.data(), &out) == 1;
}

bool is_anything(std::string_view) noexcept { return true; }

constexpr std::array<std::pair<std::string_view, FormatCheck>, 15> kFormats{{
    {"binary", is_anything},
    {"byte", is_anything},
    {"date", is_date},
    {"date-time", is_date_time},
    {"double", is_anything},
    {"email", is_email},
    {"float", is_anything},
    {"hostname", is_hostname},
    {"int32", is_anything},
    {"int64", is_anything},
    {"ipv4", is_ipv4},
    {"ipv6", is_ipv6},
    {"password", is_anything},
    {"uri", is_uri},
    {"uuid", is_uuid},
}};

}  // namespace

FormatCheck find_format(std::string_view name) noexcept {
  const auto found = std::find_if(kFormats.begin(), kFormats.end(), [&](const auto& row) { return row.first == name; });
  return found == kFormats.end() ? nullptr : found->second;
}

bool is_date(std::string_view text) noexcept {
  if (!has_shape(text, "9999-99-99")) return false;
  constexpr std::array<int, 12> kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const int year = number(text.substr(0, 4));
  const int month = number(text.substr(5, 2));
  const int day = number(text.substr(8, 2));
  if (month < 1 || month > 12) return false;
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return day >= 1 && day <= kDays[static_cast<std::size_t>(month) - 1] + (month == 2 && leap ? 1 : 0);
}

bool is_date_time(std::string_view text) noexcept {
  constexpr std::size_t kSeconds = 19;  // length of "2024-01-01T00:00:00"
  if (text.size() <= kSeconds || !is_date(text.substr(0, 10)) || (text[10] != 'T' && text[10] != 't')) return false;
  const auto clock = text.substr(11, 8);
  if (!has_shape(clock, "99:99:99") || !is_clock(clock.substr(0, 2), clock.substr(3, 2))) return false;
  if (number(clock.substr(6, 2)) > 59) return false;
  auto rest = text.substr(kSeconds);
  if (rest.front() == '.') {
    rest.remove_prefix(1);
    const auto digits = std::find_if_not(rest.begin(), rest.end(), is_digit) - rest.begin();
    if (digits == 0) return false;
    rest.remove_prefix(static_cast<std::size_t>(digits));
  }
  return is_offset(rest);
}

bool is_email(std::string_view text) noexcept {
  const std::size_t at = text.rfind('@');
  return text.size() <= kMaxEmail && at != std::string_view::npos && at <= kMaxEmailLocal &&
         is_dot_atom(text.substr(0, at)) && is_hostname(text.substr(at + 1));
}

bool is_hostname(std::string_view text) noexcept {
  if (text.empty() || text.size() > kMaxHostname) return false;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find('.', start), text.size());
    if (!is_label(text.substr(start, end - start))) return false;
    start = end + 1;
  }
  return true;
}

bool is_ipv4(std::string_view text) noexcept { return is_address(AF_INET, text); }
bool is_ipv6(std::string_view text) noexcept { return is_address(AF_INET6, text); }

bool is_uri(std::string_view text) noexcept {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size() || !is_letter(text.front()))
    return false;
  for (const char c : text.substr(0, colon)) {
    if (!is_letter(c) && !is_digit(c) && c != '+' && c != '-' && c != '.') return false;
  }
  for (std::size_t at = colon + 1; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte <= 0x20 || byte >= 0x7F || std::strchr("\"<>\\^`{|}", text[at]) != nullptr) return false;
    if (text[at] == '%' && (text.size() - at < 3 || !is_hex(text[at + 1]) || !is_hex(text[at + 2]))) return false;
  }
  return true;
}

bool is_uuid(std::string_view text) noexcept {
  constexpr std::string_view kShape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  return text.size() == kShape.size() && std::equal(text.begin(), text.end(), kShape.begin(), [](char c, char wanted) {
           return wanted == 'x' ? is_hex(c) : c == wanted;
         });
}

}  // namespace nexus::api
