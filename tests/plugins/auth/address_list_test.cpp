// Addresses and networks that an API token is bound to.
#include "address_list.h"

#include <doctest/doctest.h>

using namespace nexus::auth;

namespace {

bool fits(std::string_view network, std::string_view address) {
  const auto parsed = parse_network(network);
  REQUIRE(parsed.has_value());
  return contains(*parsed, address);
}

}  // namespace

TEST_CASE("an address is a network of one") {
  CHECK(fits("192.0.2.7", "192.0.2.7"));
  CHECK_FALSE(fits("192.0.2.7", "192.0.2.8"));
  CHECK(fits("2001:db8::1", "2001:0db8:0:0::0001"));
  CHECK_FALSE(fits("2001:db8::1", "2001:db8::2"));
}

TEST_CASE("a network takes its addresses, to the bit") {
  CHECK(fits("192.0.2.0/24", "192.0.2.255"));
  CHECK_FALSE(fits("192.0.2.0/24", "192.0.3.0"));
  CHECK(fits("192.0.2.128/25", "192.0.2.128"));
  CHECK_FALSE(fits("192.0.2.128/25", "192.0.2.127"));
  CHECK(fits("192.0.2.8/29", "192.0.2.15"));
  CHECK_FALSE(fits("192.0.2.8/29", "192.0.2.16"));
  CHECK(fits("192.0.2.9/29", "192.0.2.14"));  // bits past the length count for nothing
  CHECK(fits("192.0.2.1/32", "192.0.2.1"));
  CHECK_FALSE(fits("192.0.2.1/32", "192.0.2.0"));
  CHECK(fits("2001:db8::/33", "2001:db8:7fff::1"));
  CHECK_FALSE(fits("2001:db8::/33", "2001:db8:8000::1"));
  CHECK(fits("::/0", "2001:db8::1"));
  CHECK(fits("0.0.0.0/0", "203.0.113.9"));
  CHECK_FALSE(fits("0.0.0.0/0", "2001:db8::1"));
}

TEST_CASE("an IPv4 address is the same in either spelling") {
  CHECK(fits("192.0.2.0/24", "::ffff:192.0.2.7"));
  CHECK(fits("::ffff:192.0.2.7", "192.0.2.7"));
  CHECK_FALSE(fits("::192.0.2.7", "192.0.2.7"));
}

TEST_CASE("what is no network") {
  for (const auto* text : {"",
                           "/",
                           "192.0.2",
                           "192.0.2.256",
                           "192.0.2.7/",
                           "192.0.2.7/33",
                           "192.0.2.7/-1",
                           "192.0.2.7/+1",
                           "192.0.2.7/08",
                           "192.0.2.7/8/8",
                           " 192.0.2.7",
                           "192.0.2.7 ",
                           "0x7f.1",
                           "127.1",
                           "::1/129",
                           "::1%lo",
                           "fe80::1%eth0/64",
                           "example.com",
                           "[::1]",
                           "192.0.2.7\n"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_network(text).has_value());
  }
  CHECK_FALSE(parse_network(std::string_view("192.0.2.7\0", 10)).has_value());
  CHECK_FALSE(parse_network(std::string(100'000, '1')).has_value());
}

TEST_CASE("a list takes what one of its networks takes, and an empty one everything") {
  CHECK(allows({}, "192.0.2.7"));
  CHECK(allows({}, ""));
  CHECK(allows({"198.51.100.1", "192.0.2.0/24"}, "192.0.2.7"));
  CHECK_FALSE(allows({"198.51.100.1", "192.0.2.0/24"}, "192.0.3.7"));
  CHECK_FALSE(allows({"192.0.2.0/24"}, ""));
  CHECK_FALSE(allows({"192.0.2.0/24"}, "not an address"));
}
