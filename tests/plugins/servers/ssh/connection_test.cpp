// Connections that hang, break, fall silent and come back.
#include "engine_fixture.h"

using namespace nexus::test;

namespace {

ssh::Target through(const TcpProxy& proxy, std::int64_t server_id, const SshServer& server,
                    std::shared_ptr<ssh::HostKeyGate> gate = std::make_shared<SharedGate>()) {
  auto target = engine_target(server_id, server, std::move(gate));
  target.port = proxy.port();
  return target;
}

// How many log-ins are between their first question and their end, and the most that were.
struct Logins {
  std::atomic<int> now{0};
  std::atomic<int> most{0};
  void begin() {
    const int count = ++now;
    for (int seen = most; seen < count && !most.compare_exchange_weak(seen, count);) {
    }
  }
};

}  // namespace

TEST_CASE("servers that refuse, hang, drip, babble or hang up are named within their time") {
  struct Case {
    Trouble trouble;
    std::optional<ssh::Fault> fault;
    seconds limit;
  };
  const std::vector<Case> cases{{Trouble::refused, ssh::Fault::refused, seconds(1)},
                                {Trouble::drops_early, ssh::Fault::dropped, seconds(1)},
                                {Trouble::full_backlog, ssh::Fault::timed_out, seconds(6)},
                                {Trouble::silent, ssh::Fault::timed_out, seconds(11)},
                                {Trouble::dripping, std::nullopt, seconds(11)},
                                {Trouble::babbling, std::nullopt, seconds(11)}};
  Rig rig;
  std::vector<std::unique_ptr<ScriptedServer>> servers;
  std::vector<Answer<ssh::CommandResult>> answers;
  const auto begin = ssh::Clock::now();
  for (std::size_t i = 0; i < cases.size(); ++i) {
    servers.push_back(std::make_unique<ScriptedServer>(cases[i].trouble));
    answers.push_back(rig.command(stranger_target(static_cast<std::int64_t>(i), servers[i]->port()), "true"));
  }
  for (std::size_t i = 0; i < cases.size(); ++i) {
    CAPTURE(i);
    REQUIRE_FALSE(answers[i].wait().ok());
    const auto& failure = answers[i].wait().error();
    CHECK(failure.stage == ssh::Stage::connect);
    if (cases[i].fault) CHECK(failure.fault == *cases[i].fault);
    CHECK(ssh::Clock::now() - begin < cases[i].limit + seconds(1));
    CHECK(rig.observer.of(static_cast<std::int64_t>(i)).failures.size() == 1);
  }
}

TEST_CASE("a name that does not exist" * doctest::skip(!kNamesResolve)) {
  Rig rig;
  auto target = stranger_target(1, 22);
  target.host = "no-such-host.invalid";
  CHECK(rig.failure(target).stage == ssh::Stage::resolve);
}

