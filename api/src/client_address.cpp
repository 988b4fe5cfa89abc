#include "client_address.h"

#include "text.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

namespace nexus::api {
namespace {

constexpr unsigned kIpv4Bits = 96;    // where the IPv4 address starts in its mapped form
constexpr unsigned kSubscriber = 64;  // prefix of one IPv6 subscriber

// "[::1]:443" and "192.0.2.1:443", as some proxies write them, without the port.
std::string_view without_port(std::string_view text) noexcept {
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    return close == std::string_view::npos ? text : text.substr(1, close - 1);
  }
  const std::size_t colon = text.find(':');
  return colon != std::string_view::npos && colon == text.rfind(':') ? text.substr(0, colon) : text;
}

}  // namespace

std::optional<Address> Address::parse(std::string_view text) noexcept {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  if (text.empty() || text.size() >= buffer.size() || text.find('\0') != std::string_view::npos) return std::nullopt;
  std::copy(text.begin(), text.end(), buffer.begin());
  Address address;
  if (inet_pton(AF_INET6, buffer.data(), address.bytes.data()) == 1) return address;
  address.bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  if (inet_pton(AF_INET, buffer.data(), address.bytes.data() + 12) == 1) return address;
  return std::nullopt;
}

bool Address::is_ipv4() const noexcept {
  constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  return std::equal(kMapped.begin(), kMapped.end(), bytes.begin());
}

std::string Address::text() const {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  const auto* done = is_ipv4() ? inet_ntop(AF_INET, bytes.data() + 12, buffer.data(), buffer.size())
                               : inet_ntop(AF_INET6, bytes.data(), buffer.data(), buffer.size());
  return done == nullptr ? "" : buffer.data();
}

Address Address::network(unsigned prefix) const noexcept {
  Address out = *this;
  for (unsigned bit = prefix; bit < 128;) {
    const unsigned keep = bit % 8;
    out.bytes[bit / 8] &= static_cast<std::uint8_t>(keep == 0 ? 0 : 0xFF << (8 - keep));
    bit += 8 - keep;
  }
  return out;
}

Address rate_limit_network(const Address& address) noexcept {
  return address.is_ipv4() ? address : address.network(kSubscriber);
}

Result<TrustedProxies> TrustedProxies::parse(const std::vector<std::string>& networks) {
  TrustedProxies proxies;
  for (const auto& text : networks) {
    const std::size_t slash = text.find('/');
    const auto address = Address::parse(std::string_view(text).substr(0, slash));
    if (!address) return Error(Status::invalid, "trusted proxy \"" + text + "\": not an address or network");
    Network network{*address, 128};
    if (slash != std::string::npos) {
      const auto prefix = parse_integer(std::string_view(text).substr(slash + 1));
      if (!prefix || *prefix < 0 || *prefix > (address->is_ipv4() ? 32 : 128)) {
        return Error(Status::invalid, "trusted proxy \"" + text + "\": not a prefix length");
      }
      network.prefix = static_cast<unsigned>(*prefix) + (address->is_ipv4() ? kIpv4Bits : 0);
    }
    network.address = network.address.network(network.prefix);
    proxies.networks_.push_back(network);
  }
  return proxies;
}

bool TrustedProxies::trusts(const Address& address) const noexcept {
  return std::any_of(networks_.begin(), networks_.end(),
                     [&](const Network& network) { return address.network(network.prefix) == network.address; });
}

Address TrustedProxies::client(const Address& peer, std::string_view forwarded_for) const noexcept {
  Address believed = peer;
  while (!forwarded_for.empty() && trusts(believed)) {
    const std::size_t comma = forwarded_for.rfind(',');
    const auto last = trimmed(comma == std::string_view::npos ? forwarded_for : forwarded_for.substr(comma + 1));
    forwarded_for = comma == std::string_view::npos ? std::string_view{} : forwarded_for.substr(0, comma);
    const auto address = Address::parse(without_port(last));
    if (!address) break;
    believed = *address;
  }
  return believed;
}

}  // namespace nexus::api
