// A real shell on a real sshd through the panel's WebSocket: what a browser would see, without one.
#include "api/ws/ws_client.h"
#include "integration/authenticator.h"
#include "integration/scenario.h"
#include "support/ssh_server.h"

#include <doctest/doctest.h>

#include <chrono>
#include <sstream>
#include <thread>

using namespace std::chrono_literals;
using nexus::test::authenticator_code;
using nexus::test::Json;
using nexus::test::Scenario;
using nexus::test::SshServer;
using nexus::test::WsClient;

namespace {

using Clock = std::chrono::steady_clock;

// A server that has been tested, so that its host key is pinned.
std::int64_t add_pinned_server(Scenario& panel, SshServer& server, const std::string& token) {
  const auto key = panel.post("/api/v1/ssh-keys", {{"name", "key"}, {"private_key", server.private_key()}}, token);
  REQUIRE(key.status == 201);
  const auto added = panel.post("/api/v1/servers",
                                {{"name", "web"},
                                 {"host", "127.0.0.1"},
                                 {"port", server.port()},
                                 {"ssh_user", server.user()},
                                 {"ssh_key_id", key.data().at("ssh_key").at("id")}},
                                token);
  REQUIRE(added.status == 201);
  const auto id = added.data().at("server").at("id").get<std::int64_t>();
  const auto tested = panel.send("POST", "/api/v1/servers/" + std::to_string(id) + "/test-connection", "", token);
  REQUIRE(tested.data().at("connected") == true);
  return id;
}

// A terminal as a client sees it.
class Terminal {
 public:
  Terminal(Scenario& panel, const std::string& token, std::int64_t server, const std::string& query = "",
           bool is_binary = false)
      : client_(panel.port()) {
    std::string fields = "Authorization: Bearer " + token + "\r\n";
    if (is_binary) fields += "Sec-WebSocket-Protocol: nexus.terminal.binary\r\n";
    status = client_.open("/api/v1/servers/" + std::to_string(server) + "/terminal" + query, fields).status;
  }

  void type(const std::string& text) { client_.send(1, Json{{"type", "input"}, {"data", text}}.dump()); }
  void type_bytes(const std::string& bytes) { client_.send(2, bytes); }
  void resize(int cols, int rows) { client_.send(1, Json{{"type", "resize"}, {"cols", cols}, {"rows", rows}}.dump()); }
  void vanish() { client_.close(); }

  // Reads on until the output contains `text`; false where it does not come in time.
  bool wait_for(const std::string& text, std::chrono::seconds patience = 20s) {
    const auto until = Clock::now() + patience;
    while (output.find(text) == std::string::npos) {
      if (Clock::now() > until || !read()) return false;
    }
    return true;
  }
  // The first message of a type; null where it does not come.
  Json message(const std::string& type) {
    const auto until = Clock::now() + 20s;
    for (;;) {
      for (const auto& value : messages) {
        if (value.at("type") == type) return value;
      }
      if (Clock::now() > until || !read()) return nullptr;
    }
  }
  // Reads to the end; the close code.
  int wait_closed() {
    while (close_code == 0 && read()) {
    }
    return close_code;
  }

  // One message; false where none comes.
  bool read() {
    const auto frame = client_.read(10s);
    if (frame.opcode == 8) {
      close_code = frame.close_code();
      client_.send(8, frame.data);
    }
    if (frame.opcode == 9) client_.send(10, frame.data);
    if (frame.opcode == 2) output += frame.data;
    if (frame.opcode == 1) {
      const auto value = Json::parse(frame.data);
      if (value.at("type") == "output") {
        output += value.at("data").get<std::string>();
      } else {
        messages.push_back(value);
      }
    }
    return frame.opcode >= 0 && frame.opcode != 8;
  }

  int status = 0;
  int close_code = 0;
  std::string output;
  std::vector<Json> messages;

 private:
  WsClient client_;
};

// Counts what comes without keeping it, up to `end` or until nothing comes any more.
std::size_t count_output(Terminal& terminal, const std::string& end) {
  std::size_t count = 0;
  while (terminal.read()) {
    const auto at = terminal.output.find(end);
    if (at != std::string::npos) return count + at;
    const auto kept = std::min(terminal.output.size(), end.size());
    count += terminal.output.size() - kept;
    terminal.output.erase(0, terminal.output.size() - kept);
  }
  return count;
}

}  // namespace

