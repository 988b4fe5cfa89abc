// The example as its users meet it: the built plugin in a FakeHost, which plays the clients.
#include "rooms.h"

#include <nexus/testing/fake_host.h>

#include <doctest/doctest.h>

#include <algorithm>

using nexus::testing::FakeHost;
using nexus::testing::Principal;
using nexus::testing::TestSocket;

namespace {

struct Started : FakeHost {
  Started() {
    REQUIRE(load_file(ROOMS_WS_PLUGIN).ok());
    const auto started = start();
    REQUIRE_MESSAGE(started.ok(), started.error().what());
  }
  std::shared_ptr<TestSocket> knock(const std::string& room) {
    return connect("/api/v1/rooms-ws/" + room, Principal::nobody());
  }
  std::shared_ptr<TestSocket> enter(const std::string& room) {
    auto socket = knock(room);
    REQUIRE(socket->answer().http_status == 101);
    return socket;
  }
};

}  // namespace

TEST_CASE("what one says, everyone in the room hears, and nobody in another") {
  Started host;
  const auto ada = host.enter("lobby");
  const auto bob = host.enter("lobby");
  const auto eve = host.enter("attic");
  ada->send_text("hello");
  bob->send_text(" you");
  CHECK(ada->all_text() == "hello you");
  CHECK(bob->all_text() == "hello you");
  CHECK(eve->all().empty());
}

TEST_CASE("who comes later hears only what is said from then on") {
  Started host;
  const auto ada = host.enter("lobby");
  ada->send_text("before");
  const auto bob = host.enter("lobby");
  ada->send_text("after");
  CHECK(bob->all() == "after");
}

TEST_CASE("bytes are refused, and nobody hears them") {
  Started host;
  const auto ada = host.enter("lobby");
  const auto bob = host.enter("lobby");
  ada->send_binary("\xFF");
  REQUIRE(ada->closed());
  CHECK(ada->closed()->code == 1003);
  CHECK(bob->all().empty());
}

TEST_CASE("who does not keep up holds nobody back, and is told that something was missed") {
  Started host;
  const auto ada = host.enter("lobby");
  const auto bob = host.enter("lobby");
  bob->reads = false;
  const std::string line(rooms_ws::kMostBytes, 'x');
  const std::size_t most = rooms_ws::kMostWaiting / rooms_ws::kMostBytes;
  for (std::size_t i = 0; i < most; ++i) ada->send_text(line);
  bob->read_all();
  CHECK(bob->is_open());  // it was slow, but missed nothing

  for (std::size_t i = 0; i <= most; ++i) ada->send_text(line);
  CHECK(ada->received().size() == 2 * most + 1);
  CHECK(bob->received().size() == 2 * most);
  CHECK(bob->is_open());
  bob->read_all();
  REQUIRE(bob->closed());
  CHECK(bob->closed()->code == 4008);
  CHECK(ada->is_open());
  const auto lines = host.log();
  REQUIRE(std::ranges::count(lines, "members missed a message", &nexus::testing::LogLine::message) == 1);
  CHECK(lines.back().fields.at("members") == "1");
}

TEST_CASE("a room has a bounded number of members, and who leaves makes room") {
  Started host;
  std::vector<std::shared_ptr<TestSocket>> members;
  while (members.size() < rooms_ws::kMostMembers) members.push_back(host.enter("lobby"));
  for (int twice = 0; twice < 2; ++twice) {  // who was refused counts no more
    const auto refused = host.knock("lobby")->answer();
    CHECK(refused.app_code == nexus::code::kUnavailable);
    CHECK(refused.details == "房间已满");
  }
  CHECK(host.enter("attic")->is_open());
  members.back()->close(1000);
  CHECK(host.enter("lobby")->is_open());
}
