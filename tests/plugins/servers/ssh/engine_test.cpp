// The engine against a real OpenSSH: one connection for everything, and what is refused stays refused.
#include "engine_fixture.h"
#include "ssh/backoff.h"

using namespace nexus::test;

TEST_CASE("one log-in serves a hundred commands") {
  SshServer server;
  Rig rig;
  const auto target = engine_target(1, server);
  rig.trust(target);
  server.clear_log();
  std::vector<Answer<ssh::CommandResult>> answers;
  for (int i = 0; i < 100; ++i) answers.push_back(rig.command(target, "echo " + std::to_string(i)));
  for (int i = 0; i < 100; ++i) {
    const auto& outcome = answers[static_cast<std::size_t>(i)].wait();
    REQUIRE(outcome.ok());
    CHECK(outcome.value().out == std::to_string(i) + "\n");
  }
  CHECK(count_of(server.log(), "Connection from") == 0);  // the test's own connection was kept
  CHECK(rig.engine.figures().logins == 1);
  CHECK(rig.engine.is_connected(1));
  CHECK(rig.observer.of(1).connected == 1);
}

TEST_CASE("refused credentials cost one attempt, however much is asked") {
  SshServer server;
  Rig rig;
  const auto gate = std::make_shared<SharedGate>();
  auto target = engine_target(1, server, gate);
  rig.trust(target);
  target.revision = 2;
  target.credentials = [&server]() -> ssh::Outcome<ssh::Credentials> {
    return ssh::Credentials{server.user(), ssh::PrivateKey::generate_ed25519(), {}};
  };
  server.clear_log();
  for (int round = 0; round < 3; ++round) {
    std::vector<Answer<ssh::CommandResult>> answers;
    for (int i = 0; i < 20; ++i) answers.push_back(rig.command(target, "true"));
    for (const auto& answer : answers) {
      REQUIRE_FALSE(answer.wait().ok());
      CHECK(answer.wait().error().fault == ssh::Fault::credentials_refused);
      CHECK(answer.wait().error().stage == ssh::Stage::auth);
    }
    std::this_thread::sleep_for(milliseconds(700));  // longer than the first pause
  }
  CHECK(count_of(server.log(), "Connection from") == 1);
  CHECK(count_of(server.log(), "Failed publickey") <= 1);

  SUBCASE("and new ones are tried at once") {
    target.revision = 3;
    target.credentials = target_of(server).credentials;
    CHECK(rig.output(target, "echo in") == "in\n");
  }
  SUBCASE("and a person may ask, but not for ever") {
    int asked = 0;
    for (;; ++asked) {
      REQUIRE(asked < 20);
      const auto answer = rig.test(target);
      REQUIRE_FALSE(answer.wait().ok());
      if (answer.wait().error().fault == ssh::Fault::held_back) break;
      CHECK(answer.wait().error().fault == ssh::Fault::credentials_refused);
    }
    CHECK(asked == ssh::Backoff::kPersonsTries - 1);
  }
}

TEST_CASE("an unknown host key is trusted on a person's word alone") {
  SshServer server;
  Rig rig;
  const auto target = engine_target(1, server);
  server.clear_log();
  for (int i = 0; i < 3; ++i) {
    const auto failure = rig.failure(target);
    CHECK(failure.fault == ssh::Fault::host_key_unknown);
    REQUIRE(failure.host_key.has_value());
    CHECK(failure.host_key->fingerprint == server.host_key_fingerprint());
  }
  CHECK(count_of(server.log(), "Connection from") == 1);
  CHECK(count_of(server.log(), "userauth-request") == 0);
  const auto tested = rig.test(target);
  REQUIRE(tested.wait().ok());
  CHECK(tested.wait().value().host_key.status == "trusted_now");
  CHECK(rig.output(target, "echo now") == "now\n");
}

