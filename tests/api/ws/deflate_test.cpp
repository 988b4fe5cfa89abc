#include "ws/deflate.h"

#include <doctest/doctest.h>

using namespace nexus::api::ws;

namespace {

std::string packed(std::string_view data, int window_bits = 15) {
  std::string out;
  REQUIRE(pack_message(data, window_bits, out));
  return out;
}

// Bytes that no packer makes smaller.
std::string noise(std::size_t size) {
  std::string out;
  for (std::uint32_t state = 1; out.size() < size; state = state * 1664525U + 1013904223U) {
    out += static_cast<char>(state >> 24);
  }
  return out;
}

}  // namespace

TEST_CASE("what is packed comes out again, whatever the window") {
  std::string data;
  for (int i = 0; i < 5000; ++i) data += std::to_string(i * i) + ' ';
  for (int bits = kLeastWindowBits; bits <= 15; ++bits) {
    const auto small = packed(data, bits);
    CHECK(small.size() < data.size());
    std::string out = "something else";
    CHECK(unpack_message(small, data.size(), out) == Unpacked::ok);
    CHECK(out == data);
  }
}

TEST_CASE("what would not shrink is not packed") {
  std::string out;
  CHECK_FALSE(pack_message("x", 15, out));
  CHECK_FALSE(pack_message("", 15, out));
  CHECK_FALSE(pack_message(noise(5000), 15, out));
}

TEST_CASE("only messages of some size are worth it") {
  CHECK_FALSE(is_worth_packing(1023));
  CHECK(is_worth_packing(1024));
  CHECK(is_worth_packing(64 * 1024));
  CHECK_FALSE(is_worth_packing(64 * 1024 + 1));
}

TEST_CASE("a bomb is too large as soon as it passes the limit, and takes no memory for what it promises") {
  const auto bomb = packed(std::string(10'000'000, '\0'));
  for (const std::size_t most :
       {std::size_t{0}, std::size_t{1}, std::size_t{4095}, std::size_t{4096}, std::size_t{100'000}}) {
    std::string out;
    CHECK(unpack_message(bomb, most, out) == Unpacked::too_large);
    CHECK(out.capacity() <= 2 * most + 64);
  }
  for (const std::size_t size : {1'000, 4'096, 8'192, 65'536}) {
    const auto zeros = packed(std::string(size, '\0'));
    std::string out;
    CHECK(unpack_message(zeros, size, out) == Unpacked::ok);
    CHECK(out.size() == size);
    CHECK(unpack_message(zeros, size - 1, out) == Unpacked::too_large);
  }
}

TEST_CASE("what is no whole message is broken") {
  std::string out;
  const auto whole = packed(std::string(3000, 'x') + noise(300));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CHECK(unpack_message(std::string_view(whole).substr(0, size), 10'000, out) == Unpacked::broken);
  }
  CHECK(unpack_message("\x07", 100, out) == Unpacked::broken);
  CHECK(unpack_message(std::string_view("\0", 1), 100, out) == Unpacked::ok);
  CHECK(out.empty());
}
