// What may be a host, a user or a name.
#include "input_rules.h"

#include <doctest/doctest.h>

#include <string>

using namespace nexus::servers;

TEST_CASE("hosts") {
  for (const char* good : {"192.168.1.100", "example.com", "example.com.", "a", "my_host-1", "::1", "fe80::1%eth0",
                           "2001:db8::192.0.2.1", "xn--fiqs8s"}) {
    CAPTURE(good);
    CHECK(is_host(good));
  }
  for (const std::string bad :
       {"", "-oProxyCommand=touch x", "a b", "a;id", "$(id)", "a\nb", "a\rb", "a\n", "a..b", ".", "a-", "-a", "host:22",
        "[::1]", "fe80::1%-x", "fe80::1%a b", "user@host", "a/b", "'"}) {
    CAPTURE(bad);
    CHECK_FALSE(is_host(bad));
  }
  CHECK_FALSE(is_host(std::string("a\0b", 3)));
  CHECK_FALSE(is_host(std::string(64, 'a')));
  CHECK_FALSE(is_host(std::string(300, 'a')));
}

TEST_CASE("users") {
  for (const char* good : {"root", "_apt", "john.doe", "DOMAIN\\user", "user@domain", "machine$", "a-b"}) {
    CAPTURE(good);
    CHECK(is_ssh_user(good));
  }
  for (const std::string bad : {"", "-root", "a b", "root\n", "root\r", "a;b", "a'b", "$x", "a`b", "@x"}) {
    CAPTURE(bad);
    CHECK_FALSE(is_ssh_user(bad));
  }
  CHECK_FALSE(is_ssh_user(std::string("a\0", 2)));
  CHECK_FALSE(is_ssh_user(std::string(65, 'a')));
}

TEST_CASE("tags are names that a list of tags can part") {
  CHECK(is_tag("生产"));
  CHECK(is_tag(std::string(64, 'a')));
  for (const std::string& bad : {std::string("a,b"), std::string(65, 'a'), std::string("")}) CHECK_FALSE(is_tag(bad));
}

TEST_CASE("names are free, but visible") {
  CHECK(is_name("Web服务器01"));
  CHECK(is_name("a b"));
  for (const std::string bad : {"", " a", "a ", "a\nb", "\x1b]0;x", "\x7f"}) CHECK_FALSE(is_name(bad));
}