TEST_CASE("a host key that changed gets no credential, also of another kind, and stays refused") {
  for (const std::string type : {"ed25519", "ecdsa"}) {
    CAPTURE(type);
    SshServer first;
    SshServer other({.host_key_type = type});
    Rig rig;
    const auto gate = std::make_shared<SharedGate>();
    auto target = engine_target(1, first, gate);
    rig.trust(target);
    other.clear_log();
    target.port = other.port();
    target.revision = 2;
    for (int i = 0; i < 5; ++i) {
      const auto failure = rig.failure(target);
      CHECK(failure.fault == ssh::Fault::host_key_changed);
      REQUIRE(failure.host_key.has_value());
      CHECK(failure.host_key->fingerprint == other.host_key_fingerprint());
    }
    CHECK(count_of(other.log(), "Connection from") == (type == "ecdsa" ? 2 : 1));
    CHECK(count_of(other.log(), "userauth-request") == 0);
    target.revision = 3;
    target.port = first.port();
    CHECK(rig.output(target, "echo back") == "back\n");
  }
}

TEST_CASE("few channels are enough for everything") {
  for (const int sessions : {1, 2}) {
    CAPTURE(sessions);
    SshServer server({.max_sessions = sessions});
    Rig rig;
    const auto target = engine_target(1, server);
    rig.trust(target);
    std::vector<Answer<ssh::CommandResult>> commands;
    std::vector<Answer<ssh::Engine::Files>> files;
    for (int i = 0; i < 10; ++i) {
      files.push_back(rig.files(target, {"/proc/uptime", "/no/such/file"}));
      commands.push_back(rig.command(target, "echo " + std::to_string(i)));
    }
    for (const auto& answer : commands) REQUIRE(answer.wait().ok());
    for (const auto& answer : files) {
      const auto& outcome = answer.wait();
      if (!outcome.ok()) INFO(to_string(outcome.error().fault) << " " << outcome.error().reason);
      REQUIRE(outcome.ok());
      REQUIRE(outcome.value().size() == 2);
      CHECK(outcome.value()[0].has_value());
      CHECK_FALSE(outcome.value()[1].has_value());
    }
    CHECK(rig.engine.figures().logins == 1);
  }
}

TEST_CASE("what waits for a channel can be cancelled, and its time runs") {
  SshServer server({.max_sessions = 1});
  Rig rig;
  const auto target = engine_target(1, server);
  rig.trust(target);
  const auto long_one = rig.command(target, "sleep 2; echo slept");
  std::this_thread::sleep_for(milliseconds(300));
  const auto late = rig.command(target, "echo late", {ssh::Priority::task, ssh::Clock::now() + milliseconds(300)});
  const auto unwanted = rig.command(target, "echo unwanted");
  unwanted.ticket.cancel();
  REQUIRE_FALSE(unwanted.wait().ok());
  CHECK(unwanted.wait().error().fault == ssh::Fault::cancelled);
  REQUIRE_FALSE(late.wait().ok());
  CHECK(late.wait().error().fault == ssh::Fault::timed_out);
  CHECK_FALSE(long_one.ready());
  REQUIRE(long_one.wait().ok());
  CHECK(long_one.wait().value().out == "slept\n");
}

TEST_CASE("a terminal's work goes before a task's, and a task's before measuring") {
  SshServer server({.max_sessions = 1});
  Rig rig;
  const auto target = engine_target(1, server);
  rig.trust(target);
  const auto first = rig.command(target, "sleep 1");
  std::this_thread::sleep_for(milliseconds(200));
  std::mutex mutex;
  std::vector<std::string> order;
  std::vector<Answer<ssh::CommandResult>> answers;
  for (const auto& [name, priority] :
       {std::pair{"metrics", ssh::Priority::metrics}, std::pair{"task", ssh::Priority::task},
        std::pair{"terminal", ssh::Priority::terminal}}) {
    Answer<ssh::CommandResult> answer;
    rig.engine.run_command(target, "true", 100, {priority},
                           [&, name = std::string(name), done = answer.done()](ssh::Outcome<ssh::CommandResult> got) {
                             {
                               const std::lock_guard lock(mutex);
                               order.push_back(name);
                             }
                             done(std::move(got));
                           });
    answers.push_back(answer);
  }
  for (const auto& answer : answers) CHECK(answer.wait().ok());
  CHECK(order == std::vector<std::string>{"terminal", "task", "metrics"});
}

TEST_CASE("a password, and a wrong one") {
  SshServer server({.account_password = "correct horse"});
  Rig rig;
  auto target = engine_target(1, server);
  const auto with = [&](const std::string& password) {
    ++target.revision;
    target.credentials = [user = server.user(), password]() -> ssh::Outcome<ssh::Credentials> {
      return ssh::Credentials{user, std::nullopt, nexus::SecretString(password)};
    };
  };
  with("correct horse");
  rig.trust(target);
  CHECK(rig.output(target, "echo in") == "in\n");
  with("wrong");
  CHECK(rig.failure(target).fault == ssh::Fault::credentials_refused);
}

