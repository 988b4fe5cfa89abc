// The example as its users meet it: the built plugin in a FakeHost, and its service without any plugin.
#include "hello_resources.h"
#include "hello_service.h"

#include <nexus/testing/fake_host.h>

#include <doctest/doctest.h>

using nexus::Json;
using nexus::Status;
using nexus::testing::FakeHost;
using nexus::testing::Principal;

namespace {

struct Started : FakeHost {
  Started() {
    REQUIRE(load_file(HELLO_PLUGIN).ok());
    const auto started = start();
    REQUIRE_MESSAGE(started.ok(), started.error().what());
  }
};

}  // namespace

TEST_CASE("a caller is greeted by name") {
  Started host;
  const auto answer = host.get("/api/v1/hello", Principal::user(7, "bob"));
  CHECK(answer.http_status == 200);
  CHECK(answer.data == Json{{"message", "Hello, World!"}, {"user", "bob"}});
}

TEST_CASE("nobody is greeted without a token") {
  Started host;
  CHECK(host.get("/api/v1/hello", Principal::nobody()).http_status == 401);
}

TEST_CASE("the greeting comes from the configuration and follows its changes") {
  FakeHost host;
  REQUIRE(host.load_file(HELLO_PLUGIN).ok());
  host.set_config(R"({"greeting": "Hi"})");
  REQUIRE(host.start().ok());
  CHECK(host.get("/api/v1/hello").data["message"] == "Hi");
  CHECK(host.change_config(R"({"greeting": "Hallo"})").ok());
  CHECK(host.get("/api/v1/hello").data["message"] == "Hallo");
  CHECK(host.change_config(R"({"greetings": "Hallo"})").error().reason() == "unknown configuration key greetings");
}

TEST_CASE("the seeded note is there, another is not") {
  Started host;
  const auto welcome = host.get("/api/v1/hello/notes/1");
  CHECK(
      welcome.data ==
      Json{{"id", 1}, {"text", "Welcome to NexusPanel"}, {"author", "panel"}, {"created_at", "2024-01-01T00:00:00Z"}});
  const auto missing = host.get("/api/v1/hello/notes/99");
  CHECK(missing.app_code == nexus::code::kNotFound);
  CHECK(missing.details == "There is no such note");
  CHECK(host.get("/api/v1/hello/notes/seven").http_status == 404);
}

TEST_CASE("a note is kept, announced, and answered in the caller's language") {
  Started host;
  auto writer = Principal::user(3, "carol");
  writer.locale = "zh-CN";
  const auto answer = host.post("/api/v1/hello/notes", {{"text", "buy milk"}}, writer);
  CHECK(answer.http_status == 201);
  CHECK(answer.message == "便签已添加");
  CHECK(answer.headers.at("Location") == "/api/v1/hello/notes/2");
  CHECK(host.get("/api/v1/hello/notes/2").data["author"] == "carol");
  REQUIRE(host.events().size() == 1);
  CHECK(host.events()[0].topic == "hello.noted/1");
  CHECK(host.events()[0].payload == Json{{"id", 2}});
}

TEST_CASE("a blank note names its field, and a stranger's role may not write") {
  Started host;
  const auto blank = host.post("/api/v1/hello/notes", {{"text", " \n"}});
  CHECK(blank.http_status == 422);
  CHECK(blank.field == "text");
  CHECK(blank.rule == "not_blank");
  CHECK(host.post("/api/v1/hello/notes", {{"text", "x"}}, Principal::with_role("guest")).http_status == 403);
}

TEST_CASE("whichever host call fails, the plugin answers and keeps running") {
  for (std::uint64_t n = 1;; ++n) {
    Started host;
    host.fail_call(n, Status::unavailable);
    const auto answer = host.post("/api/v1/hello/notes", {{"text", "buy milk"}});
    if (host.injected().empty()) break;
    CAPTURE(host.injected());
    CHECK(answer.http_status >= 500);
    CHECK(host.get("/api/v1/hello").http_status == 200);
  }
}

TEST_CASE("the service works without a plugin around it") {
  FakeHost host({}, "hello");
  REQUIRE(host.use(hello_resources()).ok());
  const hello::HelloService service;
  auto call = host.call();
  CHECK(service.note(*call, 1)->author == "panel");
  CHECK(service.note(*call, 2).error().app_code() == nexus::code::kNotFound);
}
