#include "input_rules.h"

#include <algorithm>

namespace nexus::servers {
namespace {

constexpr std::size_t kMaxHost = 253;
constexpr std::size_t kMaxLabel = 63;
constexpr std::size_t kMaxUser = 64;

bool is_alphanumeric(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_hexadecimal(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool is_label(std::string_view label) noexcept {
  return !label.empty() && label.size() <= kMaxLabel && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), [](char c) { return is_alphanumeric(c) || c == '-' || c == '_'; });
}

bool is_host_name(std::string_view text) noexcept {
  if (text.ends_with('.')) text.remove_suffix(1);
  for (;;) {
    const auto dot = text.find('.');
    if (!is_label(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

// Its exact form is left to the resolver; here only what could be harmful is kept out.
bool is_ipv6_like(std::string_view text) noexcept {
  const auto percent = text.find('%');
  const auto address = text.substr(0, percent);
  if (std::count(address.begin(), address.end(), ':') < 2) return false;
  if (percent != std::string_view::npos && !is_label(text.substr(percent + 1))) return false;
  return std::all_of(address.begin(), address.end(), [](char c) { return is_hexadecimal(c) || c == ':' || c == '.'; });
}

}  // namespace

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (auto& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return lower;
}

std::size_t characters(std::string_view text) noexcept {
  const auto begins_one = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; };
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_one));
}

bool is_host(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kMaxHost && (is_host_name(text) || is_ipv6_like(text));
}

bool is_ssh_user(std::string_view text) noexcept {
  const auto allowed = [](char c) {
    return is_alphanumeric(c) || std::string_view("._-@+$\\").find(c) != std::string_view::npos;
  };
  return !text.empty() && text.size() <= kMaxUser && (is_alphanumeric(text.front()) || text.front() == '_') &&
         std::all_of(text.begin(), text.end(), allowed);
}

bool is_name(std::string_view text) noexcept {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  return !text.empty() && characters(text) <= kMaxNameCharacters && text.front() != ' ' && text.back() != ' ' &&
         std::none_of(text.begin(), text.end(), is_control);
}

bool is_tag(std::string_view text) noexcept {
  return is_name(text) && characters(text) <= kMaxTagCharacters && text.find(',') == std::string_view::npos;
}

}  // namespace nexus::servers
