#include "ws/upgrade.h"

#include "text.h"

#include <algorithm>

namespace nexus::api::ws {
namespace {

// Whether one of the request's fields of that name lists the token.
template <class Same>
bool lists(const RequestMessage& message, std::string_view name, std::string_view token, Same&& same) {
  for (const auto& field : message.fields) {
    if (!equals_ignoring_case(field.name, name)) continue;
    for (std::size_t start = 0; start <= field.value.size();) {
      const std::size_t end = std::min(field.value.find(',', start), field.value.size());
      if (same(trimmed(field.value.substr(start, end - start)), token)) return true;
      start = end + 1;
    }
  }
  return false;
}

// 16 bytes in base64.
bool is_key(std::string_view text) noexcept {
  const auto is_digit = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
  };
  return text.size() == 24 && text.ends_with("==") && std::all_of(text.begin(), text.end() - 2, is_digit);
}

}  // namespace

std::string upgrade_key(const RequestMessage& message) {
  const auto key = message.field("sec-websocket-key");
  const bool proper = message.method == "GET" && message.minor_version == 1 && message.body.empty() &&
                      lists(message, "upgrade", "websocket", equals_ignoring_case) &&
                      lists(message, "connection", "upgrade", equals_ignoring_case) &&
                      message.field("sec-websocket-version") == "13" && is_key(key);
  return proper ? std::string(key) : std::string();
}

std::string chosen_subprotocol(const WebSocketSpec& spec, const RequestMessage& message) {
  for (const auto& protocol : spec.subprotocols) {
    if (lists(message, "sec-websocket-protocol", protocol, std::equal_to<>())) return protocol;
  }
  return {};
}

}  // namespace nexus::api::ws