TEST_CASE("a shell: what is typed, what is shown, its size, Ctrl-C and its end") {
  SshServer sshd;
  Scenario panel;
  const auto token = panel.user("alice");
  const auto server = add_pinned_server(panel, sshd, token);
  Terminal terminal(panel, token, server, "?cols=91&rows=33");
  REQUIRE(terminal.status == 101);
  CHECK(terminal.message("session")["role"] == "writer");
  terminal.type("stty size; echo TERM=$TERM\n");
  CHECK(terminal.wait_for("33 91"));
  CHECK(terminal.wait_for("TERM=xterm-256color"));
  terminal.resize(120, 40);
  terminal.type("stty size\n");
  CHECK(terminal.wait_for("40 120"));

  terminal.type("sh -c 'echo started-$$; exec sleep 100'\n");
  REQUIRE(terminal.wait_for("started-"));
  std::this_thread::sleep_for(100ms);
  terminal.type("\x03");
  terminal.type("echo rc=$?\n");
  CHECK(terminal.wait_for("rc=130"));
  terminal.type("exit 7\n");
  CHECK(terminal.message("exit") == Json{{"type", "exit"}, {"code", 7}, {"signal", ""}, {"reason", "exit"}});
  CHECK(terminal.wait_closed() == 1000);
}

TEST_CASE("a full-screen program writes a file") {
  SshServer sshd;
  Scenario panel;
  const auto token = panel.user("alice");
  const auto server = add_pinned_server(panel, sshd, token);
  Terminal terminal(panel, token, server);
  REQUIRE(terminal.status == 101);
  const auto file = sshd.folder() + "/note";
  terminal.type("vi " + file + "; echo left-$((1+1))\n");
  REQUIRE(terminal.wait_for("\x1b["));
  terminal.type("ione\rtwo \xE4\xBD\xA0");
  REQUIRE(terminal.wait_for("two"));
  terminal.type("\x1b");
  std::this_thread::sleep_for(300ms);
  terminal.type(":wq\r");
  REQUIRE(terminal.wait_for("left-2"));
  terminal.output.clear();
  terminal.type("cat " + file + "; echo; echo shown\n");
  REQUIRE(terminal.wait_for("\nshown"));
  CHECK(terminal.output.find("one\r\ntwo \xE4\xBD\xA0") != std::string::npos);
}

TEST_CASE("100 MB come whole, as bytes and as text") {
  SshServer sshd;
  Scenario panel({.config = "terminal: {recording: false}"});
  const auto token = panel.user("alice");
  const auto server = add_pinned_server(panel, sshd, token);
  constexpr std::size_t kSize = 100'000'000;
  bool is_binary = true;
  SUBCASE("binary") {}
  SUBCASE("text") { is_binary = false; }
  Terminal terminal(panel, token, server, "", is_binary);
  REQUIRE(terminal.status == 101);
  // A shell that shows nothing of its own.
  terminal.type("exec sh\nstty -echo -onlcr; PS1=; echo ready-$((1+1))\n");
  REQUIRE(terminal.wait_for("ready-2\n"));
  terminal.output.clear();
  terminal.type("head -c " + std::to_string(kSize) + " /dev/zero | tr '\\0' x; echo end-$((1+1))\n");
  const auto count = count_output(terminal, "end-2");
  INFO("closed with ", terminal.close_code, ", last told ", terminal.messages.back().dump());
  CHECK(count == kSize);
}