TEST_CASE("a failure is told again for a moment, and then the server is asked anew") {
  auto limits = quick_limits();
  limits.first_pause = seconds(2);
  Rig rig(limits);
  const ScriptedServer server(Trouble::drops_early);
  const auto target = stranger_target(1, server.port());
  for (int i = 0; i < 10; ++i) CHECK(rig.command(target, "true").wait().error().fault == ssh::Fault::dropped);
  CHECK(rig.observer.of(1).failures.size() == 1);
  std::this_thread::sleep_for(milliseconds(2'100));
  CHECK(rig.command(target, "true").wait().error().fault == ssh::Fault::dropped);
  CHECK(rig.observer.of(1).failures.size() == 2);
  rig.engine.retry(1);
  CHECK(rig.command(target, "true").wait().error().fault == ssh::Fault::dropped);
  CHECK(rig.observer.of(1).failures.size() == 3);
}

TEST_CASE("a connection that is cut ends its work as dropped, and comes back by itself") {
  SshServer server;
  TcpProxy proxy(server.port());
  Rig rig;
  const auto target = through(proxy, 1, server);
  rig.trust(target);
  const auto running = rig.command(target, "sleep 20");
  std::this_thread::sleep_for(milliseconds(300));
  const auto begin = ssh::Clock::now();
  proxy.cut();
  REQUIRE_FALSE(running.wait().ok());
  CHECK(running.wait().error().fault == ssh::Fault::dropped);
  CHECK(ssh::Clock::now() - begin < seconds(1));
  CHECK(rig.observer.wait(1, [](const Recorder::Seen& seen) { return seen.connected == 2; }));
  CHECK(rig.observer.of(1).failures.size() == 1);
  CHECK(rig.observer.of(1).failures[0].fault == ssh::Fault::dropped);
  // What is asked while it is away waits for it.
  proxy.cut();
  CHECK(rig.observer.wait(1, [](const Recorder::Seen& seen) { return seen.failures.size() == 2; }));
  CHECK(rig.output(target, "echo again") == "again\n");
}

TEST_CASE("a connection that falls silent is lost, and one that is idle shows signs of life") {
  SshServer server;
  TcpProxy proxy(server.port());
  Rig rig;
  const auto target = through(proxy, 1, server);
  rig.trust(target);
  CHECK(rig.observer.wait(
      1, [](const Recorder::Seen& seen) { return seen.alive >= 2; }, seconds(6)));
  const auto running = rig.command(target, "sleep 60");
  std::this_thread::sleep_for(milliseconds(300));
  const auto begin = ssh::Clock::now();
  proxy.freeze();
  REQUIRE_FALSE(running.wait().ok());
  CHECK(running.wait().error().fault == ssh::Fault::dropped);
  CHECK(ssh::Clock::now() - begin < quick_limits().silence + seconds(2));
  CHECK(rig.observer.wait(1, [](const Recorder::Seen& seen) { return !seen.failures.empty(); }));
  CHECK_FALSE(rig.engine.is_connected(1));
  proxy.thaw();
  CHECK(rig.observer.wait(1, [](const Recorder::Seen& seen) { return seen.connected == 2; }));
  CHECK(rig.output(target, "echo again") == "again\n");
}

TEST_CASE("an idle connection of a server without SFTP, or with one channel, is watched too") {
  for (const bool sftp : {false, true}) {
    CAPTURE(sftp);
    SshServer server({.max_sessions = 1, .sftp = sftp});
    TcpProxy proxy(server.port());
    Rig rig;
    const auto target = through(proxy, 1, server);
    rig.trust(target);
    CHECK(rig.observer.wait(
        1, [](const Recorder::Seen& seen) { return seen.alive >= 3; }, seconds(8)));
    CHECK(rig.output(target, "echo on") == "on\n");
    proxy.freeze();
    CHECK(rig.observer.wait(
        1, [](const Recorder::Seen& seen) { return !seen.failures.empty(); }, seconds(6)));
    proxy.thaw();
    CHECK(rig.output(target, "echo again") == "again\n");
    CHECK(count_of(server.log(), "Accepted publickey") == 2);
  }
}

TEST_CASE("a server that comes back with another host key gets no credential") {
  SshServer server;
  Rig rig;
  const auto target = engine_target(1, server);
  rig.trust(target);
  server.swap_host_key();
  server.clear_log();
  CHECK(rig.observer.wait(1, [](const Recorder::Seen& seen) {
    return !seen.failures.empty() && seen.failures.back().fault == ssh::Fault::host_key_changed;
  }));
  CHECK(rig.command(target, "true").wait().error().fault == ssh::Fault::host_key_changed);
  CHECK(count_of(server.log(), "userauth-request") == 0);
  std::this_thread::sleep_for(seconds(3));
  CHECK(count_of(server.log(), "Connection from") <= 2);  // the other is the fixture's own look
}

TEST_CASE("five hundred servers that are lost together come back, a few at a time") {
  constexpr int kServers = 500;
  SshServer server;
  TcpProxy proxy(server.port());
  auto limits = quick_limits();
  limits.logins = 4;
  limits.keepalive = seconds(30);
  limits.silence = seconds(60);
  Logins logins;
  Recorder* observer = nullptr;
  const auto gate = std::make_shared<SharedGate>();
  gate->on_login = [&logins] { logins.begin(); };
  Rig rig(limits);
  observer = &rig.observer;
  rig.observer.on_connected = [&logins] { --logins.now; };
  rig.trust(through(proxy, 1, server, gate));
  std::vector<Answer<ssh::Tested>> answers;
  for (std::int64_t id = 2; id <= kServers; ++id) answers.push_back(rig.test(through(proxy, id, server, gate)));
  for (const auto& answer : answers) REQUIRE(answer.wait().ok());
  CHECK(rig.engine.figures().connections == kServers);
  logins.most = 0;
  proxy.cut();
  for (std::int64_t id = 1; id <= kServers; ++id) {
    REQUIRE(observer->wait(id, [](const Recorder::Seen& seen) { return seen.connected == 2; }));
  }
  CHECK(logins.most.load() <= 4);
  CHECK(logins.most.load() >= 2);
  CHECK(rig.engine.figures().connections == kServers);
}

TEST_CASE("a slow network is no broken one") {
  SshServer server;
  TcpProxy proxy(server.port());
  proxy.delay(milliseconds(20));
  Rig rig;
  const auto target = through(proxy, 1, server);
  rig.trust(target);
  CHECK(rig.output(target, "echo slow") == "slow\n");
}
