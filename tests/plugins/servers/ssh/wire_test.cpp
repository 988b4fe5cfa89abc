// The encoding of SSH fields, and what is read from the first packet of a server.
#include "ssh/wire.h"

#include "ssh/kexinit.h"

#include <doctest/doctest.h>

using namespace nexus::servers::ssh;

TEST_CASE("fields come out as they went in, and nothing is read past the end") {
  std::string bytes;
  put_u32(bytes, 0x01020304);
  put_string(bytes, "text");
  WireReader reader(bytes);
  CHECK(reader.u32() == 0x01020304u);
  CHECK(reader.string() == "text");
  CHECK_FALSE(reader.u32().has_value());

  for (std::size_t length = 4; length < bytes.size(); ++length) {
    WireReader cut(std::string_view(bytes).substr(0, length));
    cut.u32();
    CHECK_FALSE(cut.string().has_value());
  }
  WireReader lying(std::string_view("\xff\xff\xff\xff x", 6));
  CHECK_FALSE(lying.string().has_value());
}

TEST_CASE("numbers are written without leading zeros, and never as negative ones") {
  const auto mpint = [](std::string_view value) {
    std::string out;
    put_mpint(out, value);
    return out;
  };
  CHECK(mpint({"\0\0\x01", 3}) == std::string("\0\0\0\x01\x01", 5));
  CHECK(mpint("\x80") == std::string("\0\0\0\x02\0\x80", 6));
  CHECK(mpint({"\0", 1}) == std::string("\0\0\0\0", 4));
}

TEST_CASE("base64 there and back, and what is none") {
  for (const std::string text : {"", "a", "ab", "abc", "abcd"}) CHECK(from_base64(base64(text)) == text);
  CHECK(from_base64("YW\nJj") == "abc");
  for (const char* bad : {"a", "ab=c", "====", "a===", "!!!!"}) CHECK_FALSE(from_base64(bad) == std::string("x"));
}

TEST_CASE("a server's offer is read from its first packet, wherever it is cut off") {
  std::string payload(1, '\x14');
  payload += std::string(16, 'c');
  put_string(payload, "curve25519-sha256,ecdh-sha2-nistp256");
  put_string(payload, "rsa-sha2-512,rsa-sha2-256");
  std::string packet(1, '\x04');
  packet += payload + "pads";
  std::string received = "a line before\r\nSSH-2.0-Test\r\n";
  put_string(received, packet);

  const auto offer = parse_server_offer(received);
  REQUIRE(offer.has_value());
  CHECK(offer->host_keys == std::vector<std::string>{"rsa-sha2-512", "rsa-sha2-256"});
  CHECK(only_rsa_host_keys(*offer));
  for (std::size_t length = 0; length < received.size(); ++length) {
    CHECK_FALSE(parse_server_offer(std::string_view(received).substr(0, length)).has_value());
  }
  CHECK_FALSE(only_rsa_host_keys({{}, {"rsa-sha2-512", "ssh-ed25519"}}));
  CHECK_FALSE(only_rsa_host_keys({}));
}
