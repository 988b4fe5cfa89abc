// The whole plugin in a FakeHost; the test plays the server's shell.
#include "support/scratch_folder.h"

#include <nexus/cpp/contracts/ssh.h>
#include <nexus/testing/fake_host.h>

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <sstream>

using namespace nexus;
using namespace std::chrono_literals;
using nexus::testing::FakeHost;
using nexus::testing::Principal;
using nexus::testing::TestSocket;
using nexus::testing::TestStream;

namespace {

const Principal kAlice = Principal::user(2, "alice");
const Principal kBob = Principal::user(3, "bob");

// The messages of one type that a client got.
std::vector<Json> messages(const TestSocket& socket, const std::string& type) {
  std::vector<Json> found;
  for (const auto& message : socket.received()) {
    if (message.is_binary) continue;
    const auto value = Json::parse(message.data);
    if (value.value("type", "") == type) found.push_back(value);
  }
  return found;
}

std::string output_of(const TestSocket& socket) {
  std::string all;
  for (const auto& message : messages(socket, "output")) all += message["data"].get<std::string>();
  return all;
}

std::string input(const std::string& text) { return Json{{"type", "input"}, {"data", text}}.dump(); }

struct Panel {
  explicit Panel(const std::string& config = R"({})") : host(options()) {
    host.set_config(config);
    host.fake_stream(std::string(contracts::kSshService),
                     [this](auto method, auto payload, const auto& stream) -> Result<void> {
                       CHECK(method == "shell");
                       request = contracts::shell_request_from(contracts::from_cbor(payload).value());
                       shell = stream;
                       shells.push_back(stream);
                       if (refusal) {
                         stream->close(Status::unavailable, contracts::encode_cbor_answer(*refusal));
                       } else {
                         control({{"opened", Json::object()}});
                       }
                       return {};
                     });
    REQUIRE(host.load_file(TERMINAL_PLUGIN).ok());
    const auto started = host.start();
    REQUIRE_MESSAGE(started.ok(), started.error().what());
  }
  testing::Options options() const {
    testing::Options options;
    options.data_dir = folder.path();
    return options;
  }

  std::shared_ptr<TestSocket> open(const std::string& query = "", const Principal& who = kAlice, bool binary = false) {
    std::map<std::string, std::string> headers;
    if (binary) headers["Sec-WebSocket-Protocol"] = "nexus.terminal.binary";
    return host.connect("/api/v1/servers/1/terminal" + query, who, headers);
  }
  std::string back(std::int64_t session, const std::string& more = "") {
    return "?session=" + std::to_string(session) + more;
  }
  std::int64_t id_of(const TestSocket& socket) { return messages(socket, "session").at(0)["id"]; }
  void shows(const std::string& bytes) { CHECK(shell->send(contracts::kSshBytes, bytes) == Status::ok); }
  void control(const Json& value) const { shell->send(contracts::kSshControl, contracts::to_cbor(value)); }
  std::string typed() const { return shell->all(contracts::kSshBytes); }
  Json sessions(const Principal& who = kAlice) { return host.get("/api/v1/terminal/sessions", who).data["sessions"]; }
  Json recordings(const Principal& who = kAlice, const std::string& query = "") {
    return host.get("/api/v1/terminal/recordings" + query, who).data["recordings"];
  }

  nexus::test::ScratchFolder folder;
  FakeHost host;
  contracts::ShellRequest request;
  std::optional<Error> refusal;
  std::shared_ptr<TestStream> shell;
  std::vector<std::shared_ptr<TestStream>> shells;
};

}  // namespace

