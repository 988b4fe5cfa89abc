// Signing keys over time, and what another process does to them.
#include "key_rotation.h"

#include "auth_resources.h"
#include "key_store.h"

#include <nexus/cpp/time.h>
#include <nexus/testing/fake_host.h>

#include <doctest/doctest.h>

using namespace nexus;
using namespace nexus::auth;

namespace {

constexpr std::chrono::hours kDay{24};

struct Keys {
  Keys() {
    REQUIRE(host.use(auth_resources()).ok());
    REQUIRE(keys.load(*call).ok());
  }
  std::string newest() { return keys.codec()->keys().newest().kid; }
  std::size_t count() { return keys.codec()->keys().keys().size(); }
  std::string token() {
    const auto now = host.sdk().now_us() / kMicrosecondsPerSecond;
    return keys.codec()->issue({TokenUse::access, 7, "session", "token", now, now + 86'400}).value();
  }
  bool verifies(const std::string& token) {
    return keys.codec()->verify(token, TokenUse::access, host.sdk().now_us() / kMicrosecondsPerSecond).ok();
  }

  testing::FakeHost host{testing::Options{}, "auth"};
  testing::TestCall call = host.call();
  SigningKeys keys;
  Settings settings;
};

}  // namespace

TEST_CASE("a key signs for its time, then a new one does, and the old one verifies for a session's life") {
  Keys keys;
  const auto first = keys.newest();
  keys.host.advance(kDay * 90 - std::chrono::seconds(1));
  REQUIRE(keys.keys.keep_up(*keys.call, keys.settings).ok());
  CHECK(keys.newest() == first);
  const auto token = keys.token();

  keys.host.advance(std::chrono::seconds(1));
  REQUIRE(keys.keys.keep_up(*keys.call, keys.settings).ok());
  CHECK(keys.newest() != first);
  CHECK(keys.count() == 2);
  CHECK(keys.verifies(token));

  keys.settings.signing_key = 0;
  keys.host.advance(kDay * 90 - std::chrono::seconds(1));
  REQUIRE(keys.keys.keep_up(*keys.call, keys.settings).ok());
  CHECK(keys.count() == 2);
  keys.host.advance(std::chrono::seconds(1));
  REQUIRE(keys.keys.keep_up(*keys.call, keys.settings).ok());
  CHECK(keys.count() == 1);
  CHECK(keys.newest() != first);
  CHECK(*Sql(*keys.call).number("SELECT COUNT(*) FROM auth_keys") == 1);
}

TEST_CASE("zero days: a key signs until somebody rotates it") {
  Keys keys;
  keys.settings.signing_key = 0;
  const auto first = keys.newest();
  keys.host.advance(kDay * 5000);
  REQUIRE(keys.keys.keep_up(*keys.call, keys.settings).ok());
  CHECK(keys.newest() == first);
  REQUIRE(keys.keys.rotate(*keys.call).ok());
  CHECK(keys.newest() != first);
}

TEST_CASE("a codec that somebody holds goes on through a rotation, and rotations at one moment are all in order") {
  Keys keys;
  const auto held = keys.keys.codec();
  const auto token = keys.token();
  for (int i = 0; i < 3; ++i) {
    const auto before = keys.newest();
    REQUIRE(keys.keys.rotate(*keys.call).ok());
    CHECK(keys.newest() != before);
  }
  CHECK(held->verify(token, TokenUse::access, keys.host.sdk().now_us() / kMicrosecondsPerSecond).ok());
  CHECK(keys.verifies(token));
  // what another process reads is the same
  CHECK(load_keys(*keys.call)->newest().kid == keys.newest());
}

TEST_CASE("a token of a key that another process made is learned, at most once in ten seconds") {
  Keys keys, other;
  SigningKeys process;
  REQUIRE(process.load(*keys.call).ok());
  REQUIRE(process.rotate(*keys.call).ok());
  const auto now = keys.host.sdk().now_us() / kMicrosecondsPerSecond;
  const auto token = process.codec()->issue({TokenUse::access, 7, "session", "token", now, now + 3600}).value();
  CHECK_FALSE(keys.verifies(token));

  // whoever makes up tokens makes nobody read the keys all the time
  const auto stranger = other.token();
  CHECK_FALSE(keys.keys.learn(*keys.call, "a.b.c"));
  CHECK_FALSE(keys.keys.learn(*keys.call, keys.token()));
  CHECK(keys.keys.learn(*keys.call, token));
  CHECK(keys.verifies(token));
  CHECK_FALSE(keys.keys.learn(*keys.call, stranger));
  keys.host.advance(std::chrono::milliseconds(9'999));
  CHECK_FALSE(keys.keys.learn(*keys.call, stranger));
  keys.host.advance(std::chrono::milliseconds(1));
  CHECK(keys.keys.learn(*keys.call, stranger));
  CHECK_FALSE(keys.verifies(stranger));
}

TEST_CASE("keys that cannot be read leave those in use as they are") {
  Keys keys;
  const auto token = keys.token();
  REQUIRE(keys.host.sql("INSERT INTO auth_keys (kid, sealed, created_us) VALUES ('00112233aabbccdd', 'junk', 1)").ok());
  CHECK_FALSE(keys.keys.keep_up(*keys.call, keys.settings).ok());
  CHECK(keys.verifies(token));
  Keys other;
  CHECK_FALSE(keys.keys.learn(*keys.call, other.token()));
  CHECK(keys.verifies(token));
}

TEST_CASE("there is a bound to the keys, so that none is left unread") {
  Keys keys;
  for (std::int64_t i = 1; i < kMaxKeys; ++i) REQUIRE(keys.keys.rotate(*keys.call).ok());
  const auto refused = keys.keys.rotate(*keys.call);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().app_code() == code::kWrongState);
  CHECK(static_cast<std::int64_t>(keys.count()) == kMaxKeys);
}
