#include "ws/upgrade.h"

#include "text.h"

#include <algorithm>
#include <iterator>

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

// All that the client offers, in order; nullopt where it is malformed, which ends the upgrade (RFC 6455, 9.1).
std::optional<std::vector<ExtensionOffer>> offered_extensions(const RequestMessage& message) {
  std::vector<ExtensionOffer> all;
  for (const auto& field : message.fields) {
    if (!equals_ignoring_case(field.name, "sec-websocket-extensions")) continue;
    auto offers = parse_extensions(field.value);
    if (!offers) return std::nullopt;
    std::ranges::move(*offers, std::back_inserter(all));
  }
  return all;
}

std::string chosen_subprotocol(const WebSocketSpec& spec, const RequestMessage& message) {
  for (const auto& protocol : spec.subprotocols) {
    if (lists(message, "sec-websocket-protocol", protocol, std::equal_to<>())) return protocol;
  }
  return {};
}

}  // namespace

std::string upgrade_key(const RequestMessage& message) {
  const auto key = message.field("sec-websocket-key");
  const bool proper = message.method == "GET" && message.minor_version == 1 && message.body.empty() &&
                      lists(message, "upgrade", "websocket", equals_ignoring_case) &&
                      lists(message, "connection", "upgrade", equals_ignoring_case) &&
                      message.field("sec-websocket-version") == "13" && is_key(key) && offered_extensions(message);
  return proper ? std::string(key) : std::string();
}

Agreement agree(const WebSocketSpec& spec, const RequestMessage& message) {
  Agreement out{chosen_subprotocol(spec, message), {}};
  const auto offers = offered_extensions(message);
  for (std::size_t at = 0; offers && at < offers->size() && !out.deflate; ++at) {
    out.deflate = accepted_deflate((*offers)[at]);
  }
  return out;
}

}  // namespace nexus::api::ws
