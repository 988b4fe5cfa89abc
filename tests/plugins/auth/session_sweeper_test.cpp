// Ended sessions go, a batch at a time.
#include "session_sweeper.h"

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
  const SessionSweeper sweeper(host);
  CHECK(sweeper.sweep(*sessions.call) == SessionSweeper::kIntervalUs);
  CHECK(rows(sessions) == 6);
  sessions.host.advance(std::chrono::hours(25));
  CHECK(sweeper.sweep(*sessions.call) == SessionSweeper::kIntervalUs);
  CHECK(rows(sessions) == 1);
  sessions.now = host.now_us();
  CHECK(sessions.refresh_code(kept.refresh) == 0);
}

TEST_CASE("many are removed in batches, and a database that is away is tried again later") {
  Sessions sessions;
  sessions.settings.refresh_token = 60;
  for (int i = 0; i < SessionSweeper::kBatch + 1; ++i) sessions.open();
  sessions.host.advance(std::chrono::hours(25));
  const auto host = sessions.host.sdk();
  const SessionSweeper sweeper(host);
  sessions.host.fail_next("db.exec", Status::unavailable);
  CHECK(sweeper.sweep(*sessions.call) == SessionSweeper::kIntervalUs);
  CHECK(sweeper.sweep(*sessions.call) == SessionSweeper::kPauseBetweenBatchesUs);
  CHECK(rows(sessions) == 1);
  CHECK(sweeper.sweep(*sessions.call) == SessionSweeper::kIntervalUs);
  CHECK(rows(sessions) == 0);
}