TEST_SUITE("one client") {
  TEST_CASE("types, sees, resizes and hears how it ended") {
    Panel panel;
    const auto client = panel.open("?cols=120&rows=40&term=xterm");
    REQUIRE(client->answer().http_status == 101);
    CHECK(panel.request.server_id == 1);
    CHECK(panel.request.cols == 120);
    CHECK(panel.request.rows == 40);
    CHECK(panel.request.term == "xterm");
    const auto hello = messages(*client, "session").at(0);
    CHECK(hello["role"] == "writer");
    CHECK(hello["recorded"] == true);
    client->send_text(input("ls -la\n"));
    CHECK(panel.typed() == "ls -la\n");
    panel.shows("total 64\r\n");
    CHECK(output_of(*client) == "total 64\r\n");
    client->send_text(R"({"type":"resize","cols":100,"rows":30})");
    const auto control = contracts::from_cbor(panel.shell->received().back().bytes).value();
    CHECK(control["resize"] == Json{{"cols", 100}, {"rows", 30}});
    panel.control({{"exit", {{"status", 3}, {"signal", ""}}}});
    panel.shell->close();
    REQUIRE(client->wait_closed());
    CHECK(client->closed()->code == 1000);
    CHECK(messages(*client, "exit") ==
          std::vector<Json>{{{"type", "exit"}, {"code", 3}, {"signal", ""}, {"reason", "exit"}}});
    CHECK(panel.sessions().empty());
  }

  TEST_CASE("gets a character that came in two pieces once, and bytes as they are with the binary protocol") {
    Panel panel;
    const auto text = panel.open();
    panel.shows("\xE4\xBD");
    CHECK(output_of(*text).empty());
    panel.shows("\xA0\xFF");
    CHECK(output_of(*text) == "\xE4\xBD\xA0\xEF\xBF\xBD");

    const auto binary = panel.open("", kAlice, true);
    CHECK(binary->subprotocol() == "nexus.terminal.binary");
    panel.shows("\xE4\xBD");
    CHECK(binary->all_binary() == "\xE4\xBD");
    binary->send_binary(std::string("\0\xFF\x1b", 3));
    CHECK(panel.typed() == std::string("\0\xFF\x1b", 3));
    binary->send_text(R"({"type":"resize","cols":7,"rows":8})");
    CHECK(panel.shell->received().back().kind == contracts::kSshControl);
  }

  TEST_CASE("is told what it did wrong, in its language, and stays") {
    Panel panel;
    auto who = kAlice;
    who.locale = "zh-CN";
    const auto client = panel.open("", who);
    client->send_text("reboot");
    client->send_text(R"({"type":"resize","cols":0,"rows":1})");
    const auto errors = messages(*client, "error");
    REQUIRE(errors.size() == 2);
    CHECK(errors[0]["code"] == 40000);
    CHECK(errors[1]["code"] == 42201);
    CHECK(errors[1]["field"] == "cols");
    CHECK(errors[1]["details"] == "必须是 1 到 1000 之间的整数");
    client->send_text(input("x"));
    CHECK(panel.typed() == "x");
  }

  TEST_CASE("hears what the server's connection failed with") {
    Panel panel;
    panel.refusal = Error::api(code::kSshFailed).with_extra(R"({"stage":"auth","error":"auth_failed"})");
    const auto client = panel.open();
    REQUIRE(client->wait_closed());
    CHECK(client->closed()->code == 1011);
    const auto error = messages(*client, "error").at(0);
    CHECK(error["code"] == code::kSshFailed);
    CHECK(error["stage"] == "auth");
    CHECK(messages(*client, "exit").at(0)["reason"] == "failed");
    CHECK(panel.recordings().at(0)["end_reason"] == "failed");
  }

  TEST_CASE("that stops reading stops the server, and nothing grows") {
    Panel panel(R"({"recording":false})");
    const auto client = panel.open("", kAlice, true);
    client->reads = false;
    const std::string part(16 * 1024, 'x');
    std::size_t sent = 0;
    while (panel.shell->send(contracts::kSshBytes, part) == Status::ok && sent < 10'000'000) sent += part.size();
    CHECK(sent < 600 * 1024);
    CHECK(panel.shell->unconsumed() > 0);
    client->reads = true;
    client->read_all();
    CHECK(panel.shell->unconsumed() == 0);
    CHECK(client->all_binary().size() == sent);
    CHECK(panel.shell->send(contracts::kSshBytes, part) == Status::ok);
  }

  TEST_CASE("whose server takes no input waits, and loses nothing") {
    Panel panel;
    const auto client = panel.open("", kAlice, true);
    panel.shell->consumes = false;
    const std::string part(100 * 1024, 'y');
    for (int i = 0; i < 5; ++i) client->send_binary(part);
    CHECK(panel.typed().size() < 5 * part.size());
    CHECK(client->unconsumed() > 0);
    panel.shell->consumes = true;
    panel.shell->consume(10'000'000);
    CHECK(panel.typed().size() == 5 * part.size());
    client->send_text(input("z"));
    client->send_text("nonsense");
    CHECK(client->unconsumed() == 0);
  }
}

