// Sec-WebSocket-Extensions: its grammar (RFC 6455, 9.1) and what of permessage-deflate is taken (RFC 7692, 7.1). Pure
// functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::api::ws {

struct ExtensionParameter {
  std::string name;
  std::optional<std::string> value;
};
struct ExtensionOffer {
  std::string name;
  std::vector<ExtensionParameter> parameters;
};

// What a field's value lists, in order; nullopt where it breaks the grammar.
std::optional<std::vector<ExtensionOffer>> parse_extensions(std::string_view value);

// What is agreed on. Neither side keeps a window from one message to the next, whether the client asked for that or
// not.
struct DeflateTerms {
  int window_bits = 15;            // the most that ours may have
  bool names_window_bits = false;  // the client limits it, and must be answered
};
// nullopt: another extension, or parameters that are unknown, doubled, malformed or cannot be met.
std::optional<DeflateTerms> accepted_deflate(const ExtensionOffer& offer);
// The field's value in the answer.
std::string deflate_answer(const DeflateTerms& terms);

}  // namespace nexus::api::ws
