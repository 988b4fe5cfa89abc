// Servers with which no connection can come about, and what failed connections leave behind.
#include "engine_fixture.h"

using namespace nexus::test;

namespace {

// Of a person's test that must fail.
ssh::Failure failure_of(const ssh::Target& target) {
  Rig rig;
  const auto answer = rig.test(target);
  REQUIRE_FALSE(answer.wait().ok());
  return answer.wait().error();
}

}  // namespace

TEST_CASE("neither key nor password") {
  SshServer server;
  const auto target = target_of(server.port(), {server.user(), std::nullopt, {}}, std::make_shared<MemoryGate>());
  CHECK(failure_of(target).fault == ssh::Fault::credentials_missing);
}

TEST_CASE("a server with only an RSA host key is told apart from other disagreements") {
  {
    SshServer server({.host_key_type = "rsa"});
    const auto failure = failure_of(target_of(server));
    CHECK(failure.stage == ssh::Stage::host_key);
    CHECK(failure.fault == ssh::Fault::only_rsa_host_key);
  }
  for (const std::string weak : {"Ciphers aes128-cbc", "KexAlgorithms diffie-hellman-group14-sha1", "MACs hmac-sha1"}) {
    CAPTURE(weak);
    SshServer server({.extra = {weak}});
    CHECK(failure_of(target_of(server)).fault == ssh::Fault::no_common_method);
  }
}

TEST_CASE("connections that fail leave no descriptor and no thread behind") {
  SshServer server;
  const auto target = target_of(server);
  const auto descriptors = open_descriptors();
  const auto threads = running_threads();
  for (int i = 0; i < 10; ++i) {
    Rig rig;
    rig.trust(target);
    server.kill_sessions();
  }
  CHECK(open_descriptors() == descriptors);
  CHECK(running_threads() == threads);
}
