// Shells and file transfers against a real OpenSSH.
#include "channel_fixture.h"

#include <csignal>
#include <fstream>

using namespace nexus::test;

namespace {

struct Shell {
  explicit Shell(SshServer& server, ssh::ShellOptions options = {}, const ssh::EngineLimits& limits = quick_limits())
      : rig(limits), target(engine_target(1, server)) {
    rig.trust(target);
    listener = listen([&](auto events) {
      return rig.engine.open_shell(target, options, {ssh::Priority::terminal, ssh::Clock::now() + kPatience}, events);
    });
    REQUIRE(listener->wait([&] { return listener->opened_as.has_value(); }));
  }
  void type(const std::string& text) { CHECK(listener->channel->write(text)); }
  // From now on nothing is shown but output of programs, which is counted and not consumed.
  void hold_output() {
    type("stty -echo raw; printf 'RE'; echo ADY\n");
    REQUIRE(listener->wait_for("READY"));
    const std::lock_guard lock(listener->mutex);
    listener->holds = true;
    listener->keeps = false;
    listener->received = 0;
  }

  Rig rig;
  ssh::Target target;
  std::shared_ptr<Listener> listener;
};

}  // namespace

TEST_CASE("a shell has its terminal, takes keys and other sizes, and tells how it ended") {
  SshServer server;
  Shell shell(server, {"xterm-256color", 101, 37});
  auto& heard = *shell.listener;
  shell.type("stty size; echo term=$TERM; echo 'gr''üße'\n");
  CHECK(heard.wait_for("37 101"));
  CHECK(heard.wait_for("term=xterm-256color"));
  CHECK(heard.wait_for("grüße"));
  heard.channel->resize(60, 20);
  shell.type("stty size\n");
  CHECK(heard.wait_for("20 60"));
  // Told by the foreground process itself: before that, an interrupt would meet the shell.
  shell.type("sh -c 'echo started; exec sleep 100'\n");
  CHECK(heard.wait_for("started\r\n"));
  shell.type("\x03");
  CHECK(heard.wait_for("^C"));
  shell.type("echo rc=$?\n");
  CHECK(heard.wait_for("rc=130"));
  shell.type("exit 7\n");
  REQUIRE(heard.wait_closed());
  CHECK(heard.status == 7);
  CHECK_FALSE(heard.end.has_value());
}

TEST_CASE("a reader that stops stops the server, loses nothing and holds up nobody else") {
  SshServer server;
  Shell shell(server);
  auto& heard = *shell.listener;
  shell.hold_output();
  shell.type("sleep 0.2; head -c 30000000 /dev/zero; printf END\r");
  REQUIRE(heard.wait([&] { return heard.received >= ssh::Channel::kWindow; }));
  CHECK_FALSE(heard.wait([&] { return heard.received > ssh::Channel::kWindow; }, milliseconds(500)));
  CHECK(shell.rig.output(shell.target, "echo others") == "others\n");
  heard.let_go();
  // Around it stand the end of a line and the next prompt.
  constexpr std::size_t kWhole = 30'000'003;
  constexpr std::size_t kPrompt = 300;
  REQUIRE(heard.wait([&] { return heard.received >= kWhole; }));
  CHECK_FALSE(heard.wait([&] { return heard.received > kWhole + kPrompt; }, milliseconds(200)));
}

TEST_CASE("the last bytes come also where the reader makes room while others are given to it") {
  SshServer server;
  Shell shell(server, {}, ssh::EngineLimits());  // a sign of life would bring them soon
  auto& heard = *shell.listener;
  shell.hold_output();
  // More than one window, so that a rest is received and waits; less than what the server may send then, so that it has
  // nothing left that would come and be noticed.
  constexpr std::size_t kRest = 90 * 1024;
  constexpr std::size_t kWhole = ssh::Channel::kWindow + kRest;
  shell.type("sleep 0.2; head -c " + std::to_string(kWhole) + " /dev/zero; sleep 100\r");
  REQUIRE(heard.wait([&] { return heard.received >= ssh::Channel::kWindow; }));
  std::this_thread::sleep_for(milliseconds(500));
  // Room for a part of it; the reader takes everything when half of that part has come.
  constexpr std::size_t kPart = 80 * 1024;
  heard.then([&] { heard.let_go(); });
  heard.consume(kPart);
  CHECK(heard.wait([&] { return heard.received >= kWhole; }, seconds(5)));
}