TEST_SUITE("several clients") {
  TEST_CASE("one that was lost comes back within the grace time and sees what it missed") {
    Panel panel(R"({"grace_seconds":60})");
    const auto first = panel.open();
    const auto id = panel.id_of(*first);
    panel.shows("before ");
    first->close(1006);
    CHECK(panel.sessions()[0]["attached"] == false);
    panel.shows("meanwhile ");
    CHECK(panel.shell->unconsumed() == 0);
    panel.host.advance(59s);
    const auto second = panel.open(panel.back(id));
    CHECK(panel.shells.size() == 1);
    CHECK(output_of(*second) == "before meanwhile ");
    panel.host.advance(120s);
    second->send_text(input("still here"));
    CHECK(panel.typed() == "still here");
    second->close(1006);
    panel.host.advance(61s);
    CHECK(panel.shell->closed());
    CHECK(panel.open(panel.back(id))->answer().http_status == 404);
    CHECK(panel.recordings().at(0)["end_reason"] == "detached");
  }

  TEST_CASE("one that says goodbye, or is logged out, ends it at once") {
    for (const std::uint32_t code : {1000U, 1008U}) {
      Panel panel;
      panel.open()->close(code);
      CHECK(panel.shell->closed());
      CHECK(panel.sessions().empty());
      CHECK(panel.recordings().at(0)["end_reason"] == "left");
    }
  }

  TEST_CASE("the newest that may types, the others watch") {
    Panel panel;
    const auto first = panel.open();
    const auto id = panel.id_of(*first);
    const auto watcher = panel.open(panel.back(id, "&view=true"));
    const auto second = panel.open(panel.back(id));
    CHECK(messages(*first, "role").at(0)["role"] == "viewer");
    first->send_text(input("no more"));
    watcher->send_text(input("never"));
    CHECK(panel.typed().empty());
    CHECK(messages(*first, "error").at(0)["code"] == 40301);
    CHECK(messages(*watcher, "error").at(0)["code"] == 40301);
    second->send_text(input("yes"));
    CHECK(panel.typed() == "yes");
    panel.shows("for all");
    for (const auto& client : {first, second, watcher}) CHECK(output_of(*client) == "for all");
    second->send_text(R"({"type":"resize","cols":90,"rows":20})");
    CHECK(messages(*watcher, "resize").at(0)["cols"] == 90);
    CHECK(panel.sessions()[0]["viewers"] == 3);
    watcher->close(1000);
    CHECK_FALSE(panel.shell->closed());
  }

  TEST_CASE("what one typed while it might reaches the server, also when it only watches by now") {
    Panel panel;
    const auto first = panel.open("", kAlice, true);
    panel.shell->consumes = false;
    const std::string part(100 * 1024, 'y');
    for (int i = 0; i < 5; ++i) first->send_binary(part);
    const auto second = panel.open(panel.back(panel.id_of(*first)));
    panel.shell->consumes = true;
    panel.shell->consume(10'000'000);
    CHECK(panel.typed().size() == 5 * part.size());
    CHECK(first->unconsumed() == 0);
  }

  TEST_CASE("one that watches slowly slows nobody, and is told what it missed") {
    Panel panel(R"({"recording":false})");
    const auto writer = panel.open("", kAlice, true);
    const auto watcher = panel.open(panel.back(panel.id_of(*writer), "&view=true"), kAlice, true);
    watcher->reads = false;
    const std::string part(16 * 1024, 'x');
    for (int i = 0; i < 100; ++i) panel.shows(part);
    CHECK(writer->all_binary().size() == 100 * part.size());
    CHECK(watcher->all_binary().size() < 100 * part.size());
    watcher->reads = true;
    watcher->read_all();
    const auto lost = messages(*watcher, "lagged").at(0)["bytes"].get<std::size_t>();
    CHECK(lost + watcher->all_binary().size() == 100 * part.size());
    panel.shows("on");
    CHECK(watcher->all_binary().ends_with("on"));
  }
}

