// The encoding of SFTP, and replies that make no sense.
#include "ssh/sftp_packet.h"

#include <doctest/doctest.h>

#include <deque>
#include <limits>

namespace ssh = nexus::servers::ssh;
namespace sftp = nexus::servers::ssh::sftp;

namespace {

// A packet as a server would send it.
std::string packet(sftp::Type type, std::uint32_t id, const std::string& body) {
  std::string content(1, static_cast<char>(type));
  ssh::put_u32(content, id);
  std::string out;
  ssh::put_u32(out, static_cast<std::uint32_t>(content.size() + body.size()));
  return out + content + body;
}

std::string words(std::initializer_list<std::uint64_t> numbers) {
  std::string out;
  for (const auto number : numbers) {
    ssh::put_u32(out, static_cast<std::uint32_t>(number >> 32));
    ssh::put_u32(out, static_cast<std::uint32_t>(number));
  }
  return out;
}

// The reply borrows from its bytes, which are kept.
sftp::Reply only_reply(const std::string& bytes) {
  static std::deque<std::string> kept;
  std::string_view rest = kept.emplace_back(bytes);
  sftp::Reply reply;
  bool broken = false;
  REQUIRE(sftp::take_reply(rest, reply, broken));
  CHECK(rest.empty());
  return reply;
}

}  // namespace

TEST_CASE("requests are encoded as the draft says") {
  using namespace std::string_literals;
  CHECK(sftp::init_packet() == "\0\0\0\5\1\0\0\0\3"s);
  CHECK(sftp::read_packet(7, "h", 0x1'0000'0002, 9) == "\0\0\0\x16\5\0\0\0\7\0\0\0\1h\0\0\0\1\0\0\0\2\0\0\0\x09"s);
  CHECK(sftp::open_packet(1, "p", sftp::kRead, std::nullopt) == "\0\0\0\x12\3\0\0\0\1\0\0\0\1p\0\0\0\1\0\0\0\0"s);
  CHECK(sftp::plain_packet(sftp::Type::close, 2, "h") == "\0\0\0\x0a\4\0\0\0\2\0\0\0\1h"s);
}

TEST_CASE("replies come whole, however the bytes arrive") {
  std::string content;
  ssh::put_string(content, "bytes");
  const auto two = packet(sftp::Type::data, 3, content) + packet(sftp::Type::status, 4, std::string("\0\0\0\1", 4));
  for (std::size_t cut = 0; cut < two.size(); ++cut) {
    std::string_view rest = std::string_view(two).substr(0, cut);
    sftp::Reply reply;
    bool broken = false;
    int found = 0;
    while (sftp::take_reply(rest, reply, broken)) ++found;
    CHECK(found <= 1);
    CHECK_FALSE(broken);
  }
  const auto data = only_reply(packet(sftp::Type::data, 3, content));
  CHECK(data.id == 3);
  CHECK(data.data() == "bytes");
  CHECK_FALSE(data.handle().has_value());
  CHECK_FALSE(data.status().has_value());
}

TEST_CASE("lengths that make no sense are noticed before anything is kept for them") {
  for (const std::string& length :
       {std::string("\xff\xff\xff\xff", 4), std::string("\0\0\0\0", 4), std::string("\0\4\0\1", 4)}) {
    const auto bytes = length + "xxxxx";
    std::string_view rest = bytes;
    sftp::Reply reply;
    bool broken = false;
    CHECK_FALSE(sftp::take_reply(rest, reply, broken));
    CHECK(broken);
  }
}

TEST_CASE("a reply whose body is cut short is none of what it claims") {
  CHECK_FALSE(only_reply(packet(sftp::Type::data, 1, std::string("\0\0\0\x09", 4) + "abc")).data().has_value());
  CHECK_FALSE(only_reply(packet(sftp::Type::handle, 1, "")).handle().has_value());
  CHECK_FALSE(only_reply(packet(sftp::Type::extended_reply, 1, words({1, 2, 3}))).space().has_value());
  CHECK_FALSE(only_reply(packet(sftp::Type::attributes, 1, "")).attributes().has_value());
}

TEST_CASE("sizes of file systems saturate") {
  const auto space = only_reply(packet(sftp::Type::extended_reply, 1, words({1, 4096, 100, 50, 25, 0, 0}))).space();
  REQUIRE(space.has_value());
  CHECK(space->total == 409'600);
  CHECK(space->free == 204'800);
  CHECK(space->available == 102'400);
  const auto huge = only_reply(packet(sftp::Type::extended_reply, 1, words({1, ~0ULL, ~0ULL, 1, 1}))).space();
  CHECK(huge->total == std::numeric_limits<std::int64_t>::max());
}

TEST_CASE("extensions are found by name") {
  std::string body;
  for (const auto* text : {"a@b", "1", "statvfs@openssh.com", "2"}) ssh::put_string(body, text);
  CHECK(sftp::offers(body, "statvfs@openssh.com"));
  CHECK(sftp::offers(body, "a@b"));
  CHECK_FALSE(sftp::offers(body, "2"));
  CHECK_FALSE(sftp::offers("\1\2", "a@b"));
}