TEST_CASE("what nobody reads over there is refused here, until there is room again") {
  SshServer server;
  Shell shell(server);
  auto& heard = *shell.listener;
  shell.type("stty -echo raw; printf 'RE'; echo ADY; sleep 3; cat >/dev/null\n");
  REQUIRE(heard.wait_for("READY"));
  const std::string piece(64 * 1024, 'x');
  int taken = 0;
  while (heard.channel->write(piece)) REQUIRE(++taken < 1000);
  REQUIRE(heard.wait([&] { return heard.writables > 0; }));
  CHECK(heard.channel->write(piece));
}

TEST_CASE("closing a shell ends its processes; a shell that is cut is told so") {
  SshServer server;
  Shell shell(server);
  shell.type("echo $$ >" + server.folder() + "/process; echo 'no''ted'; sleep 1000\n");
  REQUIRE(shell.listener->wait_for("noted"));
  const auto process = std::stoi(read_text(server.folder() + "/process"));
  shell.listener->channel->close();
  REQUIRE(shell.listener->wait_closed());
  CHECK(shell.listener->end->fault == ssh::Fault::cancelled);
  for (int i = 0; i < 100 && ::kill(process, 0) == 0; ++i) std::this_thread::sleep_for(milliseconds(100));
  CHECK(::kill(process, 0) != 0);

  const auto other = listen(
      [&](auto events) { return shell.rig.engine.open_shell(shell.target, {}, {ssh::Priority::terminal}, events); });
  REQUIRE(other->wait([&] { return other->opened_as.has_value(); }));
  server.kill_sessions();
  REQUIRE(other->wait_closed());
  CHECK(other->end->fault == ssh::Fault::dropped);
  CHECK(other->closings == 1);
}

TEST_CASE("a transfer that breaks off leaves what was there, and nothing beside it") {
  SshServer server;
  Rig rig;
  const auto target = engine_target(1, server);
  rig.trust(target);
  const auto folder = server.folder() + "/files";
  std::filesystem::create_directory(folder);
  std::ofstream(folder + "/old") << "old";
  const auto put = listen([&](auto events) { return rig.engine.put_file(target, folder + "/old", 0, {}, events); });
  REQUIRE(put->wait([&] { return put->opened_as.has_value(); }));
  CHECK(put->channel->write("new"));
  put->channel->close();
  REQUIRE(put->wait_closed());
  for (int i = 0; i < 100 && entries_of(folder.c_str()) != 1; ++i) std::this_thread::sleep_for(milliseconds(50));
  CHECK(entries_of(folder.c_str()) == 1);
  CHECK(read_text(folder + "/old") == "old");

  for (const std::string path : {"/no/such/file", "/proc/version/x"}) {
    const auto get = listen([&](auto events) { return rig.engine.get_file(target, path, {}, events); });
    REQUIRE(get->wait_closed());
    CHECK(get->end->fault == ssh::Fault::no_file);
    const auto refused = listen([&](auto events) { return rig.engine.put_file(target, path, 0, {}, events); });
    REQUIRE(refused->wait_closed());
    CHECK(refused->end->fault == ssh::Fault::no_file);
  }
}

TEST_CASE("a file is read no faster than it is consumed") {
  SshServer server;
  Rig rig;
  const auto target = engine_target(1, server);
  rig.trust(target);
  const auto path = server.folder() + "/large";
  const auto content = noise(3'000'000);
  std::ofstream(path, std::ios::binary) << content;
  const auto get = listen([&](auto events) { return rig.engine.get_file(target, path, {}, events); }, true);
  REQUIRE(get->wait([&] { return get->received > 0; }));
  CHECK_FALSE(get->wait([&] { return get->received > ssh::Channel::kWindow; }, milliseconds(500)));
  get->let_go();
  REQUIRE(get->wait_closed());
  CHECK((get->text == content));
}

TEST_CASE("a server without SFTP says so") {
  SshServer server({.sftp = false});
  Rig rig;
  const auto target = engine_target(1, server);
  rig.trust(target);
  const auto get = listen([&](auto events) { return rig.engine.get_file(target, "/etc/passwd", {}, events); });
  REQUIRE(get->wait_closed());
  CHECK(get->end->fault == ssh::Fault::no_file);
}