TEST_SUITE("who may") {
  TEST_CASE("sessions of others are not there, but for who manages, who watches and ends them") {
    Panel panel;
    const auto mine = panel.open();
    const auto id = panel.id_of(*mine);
    CHECK(panel.sessions(kBob).empty());
    CHECK(panel.open(panel.back(id), kBob)->answer().app_code == 40401);
    const auto path = "/api/v1/terminal/sessions/" + std::to_string(id);
    CHECK(panel.host.del(path, kBob).app_code == 40401);

    CHECK(panel.sessions(Principal::admin()).size() == 1);
    const auto watcher = panel.open(panel.back(id), Principal::admin());
    CHECK(messages(*watcher, "session").at(0)["role"] == "viewer");
    watcher->send_text(input("rm"));
    CHECK(panel.typed().empty());
    CHECK(panel.host.connect("/api/v1/servers/2/terminal" + panel.back(id), kAlice)->answer().app_code == 40401);
    CHECK(panel.host.del(path, Principal::admin()).http_status == 200);
    REQUIRE(mine->wait_closed());
    CHECK(messages(*mine, "exit").at(0)["reason"] == "killed");
    CHECK(panel.host.del(path, Principal::admin()).app_code == 40401);
  }

  TEST_CASE("a fresh second factor is asked of who has one, a scope of a token, a permission of all") {
    Panel panel;
    auto stale = kAlice;
    stale.elevated_until_us = 0;
    CHECK(panel.open("", stale)->answer().http_status == 101);
    stale.has_second_factor = true;
    CHECK(panel.open("", stale)->answer().app_code == 40302);
    CHECK(panel.open("", Principal::nobody())->answer().http_status == 401);
    CHECK(panel.open("", Principal::token({"servers.read"}))->answer().app_code == 40301);
    CHECK(panel.open("", Principal::token({"terminal.open"}))->answer().http_status == 101);
    CHECK(panel.open("", Principal::with_role("guest"))->answer().app_code == 40301);
  }

  TEST_CASE("a user has a bounded number of sessions, and one that ended makes room") {
    Panel panel;
    std::vector<std::shared_ptr<TestSocket>> clients;
    for (int i = 0; i < 10; ++i) clients.push_back(panel.open());
    CHECK(clients.back()->answer().http_status == 101);
    CHECK(panel.open()->answer().app_code == 42901);
    CHECK(panel.open("", kBob)->answer().http_status == 101);
    clients.front()->close(1000);
    CHECK(panel.open()->answer().http_status == 101);
  }

  TEST_CASE("a session in which nobody types ends") {
    Panel panel(R"({"idle_minutes":5})");
    const auto client = panel.open();
    panel.host.advance(4min);
    client->send_text(input("x"));
    for (int i = 0; i < 5; ++i) {
      panel.shows("top goes on");
      panel.host.advance(59s);
    }
    CHECK(client->is_open());
    panel.host.advance(6s);
    REQUIRE(client->wait_closed());
    CHECK(messages(*client, "exit").at(0)["reason"] == "idle");
  }
}

