#include "address_list.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace nexus::auth {
namespace {

constexpr std::size_t kLongestAddress = INET6_ADDRSTRLEN - 1;
constexpr unsigned kBits = 128;
constexpr unsigned kMappedBits = 96;  // of the prefix under which IPv4 addresses stand

// A network of one address.
std::optional<Network> parse_address(std::string_view text) {
  if (text.size() > kLongestAddress || text.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string copy(text);
  Network network;
  network.bits = kBits;
  if (inet_pton(AF_INET6, copy.c_str(), network.address.data()) == 1) return network;
  std::array<std::uint8_t, 4> four{};
  if (inet_pton(AF_INET, copy.c_str(), four.data()) != 1) return std::nullopt;
  network.address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, four[0], four[1], four[2], four[3]};
  return network;
}

// One to three digits without a zero in front.
std::optional<unsigned> parse_length(std::string_view text, unsigned longest) {
  unsigned length = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, length);
  if (error != std::errc{} || rest != end || length > longest) return std::nullopt;
  return text.size() > 1 && text.front() == '0' ? std::nullopt : std::optional(length);
}

}  // namespace

std::optional<Network> parse_network(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = text.substr(0, slash);
  auto network = parse_address(address);
  if (!network || slash == std::string_view::npos) return network;
  const bool four = address.find(':') == std::string_view::npos;
  const auto length = parse_length(text.substr(slash + 1), four ? kBits - kMappedBits : kBits);
  if (!length) return std::nullopt;
  network->bits = four ? kMappedBits + *length : *length;
  return network;
}

bool contains(const Network& network, std::string_view address) {
  const auto one = parse_address(address);
  if (!one) return false;
  const auto whole = network.bits / 8;
  if (!std::equal(network.address.begin(), network.address.begin() + whole, one->address.begin())) return false;
  const auto rest = network.bits % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xff00u >> rest);
  return (network.address[whole] & mask) == (one->address[whole] & mask);
}

bool allows(const std::vector<std::string>& networks, std::string_view address) {
  return networks.empty() || std::any_of(networks.begin(), networks.end(), [&](const auto& text) {
           const auto network = parse_network(text);
           return network && contains(*network, address);
         });
}

}  // namespace nexus::auth
