// Ended sessions go, a batch at a time.
#include "sweeper.h"

#include "api_token_store.h"
#include "one_time_store.h"
#include "second_factor_store.h"
#include "session_fixture.h"

#include <doctest/doctest.h>

using namespace nexus;
using namespace nexus::auth;
using nexus::test::Sessions;

namespace {

std::int64_t rows(Sessions& sessions) { return *Sql(*sessions.call).number("SELECT COUNT(*) FROM auth_sessions"); }

}  // namespace

TEST_CASE("a sweep takes what ended a day ago and leaves the rest") {
  Sessions sessions;
  sessions.settings.refresh_token = 60;
  for (int i = 0; i < 5; ++i) sessions.open();
  sessions.settings.refresh_token = 7 * 86'400;
  const auto kept = sessions.open();
  const auto host = sessions.host.sdk();
  const Sweeper sweeper(host);
  CHECK(sweeper.sweep(*sessions.call) == Sweeper::kIntervalUs);
  CHECK(rows(sessions) == 6);
  sessions.host.advance(std::chrono::hours(25));
  CHECK(sweeper.sweep(*sessions.call) == Sweeper::kIntervalUs);
  CHECK(rows(sessions) == 1);
  sessions.now = host.now_us();
  CHECK(sessions.refresh_code(kept.refresh) == 0);
}

TEST_CASE("many are removed in batches, and a database that is away is tried again later") {
  Sessions sessions;
  sessions.settings.refresh_token = 60;
  for (int i = 0; i < Sweeper::kBatch + 1; ++i) sessions.open();
  sessions.host.advance(std::chrono::hours(25));
  const auto host = sessions.host.sdk();
  const Sweeper sweeper(host);
  sessions.host.fail_next("db.exec", Status::unavailable);
  CHECK(sweeper.sweep(*sessions.call) == Sweeper::kIntervalUs);
  CHECK(sweeper.sweep(*sessions.call) == Sweeper::kPauseBetweenBatchesUs);
  CHECK(rows(sessions) == 1);
  CHECK(sweeper.sweep(*sessions.call) == Sweeper::kIntervalUs);
  CHECK(rows(sessions) == 0);
}

TEST_CASE("what else ends goes too: one-time secrets at once, tokens and unfinished second factors a day later") {
  Sessions sessions;
  const auto host = sessions.host.sdk();
  const auto now = host.now_us();
  constexpr std::int64_t kDay = 86'400 * kMicrosecondsPerSecond;
  const Sql sql(*sessions.call);
  const auto count = [&](const char* table) { return *sql.number(std::string("SELECT COUNT(*) FROM ") + table); };
  for (const auto end : {now, now + kDay, now + 10 * kDay}) {
    const auto id = std::to_string(end);
    REQUIRE(OneTimeStore(*sessions.call).insert({id, "ticket", end, "", 0, now, end}, 10).ok());
    ApiToken token;
    token.hash = id;
    token.expires_us = end;
    REQUIRE(ApiTokenStore(*sessions.call).insert(token, 50)->has_value());
  }
  ApiToken endless;
  endless.hash = "endless";
  REQUIRE(ApiTokenStore(*sessions.call).insert(endless, 50)->has_value());
  const SecondFactorStore factors(*sessions.call);
  REQUIRE(factors.set_up({7, "sealed", now, {}, 0}).ok());
  REQUIRE(factors.set_up({8, "sealed", now, {}, 0}).ok());
  REQUIRE(*factors.enable({8, "sealed", now, now, 0}, 1, {"hash"}));

  const Sweeper sweeper(host);
  sweeper.sweep(*sessions.call);
  CHECK(count("auth_one_time") == 2);
  CHECK(count("auth_api_tokens") == 4);
  CHECK(count("auth_factors") == 2);
  sessions.host.advance(std::chrono::hours(25));
  sweeper.sweep(*sessions.call);
  CHECK(count("auth_one_time") == 1);
  CHECK(count("auth_api_tokens") == 3);
  CHECK(count("auth_factors") == 1);
  CHECK(factors.find(8)->has_value());
}

TEST_CASE("upkeep runs when there is nothing left to remove") {
  Sessions sessions;
  sessions.settings.refresh_token = 60;
  for (int i = 0; i < Sweeper::kBatch + 1; ++i) sessions.open();
  sessions.host.advance(std::chrono::hours(25));
  int runs = 0;
  const auto host = sessions.host.sdk();
  const Sweeper sweeper(host, [&](Call&) { ++runs; });
  sweeper.sweep(*sessions.call);
  CHECK(runs == 0);
  sweeper.sweep(*sessions.call);
  CHECK(runs == 1);
}