namespace {

ssh::Target asked_target(const SshServer& server, const std::string& password, std::shared_ptr<ssh::HostKeyGate> gate) {
  auto target = engine_target(1, server, std::move(gate));
  target.credentials = [user = server.user(), password]() -> ssh::Outcome<ssh::Credentials> {
    return ssh::Credentials{user, std::nullopt, nexus::SecretString(password)};
  };
  return target;
}

}  // namespace

TEST_CASE("a password that is asked for by keyboard-interactive, and a wrong one, which is given once") {
  SshServer server({.answers = {"correct horse"}});
  Rig rig;
  const auto gate = std::make_shared<SharedGate>();
  auto target = asked_target(server, "correct horse", gate);
  rig.trust(target);
  CHECK(rig.output(target, "echo in") == "in\n");
  CHECK(server.log().find("method keyboard-interactive") != std::string::npos);
  CHECK(server.log().find("method password") == std::string::npos);

  server.clear_log();
  auto wrong = asked_target(server, "wrong", gate);
  wrong.revision = 2;
  for (int i = 0; i < 3; ++i) {
    const auto failure = rig.failure(wrong);
    CHECK(failure.stage == ssh::Stage::auth);
    CHECK(failure.fault == ssh::Fault::credentials_refused);
  }
  CHECK(count_of(server.log(), "Connection from") == 1);
  CHECK(count_of(server.log(), "method keyboard-interactive") == 1);
}

TEST_CASE("a password is given to one question only, however many there are") {
  SshServer second({.answers = {"correct horse", "correct horse"}});
  SshServer many({.answers = std::vector<std::string>(40, "correct horse")});
  for (auto* server : {&second, &many}) {
    Rig rig;
    const auto answer = rig.test(asked_target(*server, "correct horse", std::make_shared<SharedGate>()));
    REQUIRE_FALSE(answer.wait().ok());
    CHECK(answer.wait().error().fault == ssh::Fault::credentials_refused);
    // The first question, and the one that is not answered.
    CHECK(count_of(server->log(), "Postponed keyboard-interactive") <= 2);
    CHECK(server->log().find("Accepted") == std::string::npos);
  }
}

TEST_CASE("a server that throws out after the first refusal has refused, and is left alone") {
  SshServer server({.extra = {"MaxAuthTries 1"}});
  Rig rig;
  auto target = engine_target(1, server);
  rig.trust(target);
  target.revision = 2;
  target.credentials = [&server]() -> ssh::Outcome<ssh::Credentials> {
    return ssh::Credentials{server.user(), ssh::PrivateKey::generate_ed25519(), {}};
  };
  CHECK(rig.failure(target).fault == ssh::Fault::credentials_refused);
}

TEST_CASE("IPv6, and a name with several addresses of which one answers" * doctest::skip(!kNamesResolve)) {
  SshServer server({.extra = {"ListenAddress ::1"}});
  Rig rig;
  const auto gate = std::make_shared<SharedGate>();
  auto target = engine_target(1, server, gate);
  target.host = "::1";
  rig.trust(target);
  CHECK(rig.output(target, "echo six") == "six\n");
  SshServer four_only;
  auto named = engine_target(2, four_only);
  named.host = "localhost";
  rig.trust(named);
  CHECK(rig.output(named, "echo four") == "four\n");
}

TEST_CASE("a new revision replaces the connection, and forget ends it") {
  SshServer server;
  Rig rig;
  auto target = engine_target(1, server);
  rig.trust(target);
  const auto running = rig.command(target, "sleep 20");
  std::this_thread::sleep_for(milliseconds(300));
  target.revision = 2;
  CHECK(rig.output(target, "echo new") == "new\n");
  REQUIRE_FALSE(running.wait().ok());
  CHECK(running.wait().error().fault == ssh::Fault::dropped);
  const auto forgotten = rig.command(target, "sleep 20");
  std::this_thread::sleep_for(milliseconds(300));
  rig.engine.forget(1);
  REQUIRE_FALSE(forgotten.wait().ok());
  CHECK(forgotten.wait().error().fault == ssh::Fault::dropped);
  CHECK_FALSE(rig.engine.is_connected(1));
}

