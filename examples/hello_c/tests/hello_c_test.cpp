// The C plugin as it was built, in a FakeHost.
#include <nexus/testing/fake_host.h>

#include <doctest/doctest.h>

using nexus::Json;
using nexus::testing::FakeHost;
using nexus::testing::Principal;

TEST_CASE("a plugin in plain C greets, hears of notes, and leaves nothing behind") {
  FakeHost host;
  REQUIRE(host.load_file(HELLO_C_PLUGIN).ok());
  REQUIRE(host.start().ok());
  CHECK(host.permissions() == std::vector<std::string>{"hello_c.read"});

  const auto answer = host.get("/api/v1/hello/c", Principal::user(7));
  CHECK(answer.http_status == 200);
  CHECK(answer.message == "Greeted");
  CHECK(answer.data == Json{{"message", "Hello from C"}, {"user_id", 7}});
  CHECK(host.get("/api/v1/hello/c", Principal::with_role("guest")).http_status == 403);

  host.publish("hello.noted/1", "5", {{"id", 5}});
  REQUIRE(host.log().size() == 2);
  CHECK(host.log()[1].fields.at("note") == "5");
}

TEST_CASE("the C plugin refuses to register where any of the host's calls fails") {
  for (std::uint64_t n = 1;; ++n) {
    FakeHost host;
    REQUIRE(host.load_file(HELLO_C_PLUGIN).ok());
    host.fail_call(n, nexus::Status::limit);
    const auto registered = host.register_all();
    if (host.injected().empty()) break;
    CHECK(registered.error().status() == nexus::Status::limit);
  }
}