TEST_SUITE("recordings") {
  TEST_CASE("are listed, searched and read by whose they are and who manages") {
    Panel panel;
    const auto client = panel.open("?cols=100&rows=30");
    const auto id = panel.id_of(*client);
    client->send_text(input("a secret that is typed\n"));
    panel.shows("Linux \x1b[1mHost-A\x1b[0m 100%\r\n");
    client->close(1000);
    const auto recording = panel.recordings().at(0);
    CHECK(recording["id"] == id);
    CHECK(recording["truncated"] == false);
    CHECK(recording["ended_at"].is_string());
    CHECK(recording["output_bytes"] == 27);

    CHECK(panel.recordings(kAlice, "?q=host-a").size() == 1);
    CHECK(panel.recordings(kAlice, "?q=100%25").size() == 1);
    CHECK(panel.recordings(kAlice, "?q=1%25").empty());
    CHECK(panel.recordings(kAlice, "?q=secret").empty());
    CHECK(panel.recordings(kAlice, "?server_id=2").empty());
    CHECK(panel.recordings(kBob).empty());
    CHECK(panel.recordings(Principal::admin()).size() == 1);
    CHECK(panel.recordings(Principal::admin(), "?user_id=3").empty());
    CHECK(panel.host.get("/api/v1/terminal/recordings?user_id=2", kBob).app_code == 40301);

    const auto path = "/api/v1/terminal/recordings/" + std::to_string(id);
    CHECK(panel.host.get(path, kBob).app_code == 40401);
    CHECK(panel.host.get(path + "/content", kBob).app_code == 40401);
    const auto content = panel.host.get(path + "/content", kAlice);
    CHECK(content.content_type == "application/x-asciicast");
    std::istringstream lines(content.body);
    std::string header, shown;
    REQUIRE(std::getline(lines, header));
    REQUIRE(std::getline(lines, shown));
    CHECK(Json::parse(header)["width"] == 100);
    CHECK(Json::parse(shown)[2] == "Linux \x1b[1mHost-A\x1b[0m 100%\r\n");
    testing::HttpRequest packed;
    packed.target = path + "/content";
    packed.who = Principal::admin();
    packed.headers["Accept-Encoding"] = "gzip, zstd";
    const auto compressed = panel.host.send(packed);
    CHECK(compressed.headers.at("Content-Encoding") == "zstd");
    CHECK(compressed.body.starts_with("\x28\xB5\x2F\xFD"));
    CHECK(panel.host.audit().back().action == "terminal.recording_read");

    CHECK(panel.host.del(path, kAlice).app_code == 40301);
    auto late = Principal::admin();
    late.elevated_until_us = 0;
    CHECK(panel.host.del(path, late).app_code == 40302);
    CHECK(panel.host.del(path, Principal::admin()).http_status == 200);
    CHECK(panel.host.get(path + "/content", kAlice).app_code == 40401);
    CHECK(std::filesystem::is_empty(panel.folder.path() + "/recordings"));
  }

  TEST_CASE("go when they are old, and stay while a session goes on") {
    Panel panel(R"({"retention_days":2,"idle_minutes":0,"grace_seconds":86400})");
    panel.open()->close(1000);
    const auto going_on = panel.open();
    const auto path = "/api/v1/terminal/recordings/" + std::to_string(panel.id_of(*going_on));
    CHECK(panel.host.del(path, Principal::admin()).app_code == 40903);
    panel.host.advance(24h);
    CHECK(panel.recordings().size() == 2);
    panel.host.advance(26h);
    CHECK(panel.recordings().size() == 1);
    CHECK(panel.recordings()[0]["ended_at"].is_null());
  }

  TEST_CASE("are not made where the operator does not want them") {
    Panel panel(R"({"recording":false})");
    const auto client = panel.open();
    CHECK(messages(*client, "session").at(0)["recorded"] == false);
    client->close(1000);
    CHECK(panel.recordings().empty());
  }
}

TEST_CASE("the trail and other plugins are told of both ends") {
  Panel panel;
  const auto client = panel.open();
  client->close(1000);
  const auto audit = panel.host.audit();
  REQUIRE(audit.size() == 2);
  CHECK(audit[0].action == "terminal.open");
  CHECK(audit[0].target == "servers/1");
  CHECK(audit[1].action == "terminal.close");
  CHECK(audit[1].details["reason"] == "left");
  const auto events = panel.host.events();
  REQUIRE(events.size() == 2);
  CHECK(events[0].topic == "terminal.opened/1");
  CHECK(events[1].topic == "terminal.closed/1");
  CHECK(events[1].payload["reason"] == "left");
}

TEST_CASE("every call of the host that fails in an upgrade refuses it, and leaves nothing behind") {
  for (std::uint64_t n = 1; n < 12; ++n) {
    CAPTURE(n);
    Panel panel;
    panel.host.fail_call(n, Status::unavailable);
    const auto client = panel.open();
    const auto injected = panel.host.injected();
    CAPTURE(injected);
    if (injected.empty()) break;
    if (client->answer().http_status == 101) client->close(1000);
    CHECK(panel.sessions().empty());
    static_cast<void>(panel.host.take_failures());
  }
}
