#include "core/audit/entry.h"

#include "core/runtime/values.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace nexus::core::audit {
namespace {

using nlohmann::json;

bool is_plain(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0 && c < 0x7F; });
}

// Bytes that are no UTF-8 become U+FFFD: the library does it while it writes.
std::string valid(const std::string& text) {
  auto out = json::parse(json(text).dump(-1, ' ', false, json::error_handler_t::replace)).get<std::string>();
  std::replace(out.begin(), out.end(), '\0', '?');
  return out;
}

void cut(std::string& text, std::size_t bytes) {
  if (text.size() <= bytes) return;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
  text.resize(bytes);
}

}  // namespace

bool are_details(std::string_view text) noexcept {
  if (text.size() > kDetailsBytes || text.find('\0') != std::string_view::npos) return false;
  const auto value = json::parse(text, nullptr, false);
  return value.is_object();
}

bool make_storable(Entry& entry) {
  const bool fits = entry.details.empty() || are_details(entry.details);
  if (!fits) entry.details.clear();
  for (const auto& column : kTextColumns) {
    auto& text = entry.*column.member;
    if (!is_plain(text)) text = valid(text);
    cut(text, column.bytes);
  }
  return fits;
}

Entry own_entry(std::string_view action, std::string_view result, std::string details_json) {
  Entry entry;
  entry.time_us = wall_clock_us();
  entry.plugin = "host";
  entry.action = action;
  entry.target = "audit";
  entry.result = result;
  entry.details = std::move(details_json);
  return entry;
}

}  // namespace nexus::core::audit
