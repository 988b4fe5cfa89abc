// Who is at the other end, behind proxies that are believed.
#pragma once

#include <nexus/cpp/result.h>

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::api {

// An IPv4 (as ::ffff:a.b.c.d) or IPv6 address.
struct Address {
  std::array<std::uint8_t, 16> bytes{};

  static std::optional<Address> parse(std::string_view text) noexcept;
  bool is_ipv4() const noexcept;
  std::string text() const;
  // With all bits after the first `prefix` zero.
  Address network(unsigned prefix) const noexcept;
  auto operator<=>(const Address&) const = default;
};

// What an address is counted as: IPv4 by itself, IPv6 by /64, of which one subscriber has all.
Address rate_limit_network(const Address& address) noexcept;

class TrustedProxies {
 public:
  // Addresses or networks ("10.0.0.0/8", "::1"); refused with a reason.
  static Result<TrustedProxies> parse(const std::vector<std::string>& networks);

  bool trusts(const Address& address) const noexcept;
  // The right-most address of X-Forwarded-For (its fields in order, joined by commas) that no trusted proxy has, where
  // `peer` is trusted; otherwise `peer`. A malformed entry ends the search at the last address that was believed.
  Address client(const Address& peer, std::string_view forwarded_for) const noexcept;

 private:
  struct Network {
    Address address;
    unsigned prefix = 128;
  };
  std::vector<Network> networks_;
};

}  // namespace nexus::api
