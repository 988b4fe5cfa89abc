#include "ws/extensions.h"

#include "text.h"
#include "ws/deflate.h"

#include <algorithm>

namespace nexus::api::ws {
namespace {

// Reads a field's value from left to right.
class Reader {
 public:
  explicit Reader(std::string_view text) noexcept : text_(text) {}

  bool ended() {
    skip_space();
    return text_.empty();
  }
  bool take(char wanted) {
    skip_space();
    if (!text_.starts_with(wanted)) return false;
    text_.remove_prefix(1);
    return true;
  }
  // Empty where there is none.
  std::string token() {
    skip_space();
    std::size_t size = 0;
    while (size < text_.size() && is_header_name(text_.substr(size, 1))) ++size;
    std::string out(text_.substr(0, size));
    text_.remove_prefix(size);
    return out;
  }
  // A token, or one in quotes.
  std::string value() {
    if (!take('"')) return token();
    std::string out;
    while (!text_.empty() && text_.front() != '"') {
      if (text_.front() == '\\') text_.remove_prefix(1);
      if (text_.empty()) return {};
      out += text_.front();
      text_.remove_prefix(1);
    }
    if (text_.empty() || !is_header_name(out)) return {};
    text_.remove_prefix(1);
    return out;
  }

 private:
  void skip_space() {
    while (text_.starts_with(' ') || text_.starts_with('\t')) text_.remove_prefix(1);
  }
  std::string_view text_;
};

std::optional<ExtensionOffer> read_offer(Reader& reader) {
  ExtensionOffer offer{reader.token(), {}};
  if (offer.name.empty()) return std::nullopt;
  while (reader.take(';')) {
    ExtensionParameter parameter{reader.token(), {}};
    if (parameter.name.empty()) return std::nullopt;
    if (reader.take('=')) {
      parameter.value = reader.value();
      if (parameter.value->empty()) return std::nullopt;
    }
    offer.parameters.push_back(std::move(parameter));
  }
  return offer;
}

// 8 to 15, without leading zeros.
std::optional<int> window_bits(const std::optional<std::string>& value) {
  if (!value || value->size() > 2) return std::nullopt;
  const auto number = parse_integer(*value);
  if (!number || *number < 8 || *number > 15) return std::nullopt;
  return static_cast<int>(*number);
}

bool take_parameter(const ExtensionParameter& parameter, DeflateTerms& terms) {
  const auto& [name, value] = parameter;
  if (name == "server_no_context_takeover" || name == "client_no_context_takeover") return !value;
  // A hint that the client could do with less; we bear all.
  if (name == "client_max_window_bits") return !value || window_bits(value);
  if (name != "server_max_window_bits") return false;
  const auto bits = window_bits(value);
  if (!bits || *bits < kLeastWindowBits) return false;
  terms = {*bits, true};
  return true;
}

}  // namespace

std::optional<std::vector<ExtensionOffer>> parse_extensions(std::string_view value) {
  std::vector<ExtensionOffer> offers;
  Reader reader(value);
  do {
    auto offer = read_offer(reader);
    if (!offer) return std::nullopt;
    offers.push_back(std::move(*offer));
  } while (reader.take(','));
  if (!reader.ended()) return std::nullopt;
  return offers;
}

std::optional<DeflateTerms> accepted_deflate(const ExtensionOffer& offer) {
  if (offer.name != "permessage-deflate") return std::nullopt;
  DeflateTerms terms;
  std::vector<std::string_view> seen;
  for (const auto& parameter : offer.parameters) {
    if (std::ranges::find(seen, parameter.name) != seen.end() || !take_parameter(parameter, terms)) return std::nullopt;
    seen.push_back(parameter.name);
  }
  return terms;
}

std::string deflate_answer(const DeflateTerms& terms) {
  std::string out = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
  if (terms.names_window_bits) out += "; server_max_window_bits=" + std::to_string(terms.window_bits);
  return out;
}

}  // namespace nexus::api::ws