TEST_CASE("a client that stops reading stops the server's program") {
  SshServer sshd;
  Scenario panel;
  const auto token = panel.user("alice");
  const auto server = add_pinned_server(panel, sshd, token);
  const auto counter = sshd.folder() + "/counter";
  Terminal stalled(panel, token, server, "", true);
  REQUIRE(stalled.status == 101);
  stalled.type("i=0; while :; do i=$((i+1)); echo $i > " + counter + "; head -c 100000 /dev/zero; done\n");
  Terminal other(panel, token, server);
  REQUIRE(other.status == 101);
  const auto count = [&] {
    other.output.clear();
    other.type("echo \"<$(cat " + counter + ")\">\n");
    other.type("echo seen-$((1+1))\n");
    REQUIRE(other.wait_for("seen-2"));
    return other.output;
  };
  // Until every buffer between is full.
  std::string before = count();
  bool has_stopped = false;
  for (int i = 0; i < 50 && !has_stopped; ++i) {
    std::this_thread::sleep_for(300ms);
    const auto now = count();
    has_stopped = now == before;
    before = now;
  }
  CHECK(has_stopped);
  for (int i = 0; i < 200; ++i) REQUIRE(stalled.read());
}

TEST_CASE("characters that come in two pieces appear once; bytes that are none do not end it") {
  SshServer sshd;
  Scenario panel;
  const auto token = panel.user("alice");
  const auto server = add_pinned_server(panel, sshd, token);
  Terminal terminal(panel, token, server);
  REQUIRE(terminal.status == 101);
  terminal.type("printf '<\\344\\275'; sleep 0.3; printf '\\240>\\377|'; echo done-$((1+1))\n");
  REQUIRE(terminal.wait_for("done-2"));
  CHECK(terminal.output.find("<\xE4\xBD\xA0>\xEF\xBF\xBD|") != std::string::npos);
}

TEST_CASE("a lost client comes back, another watches, an admin ends it, and it was recorded") {
  SshServer sshd;
  Scenario panel;
  const auto token = panel.user("alice");
  const auto server = add_pinned_server(panel, sshd, token);
  auto lost = std::make_unique<Terminal>(panel, token, server);
  REQUIRE(lost->status == 101);
  const auto id = lost->message("session").at("id").get<std::int64_t>();
  lost->type("export MARK=kept; echo before-$((1+1))\n");
  REQUIRE(lost->wait_for("before-2"));
  lost->vanish();

  const auto back = "?session=" + std::to_string(id);
  Terminal again(panel, token, server, back);
  REQUIRE(again.status == 101);
  REQUIRE(again.wait_for("before-2"));
  again.type("echo it-is-$MARK\n");
  REQUIRE(again.wait_for("it-is-kept"));

  CHECK(Terminal(panel, panel.user("nora"), server, back).status == 404);
  Terminal watcher(panel, panel.admin(), server, back);
  REQUIRE(watcher.status == 101);
  CHECK(watcher.message("session")["role"] == "viewer");
  REQUIRE(watcher.wait_for("it-is-kept"));
  watcher.type("echo never\n");
  CHECK(watcher.message("error")["code"] == 40301);

  const auto sessions = panel.get("/api/v1/terminal/sessions", token).data().at("sessions");
  REQUIRE(sessions.size() == 1);
  CHECK(sessions[0].at("username") == "alice");
  CHECK(sessions[0].at("viewers") == 2);
  CHECK(panel.remove("/api/v1/terminal/sessions/" + std::to_string(id), panel.admin()).status == 200);
  CHECK(again.message("exit")["reason"] == "killed");
  CHECK(again.wait_closed() == 1000);

  Json recording;
  for (const auto until = Clock::now() + 10s; Clock::now() < until; std::this_thread::sleep_for(20ms)) {
    recording = panel.get("/api/v1/terminal/recordings?q=IT-IS-kept", token).data().at("recordings");
    if (!recording.empty() && recording[0].at("ended_at").is_string()) break;
  }
  REQUIRE(recording.size() == 1);
  CHECK(recording[0].at("end_reason") == "killed");
  const auto content =
      panel.get("/api/v1/terminal/recordings/" + std::to_string(id) + "/content", token, {{"Accept-Encoding", "gzip"}});
  CHECK(content.headers.at("content-type").starts_with("application/x-asciicast"));
  std::istringstream lines(content.text);
  std::string line, shown;
  REQUIRE(std::getline(lines, line));
  CHECK(Json::parse(line).at("version") == 2);
  while (std::getline(lines, line)) {
    const auto event = Json::parse(line);
    if (event.at(1) == "o") shown += event.at(2).get<std::string>();
  }
  CHECK(shown.find("it-is-kept") != std::string::npos);
  CHECK(panel.get("/api/v1/terminal/recordings", panel.user("nora")).data().at("recordings").empty());
}

