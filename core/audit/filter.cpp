#include "core/audit/filter.h"

#include <nexus/cpp/time.h>

#include <array>
#include <charconv>

namespace nexus::core::audit {
namespace {

struct TextFilter {
  const char* name;  // of the parameter
  const char* condition;
  std::optional<std::string> Filter::*member;
};

constexpr std::array<TextFilter, 6> kTextFilters{{{"plugin", "plugin = ?", &Filter::plugin},
                                                  {"action", "action = ?", &Filter::action},
                                                  {"result", "result = ?", &Filter::result},
                                                  {"target", "target = ?", &Filter::target},
                                                  {"remote_address", "remote_address = ?", &Filter::remote_address},
                                                  {"request_id", "request_id = ?", &Filter::request_id}}};
constexpr std::array kOtherFilters{"user_id", "from", "to", "search"};

std::optional<std::int64_t> time_of(const api::Exchange& exchange, const char* name) {
  const auto text = exchange.query(name);
  return text ? parse_iso8601(*text) : std::nullopt;
}

bool is_unreserved(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

void append_escaped(std::string& out, std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_unreserved(c)) {
      out += c;
    } else {
      out.append({'%', kHex[byte >> 4], kHex[byte & 15]});
    }
  }
}

}  // namespace

Filter Filter::from(const api::Exchange& exchange) {
  Filter filter;
  if (const auto text = exchange.query("user_id")) {
    std::int64_t id = 0;
    std::from_chars(text->data(), text->data() + text->size(), id);
    filter.user_id = id;
  }
  for (const auto& known : kTextFilters) {
    if (const auto text = exchange.query(known.name)) filter.*known.member = std::string(*text);
  }
  filter.from_us = time_of(exchange, "from");
  filter.to_us = time_of(exchange, "to");
  filter.search = exchange.query("search").value_or("");
  filter.sort = exchange.query("sort").value_or(filter.sort);
  return filter;
}

Where where_of(const Filter& filter, const std::string& pattern) {
  Where where;
  if (filter.user_id) where.add("user_id = ?", *filter.user_id);
  for (const auto& known : kTextFilters) {
    if (const auto& text = filter.*known.member) where.add(known.condition, *text);
  }
  if (filter.from_us) where.add("time_us >= ?", *filter.from_us);
  if (filter.to_us) where.add("time_us < ?", *filter.to_us);
  if (!filter.search.empty()) {
    where.add(
        "(LOWER(user_name) LIKE LOWER(?) ESCAPE '!' OR LOWER(target) LIKE LOWER(?) ESCAPE '!' OR "
        "LOWER(path) LIKE LOWER(?) ESCAPE '!')",
        pattern, pattern, pattern);
  }
  return where;
}

std::string query_of(const api::Exchange& exchange) {
  std::string out;
  const auto add = [&](const char* name) {
    const auto value = exchange.query(name);
    if (!value) return;
    out.append("&").append(name).append("=");
    append_escaped(out, *value);
  };
  for (const auto& known : kTextFilters) add(known.name);
  for (const auto* name : kOtherFilters) add(name);
  return out;
}

}  // namespace nexus::core::audit