TEST_CASE("a person's test makes a new connection; work on the old one ends in peace") {
  SshServer server;
  Rig rig;
  const auto target = engine_target(1, server);
  rig.trust(target);
  const auto running = rig.command(target, "sleep 1; echo done");
  std::this_thread::sleep_for(milliseconds(300));
  rig.trust(target);
  CHECK(rig.output(target, "echo new") == "new\n");
  REQUIRE(running.wait().ok());
  CHECK(running.wait().value().out == "done\n");
  CHECK(rig.engine.figures().logins == 2);
}

TEST_CASE("one connection more than there may be: the one that was idle longest makes room") {
  SshServer server;
  auto limits = quick_limits();
  limits.connections = 2;
  Rig rig(limits);
  const auto gate = std::make_shared<SharedGate>();
  for (std::int64_t id = 1; id <= 3; ++id) {
    rig.trust(engine_target(id, server, gate));
    std::this_thread::sleep_for(milliseconds(50));
  }
  const auto end = ssh::Clock::now() + seconds(5);
  while (rig.engine.is_connected(1) && ssh::Clock::now() < end) std::this_thread::sleep_for(milliseconds(10));
  CHECK_FALSE(rig.engine.is_connected(1));
  CHECK(rig.engine.is_connected(2));
  CHECK(rig.engine.is_connected(3));
}

TEST_CASE("a shell outlives its deadline, and its channel the engine") {
  struct Events : ssh::ChannelEvents {
    void opened(const ssh::Opened& /*opened*/) override { open.set_value(); }
    void data(std::string_view bytes) override {
      const std::lock_guard lock(mutex);
      text += bytes;
    }
    void writable() override {}
    void exited(std::int64_t /*status*/, std::string_view /*signal*/) override {}
    void closed(const ssh::Failure* /*failure*/) override { end.set_value(); }
    bool said(const std::string& words) {
      const std::lock_guard lock(mutex);
      return text.find(words) != std::string::npos;
    }
    std::promise<void> open, end;
    std::mutex mutex;
    std::string text;
  };
  SshServer server;
  auto rig = std::make_unique<Rig>();
  const auto target = engine_target(1, server);
  rig->trust(target);
  const auto events = std::make_shared<Events>();
  const auto shell =
      rig->engine.open_shell(target, {}, {ssh::Priority::terminal, ssh::Clock::now() + seconds(5)}, events);
  REQUIRE(events->open.get_future().wait_for(seconds(5)) == std::future_status::ready);
  std::this_thread::sleep_for(seconds(6));
  CHECK(shell->write("echo $((40 + 2))\n"));
  const auto patience = ssh::Clock::now() + seconds(5);
  while (!events->said("42") && ssh::Clock::now() < patience) std::this_thread::sleep_for(milliseconds(20));
  CHECK(events->said("42"));
  rig.reset();
  CHECK(events->end.get_future().wait_for(seconds(1)) == std::future_status::ready);
  shell->write("to nobody");
  shell->close();
}

TEST_CASE("stopping does not wait for anybody, and everybody hears") {
  const ScriptedServer silent(Trouble::silent);
  SshServer server;
  auto rig = std::make_unique<Rig>();
  const auto target = engine_target(1, server);
  rig->trust(target);
  const auto running = rig->command(target, "sleep 30");
  const auto waiting = rig->command(stranger_target(2, silent.port()), "true");
  const auto testing = rig->test(stranger_target(3, silent.port()));
  std::this_thread::sleep_for(milliseconds(300));
  const auto begin = ssh::Clock::now();
  rig->engine.stop();
  CHECK(ssh::Clock::now() - begin < seconds(1));
  for (const auto* answer : {&running, &waiting}) {
    REQUIRE(answer->ready());
    REQUIRE_FALSE(answer->wait().ok());
    CHECK(answer->wait().error().fault == ssh::Fault::cancelled);
  }
  REQUIRE(testing.ready());
  CHECK(testing.wait().error().fault == ssh::Fault::cancelled);
  const auto after = rig->command(target, "true");
  REQUIRE(after.ready());
  CHECK(after.wait().error().fault == ssh::Fault::cancelled);
  rig.reset();
  running.ticket.cancel();  // harmless
}
