// Servers that refuse, hang, lie or vanish: each is named within its deadline, and nothing is left behind.
#include "session_fixture.h"
#include "ssh/exec.h"

using namespace nexus::test;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

struct Attempt {
  ssh::Failure failure;
  milliseconds took{0};
};

// An attempt that must fail.
Attempt attempt(const ssh::Target& target, ssh::Trust trust = ssh::Trust::person) {
  const auto begin = ssh::Clock::now();
  const auto connection = ssh::connect_and_log_in(target, trust, plenty_of_time());
  REQUIRE_FALSE(connection.ok());
  return {connection.error(), std::chrono::duration_cast<milliseconds>(ssh::Clock::now() - begin)};
}

ssh::Target target_of(const ScriptedServer& server) {
  return nexus::test::target_of(server.port(), {"root", ssh::PrivateKey::generate_ed25519(), {}},
                                std::make_shared<MemoryGate>());
}

// Fails the test where descriptors or threads are left over.
struct LeakCheck {
  std::size_t descriptors = open_descriptors();
  std::size_t threads = running_threads();
  ~LeakCheck() {
    CHECK(open_descriptors() == descriptors);
    CHECK(running_threads() == threads);
  }
};

int count(const std::string& text, const std::string& part) {
  int found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("nobody listens") {
  const LeakCheck leaks;
  const ScriptedServer server(Trouble::refused);
  const auto [failure, took] = attempt(target_of(server));
  CHECK(failure.stage == ssh::Stage::connect);
  CHECK(failure.fault == ssh::Fault::refused);
  CHECK(took < seconds(1));
}

TEST_CASE("a full backlog: no answer at all") {
  const LeakCheck leaks;
  const ScriptedServer server(Trouble::full_backlog);
  const auto [failure, took] = attempt(target_of(server));
  CHECK(failure.stage == ssh::Stage::connect);
  CHECK(failure.fault == ssh::Fault::timed_out);
  CHECK(took < ssh::kConnectTimeout + seconds(1));
}

TEST_CASE("a server that accepts and never speaks, and one that drips") {
  const LeakCheck leaks;
  for (const auto trouble : {Trouble::silent, Trouble::dripping}) {
    const ScriptedServer server(trouble);
    const auto [failure, took] = attempt(target_of(server));
    CHECK(failure.stage == ssh::Stage::connect);
    CHECK(failure.fault == (trouble == Trouble::silent ? ssh::Fault::timed_out : failure.fault));
    CHECK(took < ssh::kHandshakeTimeout + seconds(1));
  }
}

TEST_CASE("a server that hangs up early, and one that never comes to the point") {
  const LeakCheck leaks;
  {
    const ScriptedServer server(Trouble::drops_early);
    const auto [failure, took] = attempt(target_of(server));
    CHECK(failure.stage == ssh::Stage::connect);
    CHECK(failure.fault == ssh::Fault::dropped);
    CHECK(took < seconds(1));
  }
  const ScriptedServer server(Trouble::babbling);
  CHECK(attempt(target_of(server)).took < ssh::kHandshakeTimeout + seconds(1));
}

TEST_CASE("a name that does not exist") {
  auto target =
      nexus::test::target_of(22, {"root", ssh::PrivateKey::generate_ed25519(), {}}, std::make_shared<MemoryGate>());
  target.host = "no-such-host.invalid";
  const auto [failure, took] = attempt(target);
  CHECK(failure.stage == ssh::Stage::resolve);
  CHECK(took < ssh::kResolveTimeout + seconds(1));
}

TEST_CASE("a key that the server does not know, and a wrong password") {
  SshServer server;
  const LeakCheck leaks;
  auto gate = std::make_shared<MemoryGate>();
  for (const auto& login :
       {Login{server.user(), ssh::PrivateKey::generate_ed25519(), {}}, Login{server.user(), std::nullopt, "wrong"}}) {
    const auto [failure, took] = attempt(nexus::test::target_of(server.port(), login, gate));
    CHECK(failure.stage == ssh::Stage::auth);
    CHECK(failure.fault == ssh::Fault::credentials_refused);
    CHECK(took < ssh::kAuthTimeout + seconds(1));
  }
}

TEST_CASE("neither key nor password") {
  SshServer server;
  const auto target =
      nexus::test::target_of(server.port(), {server.user(), std::nullopt, {}}, std::make_shared<MemoryGate>());
  CHECK(attempt(target).failure.fault == ssh::Fault::credentials_missing);
}

TEST_CASE("a changed host key gets no credential, whatever kind the new key is of") {
  for (const std::string type : {"ed25519", "ecdsa"}) {
    CAPTURE(type);
    SshServer first;
    const auto gate = std::make_shared<MemoryGate>();
    logged_in(target_of(first, gate));

    SshServer other({.host_key_type = type});
    other.clear_log();
    auto target = target_of(other, gate);
    for (const auto trust : {ssh::Trust::person, ssh::Trust::nobody}) {
      const auto [failure, took] = attempt(target, trust);
      CHECK(failure.stage == ssh::Stage::host_key);
      CHECK(failure.fault == ssh::Fault::host_key_changed);
      REQUIRE(failure.host_key.has_value());
      CHECK(failure.host_key->fingerprint == other.host_key_fingerprint());
      CHECK(took < seconds(5));
    }
    const auto log = other.log();
    CHECK(count(log, "Connection from") >= 2);
    CHECK(count(log, "userauth-request") == 0);
  }
}

TEST_CASE("background work never trusts an unknown host key") {
  SshServer server;
  server.clear_log();
  const auto [failure, took] = attempt(target_of(server), ssh::Trust::nobody);
  CHECK(failure.fault == ssh::Fault::host_key_unknown);
  CHECK(count(server.log(), "userauth-request") == 0);
}

TEST_CASE("a server with only an RSA host key is told apart from other disagreements") {
  {
    SshServer server({.host_key_type = "rsa"});
    const auto [failure, took] = attempt(target_of(server));
    CHECK(failure.stage == ssh::Stage::host_key);
    CHECK(failure.fault == ssh::Fault::only_rsa_host_key);
  }
  for (const std::string weak : {"Ciphers aes128-cbc", "KexAlgorithms diffie-hellman-group14-sha1", "MACs hmac-sha1"}) {
    CAPTURE(weak);
    SshServer server({.extra = {weak}});
    CHECK(attempt(target_of(server)).failure.fault == ssh::Fault::no_common_method);
  }
}

TEST_CASE("a connection that breaks in the middle of a command is no success") {
  SshServer server;
  const LeakCheck leaks;
  auto session = logged_in(target_of(server));
  std::thread killer([&server] {
    std::this_thread::sleep_for(milliseconds(300));
    server.kill_sessions();
  });
  const auto begin = ssh::Clock::now();
  const auto result = ssh::run_command(*session, "echo part; sleep 5", 1000, plenty_of_time());
  killer.join();
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().fault == ssh::Fault::dropped);
  CHECK(ssh::Clock::now() - begin < seconds(2));
  CHECK_FALSE(session->usable());
}

