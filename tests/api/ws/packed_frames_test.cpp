#include "ws/packed_frames.h"

#include "ws_client.h"

#include <doctest/doctest.h>

using nexus::api::ws::PackedFrames;
using nexus::test::WsClient;

namespace {

constexpr int kPacked = 0x40;

}  // namespace

TEST_CASE("packed messages become plain binary ones and are remembered in order, in pieces of any size") {
  const std::string long_data(70'000, '\xC1');  // looks like a packed frame
  const auto sent = WsClient::frame(1, "a", false, kPacked) + WsClient::frame(9, "p") + WsClient::frame(0, "b") +
                    WsClient::frame(2, "c", true, kPacked) + WsClient::frame(1, std::string(200, 'd')) +
                    WsClient::frame(2, long_data, true, kPacked) + WsClient::frame(2, "e");
  const auto wanted = WsClient::frame(2, "a", false) + WsClient::frame(9, "p") + WsClient::frame(0, "b") +
                      WsClient::frame(2, "c") + WsClient::frame(1, std::string(200, 'd')) +
                      WsClient::frame(2, long_data) + WsClient::frame(2, "e");
  for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{1536}, sent.size()}) {
    CAPTURE(piece);
    PackedFrames frames;
    auto bytes = sent;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      frames.pass({bytes.data() + at, std::min(piece, bytes.size() - at)});
    }
    CHECK((bytes == wanted));
    for (const auto& [is_packed, is_text] :
         {std::pair(true, true), {true, false}, {false, true}, {true, false}, {false, false}}) {
      const auto message = frames.take_message();
      CHECK(message.is_packed == is_packed);
      CHECK(message.is_text == is_text);
    }
  }
}

TEST_CASE("the bit stays where it must not be, and so do others") {
  for (const auto& sent : {WsClient::frame(0, "x", true, kPacked), WsClient::frame(9, "x", true, kPacked),
                           WsClient::frame(8, "", true, kPacked), WsClient::frame(3, "x", true, kPacked)}) {
    PackedFrames frames;
    auto bytes = sent;
    frames.pass(bytes);
    CHECK(bytes == sent);
  }
  PackedFrames frames;
  auto bytes = WsClient::frame(1, "x", true, kPacked | 0x20);
  frames.pass(bytes);
  CHECK(bytes == WsClient::frame(2, "x", true, 0x20));
}

TEST_CASE("messages that nobody takes do not pile up") {
  PackedFrames frames;
  for (int i = 0; i < 5000; ++i) {
    auto bytes = WsClient::frame(1, "", true, kPacked);
    frames.pass(bytes);
  }
  int kept = 0;
  while (frames.take_message().is_packed) ++kept;
  CHECK(kept == 1024);
}
