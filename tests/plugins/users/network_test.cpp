// Addresses that count as one place.
#include "network.h"

#include <doctest/doctest.h>

using nexus::users::network_of;

TEST_CASE("an IPv4 address is a place of its own, in whatever spelling") {
  CHECK(network_of("192.0.2.1") == "192.0.2.1");
  CHECK(network_of("::ffff:192.0.2.1") == "192.0.2.1");
  CHECK(network_of("::FFFF:c000:201") == "192.0.2.1");
  CHECK(network_of("192.0.2.1") != network_of("192.0.2.2"));
}

TEST_CASE("an IPv6 address belongs to its /64") {
  CHECK(network_of("2001:db8:1:2::1") == "2001:db8:1:2::/64");
  CHECK(network_of("2001:0DB8:0001:0002:ffff:ffff:ffff:ffff") == "2001:db8:1:2::/64");
  CHECK(network_of("2001:db8:1:3::1") == "2001:db8:1:3::/64");
  CHECK(network_of("fe80::1%eth0") == "fe80::/64");
}

TEST_CASE("what is no address is no place") {
  for (const auto* text : {"", "localhost", "192.0.2", "192.0.2.1:80", "[::1]", "1", "::g"}) {
    CAPTURE(text);
    CHECK(network_of(text).empty());
  }
}
