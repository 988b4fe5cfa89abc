// Servers behind servers.
#include "engine_fixture.h"

using namespace nexus::test;

namespace {

ssh::Target behind(ssh::Target target, const ssh::Target& hop) {
  target.via = std::make_shared<const ssh::Target>(hop);
  return target;
}

}  // namespace

TEST_CASE("a chain of two jump hosts, each with one connection for everything") {
  SshServer first, second, inner;
  Rig rig;
  const auto outer = engine_target(1, first);
  const auto middle = behind(engine_target(2, second), outer);
  const auto target = behind(engine_target(3, inner), middle);
  rig.trust(outer);
  rig.trust(middle);
  rig.trust(target);
  CHECK(rig.output(target, "echo inside") == "inside\n");
  CHECK(rig.output(middle, "echo between") == "between\n");
  CHECK(rig.output(target, "head -c 300000 /dev/zero | wc -c") == "300000\n");
  CHECK(rig.engine.figures().logins == 3);
  for (const auto* server : {&first, &second, &inner}) CHECK(count_of(server->log(), "Accepted publickey") == 1);
  CHECK(count_of(inner.log(), "Connection from 127.0.0.1") >= 1);
}

TEST_CASE("an unknown host key on the way or at the end: nobody gets a credential") {
  SshServer jump, inner;
  Rig rig;
  const auto hop = engine_target(1, jump);
  const auto target = behind(engine_target(2, inner), hop);
  inner.clear_log();
  jump.clear_log();
  {
    const auto answer = rig.test(target);  // a person's word counts for the server that he named
    REQUIRE_FALSE(answer.wait().ok());
    CHECK(answer.wait().error().fault == ssh::Fault::host_key_unknown);
    CHECK(answer.wait().error().stage == ssh::Stage::host_key);
    CHECK(answer.wait().error().reason.find("through server 1") != std::string::npos);
    CHECK_FALSE(answer.wait().error().host_key.has_value());
    CHECK(answer.wait().error().jump_host == 1);
  }
  CHECK(count_of(jump.log(), "userauth-request") == 0);
  CHECK(count_of(inner.log(), "Connection from") == 0);
  rig.trust(hop);
  const auto failure = rig.failure(target);
  CHECK(failure.fault == ssh::Fault::host_key_unknown);
  CHECK_FALSE(failure.jump_host.has_value());
  REQUIRE(failure.host_key.has_value());
  CHECK(failure.host_key->fingerprint == inner.host_key_fingerprint());
  CHECK(count_of(inner.log(), "userauth-request") == 0);
  rig.trust(target);
  CHECK(rig.output(target, "echo in") == "in\n");
}

TEST_CASE("jump hosts in a circle, and too many of them, are refused") {
  SshServer server;
  Rig rig;
  const auto plain = engine_target(1, server);
  const auto circle = rig.command(behind(engine_target(1, server), behind(engine_target(2, server), plain)), "true");
  REQUIRE_FALSE(circle.wait().ok());
  CHECK(circle.wait().error().reason.find("circle") != std::string::npos);
  auto longest = plain;
  for (std::int64_t id = 2; id <= ssh::Target::kMaxHops + 2; ++id) longest = behind(engine_target(id, server), longest);
  CHECK(rig.failure(longest).reason.find("too many") != std::string::npos);
}

TEST_CASE("a lost jump host is lost for what is behind it, and both come back") {
  SshServer jump, inner;
  TcpProxy proxy(jump.port());
  Rig rig;
  auto hop = engine_target(1, jump);
  hop.port = proxy.port();
  const auto target = behind(engine_target(2, inner), hop);
  rig.trust(hop);
  rig.trust(target);
  const auto running = rig.command(target, "sleep 20");
  std::this_thread::sleep_for(milliseconds(300));
  proxy.cut();
  REQUIRE_FALSE(running.wait().ok());
  CHECK(running.wait().error().fault == ssh::Fault::dropped);
  CHECK(rig.observer.wait(2, [](const Recorder::Seen& seen) { return seen.connected == 2; }));
  CHECK(rig.output(target, "echo again") == "again\n");
}

TEST_CASE("behind a jump host: nobody listens, and nobody answers; others get through") {
  SshServer jump, inner;
  const ScriptedServer refused(Trouble::refused);
  const ScriptedServer deaf(Trouble::full_backlog);
  Rig rig;
  const auto hop = engine_target(1, jump);
  const auto target = behind(engine_target(2, inner), hop);
  rig.trust(hop);
  rig.trust(target);
  const auto nobody = rig.command(behind(stranger_target(3, refused.port()), hop), "true");
  REQUIRE_FALSE(nobody.wait().ok());
  CHECK(nobody.wait().error().stage == ssh::Stage::connect);
  CHECK(nobody.wait().error().fault == ssh::Fault::unreachable);
  CHECK(nobody.wait().error().reason.find("through server 1") != std::string::npos);
  CHECK_FALSE(nobody.wait().error().jump_host.has_value());

  const auto begin = ssh::Clock::now();
  const auto silence = rig.command(behind(stranger_target(4, deaf.port()), hop), "true");
  std::this_thread::sleep_for(milliseconds(300));
  // While the jump host waits for the deaf one, libssh2 can open nothing else on the same session.
  const auto beside = rig.command(hop, "echo beside");
  REQUIRE_FALSE(silence.wait().ok());
  CHECK(silence.wait().error().stage == ssh::Stage::connect);
  CHECK(silence.wait().error().fault == ssh::Fault::timed_out);
  CHECK_FALSE(silence.wait().error().jump_host.has_value());
  REQUIRE(beside.wait().ok());
  CHECK(ssh::Clock::now() - begin < ssh::kConnectTimeout + seconds(3));
  CHECK(rig.output(target, "echo still") == "still\n");
  CHECK(rig.observer.of(2).failures.empty());
}

TEST_CASE("of a chain the failure names the hop that failed, and not the one before it") {
  SshServer second, inner;
  const ScriptedServer refused(Trouble::refused);
  Rig rig;
  const auto first = stranger_target(1, refused.port());
  const auto target = behind(engine_target(3, inner), behind(engine_target(2, second), first));
  const auto failure = rig.failure(target);
  CHECK(failure.stage == ssh::Stage::connect);
  CHECK(failure.fault == ssh::Fault::refused);
  CHECK(failure.jump_host == 1);
}