TEST_CASE("who may not have a shell is told so, over the socket or before it") {
  SshServer sshd;
  Scenario panel;
  const auto token = panel.user("alice");
  const auto server = add_pinned_server(panel, sshd, token);
  CHECK(Terminal(panel, "nonsense", server).status == 401);
  CHECK(Terminal(panel, token, server, "?cols=0").status == 400);
  CHECK(Terminal(panel, token, server, "?term=x;y").status == 400);
  Terminal foreign(panel, panel.user("nora"), server);
  if (foreign.status == 101) {
    CHECK(foreign.message("error")["code"] == 40401);
    CHECK(foreign.wait_closed() == 1011);
  } else {
    CHECK(foreign.status == 404);
  }

  // A disabled account has no terminal any more.
  Terminal terminal(panel, token, server);
  REQUIRE(terminal.status == 101);
  terminal.type("echo here-$((1+1))\n");
  REQUIRE(terminal.wait_for("here-2"));
  const auto me = panel.get("/api/v1/users/me", token).data().at("user").at("id").get<std::int64_t>();
  const auto began = Clock::now();
  REQUIRE(panel.patch("/api/v1/users/" + std::to_string(me), {{"status", "disabled"}}, panel.admin()).status == 200);
  CHECK(terminal.wait_closed() == 1008);
  CHECK(Clock::now() - began < 5s);
  const auto open = [&] { return panel.get("/api/v1/terminal/sessions", panel.admin()).data().at("sessions").size(); };
  while (open() != 0 && Clock::now() - began < 5s) std::this_thread::sleep_for(20ms);
  CHECK(open() == 0);
}

TEST_CASE("who has a second factor needs a recent authentication for a shell, others do not") {
  SshServer sshd;
  Scenario panel({.config = "auth: {step_up_seconds: 4}"});
  const auto token = panel.user("alice");
  const auto setup = panel.post("/api/v1/auth/2fa/setup", Json::object(), token);
  REQUIRE(setup.status == 200);
  const std::string secret = setup.data().at("secret");
  REQUIRE(panel.post("/api/v1/auth/2fa/enable", {{"code", authenticator_code(secret, -1)}}, token).status == 200);
  const auto server = add_pinned_server(panel, sshd, token);
  const auto admin = panel.admin();
  std::this_thread::sleep_for(4500ms);
  CHECK(Terminal(panel, token, server).status == 403);
  CHECK(Terminal(panel, admin, server).status == 101);
  const Json again = {{"password", Scenario::kPassword}, {"code", authenticator_code(secret)}};
  REQUIRE(panel.post("/api/v1/auth/step-up", again, token).status == 200);
  Terminal terminal(panel, token, server);
  REQUIRE(terminal.status == 101);
  terminal.type("echo here-$((1+1))\n");
  CHECK(terminal.wait_for("here-2"));
}

TEST_CASE("a panel that is killed knows of the session afterwards, and can show what it recorded") {
  SshServer sshd;
  Scenario panel;
  const auto token = panel.admin();
  const auto server = add_pinned_server(panel, sshd, token);
  Terminal terminal(panel, token, server);
  REQUIRE(terminal.status == 101);
  const auto id = terminal.message("session").at("id").get<std::int64_t>();
  terminal.type("echo kept-$((1+1))\n");
  REQUIRE(terminal.wait_for("kept-2"));
  std::this_thread::sleep_for(5500ms);  // what was shown is on disk within five seconds
  panel.restart(true);
  panel.forget_tokens();
  const auto path = "/api/v1/terminal/recordings/" + std::to_string(id);
  const auto recording = panel.get(path, panel.admin()).data().at("recording");
  CHECK(recording.at("end_reason") == "interrupted");
  CHECK(recording.at("truncated") == true);
  CHECK(panel.get(path + "/content", panel.admin()).text.find("kept-2") != std::string::npos);
}