TEST_CASE("a kept connection that died is replaced by a new one") {
  SshServer server;
  ssh::ConnectionPool pool;
  const auto target = target_of(server);
  auto first = pool.connect(target, plenty_of_time());
  REQUIRE(first.ok());
  pool.give_back(target, std::move(first).value().session);
  server.kill_sessions();
  std::this_thread::sleep_for(milliseconds(100));
  auto lease = pool.take(target, plenty_of_time());
  REQUIRE(lease.ok());
  CHECK_FALSE(lease.value().was_kept);
}

TEST_CASE("refused credentials are not tried again at once") {
  SshServer server;
  ssh::ConnectionPool pool;
  auto gate = std::make_shared<MemoryGate>();
  logged_in(target_of(server, gate));
  const auto target =
      nexus::test::target_of(server.port(), {server.user(), ssh::PrivateKey::generate_ed25519(), {}}, gate);
  server.clear_log();
  for (int i = 0; i < 20; ++i) CHECK_FALSE(pool.take(target, plenty_of_time()).ok());
  CHECK(count(server.log(), "Connection from") == 1);
  CHECK(pool.take(target, plenty_of_time()).error().fault == ssh::Fault::held_back);
}

TEST_CASE("connections that fail leave no descriptor, thread or memory behind") {
  SshServer server;
  const auto target = target_of(server);
  logged_in(target);
  const LeakCheck leaks;
  for (int i = 0; i < 10; ++i) {
    auto session = logged_in(target);
    server.kill_sessions();
  }
}
