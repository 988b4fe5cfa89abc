// Guessing through the service: what an attacker, the owner and the plugin that logs people in get to see.
#include "panel_fixture.h"

using namespace nexus;
using namespace nexus::users;
using nexus::testing::Principal;

namespace {

constexpr const char* kOwner = "198.51.100.1";
constexpr const char* kStranger = "203.0.113.1";

}  // namespace

TEST_CASE("after five wrong passwords the right one is wrong too, but not at a known address") {
  Panel panel;
  const auto id = panel.add("johndoe");
  panel.log_in(id, kOwner);
  const auto wrong = panel.verify("johndoe", "wrong", "203.0.113.9");
  panel.guess("johndoe", 4, kStranger);
  const auto closed = panel.verify("johndoe", Panel::kPassword, "203.0.113.8");
  REQUIRE_FALSE(closed.ok());
  CHECK(to_json(closed.error()) == to_json(wrong.error()));
  CHECK(panel.opens("johndoe", Panel::kPassword, kOwner));
  CHECK(panel.opens("admin", Panel::kAdminPassword, kStranger));

  panel.host.advance(std::chrono::minutes(15) - std::chrono::seconds(1));
  CHECK_FALSE(panel.opens("johndoe", Panel::kPassword, kStranger));
  panel.host.advance(std::chrono::seconds(1));
  CHECK(panel.opens("johndoe", Panel::kPassword, kStranger));
}

TEST_CASE("strangers cannot close an account to its owner, and end none of his sessions") {
  Panel panel;
  const auto id = panel.add("johndoe");
  panel.log_in(id, kOwner);
  for (int hour = 0; hour < 30; ++hour) {
    panel.guess("johndoe", 6, "203.0.113." + std::to_string(hour));
    panel.host.advance(std::chrono::hours(1));
  }
  CHECK(panel.opens("johndoe", Panel::kPassword, kOwner));
  CHECK(panel.host.invalidations().empty());
  CHECK(panel.host.events().empty());
}

TEST_CASE("a known address has five tries of its own") {
  Panel panel;
  const auto id = panel.add("johndoe");
  panel.log_in(id, kOwner);
  panel.guess("johndoe", 5, kOwner);
  CHECK_FALSE(panel.opens("johndoe", Panel::kPassword, kOwner));
  CHECK(panel.opens("johndoe", Panel::kPassword, kStranger));
}

TEST_CASE("wrong second factors count with wrong passwords") {
  Panel panel;
  const auto id = panel.add("johndoe");
  const Json place = {{"id", id}, {"address", kStranger}};
  CHECK(*panel.ask("is_open", place) == Json{{"open", true}});
  panel.guess("johndoe", 2, kStranger);
  for (int i = 0; i < 3; ++i) CHECK(panel.ask("failed", place).ok());
  CHECK(*panel.ask("is_open", place) == Json{{"open", false}});
  CHECK_FALSE(panel.opens("johndoe", Panel::kPassword, kStranger));
  CHECK(panel.ask("check_password", {{"id", id}, {"password", Panel::kPassword}, {"address", kStranger}})
            .error()
            .app_code() == code::kBadCredentials);
  panel.log_in(id, kStranger);
  CHECK(*panel.ask("is_open", place) == Json{{"open", true}});
}

TEST_CASE("a wrong password of somebody who is logged in counts like any other") {
  Panel panel;
  const auto id = panel.add("johndoe");
  for (int i = 0; i < 5; ++i) {
    const auto refused =
        panel.ask("change_password",
                  {{"id", id}, {"old_password", "wrong"}, {"password", "N0t-guessed-yet"}, {"address", kStranger}});
    CHECK(refused.error().app_code() == code::kBadCredentials);
  }
  CHECK_FALSE(panel.opens("johndoe", Panel::kPassword, kStranger));
}

TEST_CASE("an administrator unlocks by the route, an operator by the command") {
  Panel panel;
  const auto id = panel.add("johndoe");
  panel.guess("johndoe", 5, kStranger);
  SUBCASE("by the route") {
    CHECK(panel.host.post(path_of(id, "/unlock"), Json::object(), Principal::user()).app_code == code::kForbidden);
    const auto unlocked = panel.host.post(path_of(id, "/unlock"), Json::object(), Principal::admin());
    CHECK(unlocked.http_status == 200);
    CHECK(unlocked.audit.target == "users/" + std::to_string(id));
    CHECK(panel.host.post(path_of(999, "/unlock"), Json::object(), Principal::admin()).app_code == code::kNotFound);
  }
  SUBCASE("by the command") {
    CHECK(panel.host.command("user unlock", {"JohnDoe"}).status == Status::ok);
    CHECK(panel.host.audit().back().action == "unlockUser");
    CHECK(panel.host.audit().back().target == "users/" + std::to_string(id));
  }
  SUBCASE("or gives a new password, which nobody has guessed at") {
    const auto reset = panel.host.put(path_of(id, "/password"), {{"password", Panel::kPassword}}, Principal::admin());
    CHECK(reset.http_status == 200);
  }
  CHECK(panel.opens("johndoe", Panel::kPassword, kStranger));
}

TEST_CASE("passwords of a megabyte, with NUL bytes and of nothing are wrong ones") {
  using namespace std::string_literals;
  Panel panel;
  panel.add("johndoe");
  const auto wrong = panel.verify("johndoe", "wrong");
  for (const auto& password : {""s, std::string(1'000'000, 'x'), "SecureP@ss123\0"s, "SecureP@ss123\0x"s}) {
    const auto answer = panel.verify("johndoe", password, "2001:db8::" + std::to_string(password.size() % 7));
    CHECK(to_json(answer.error()) == to_json(wrong.error()));
  }
}

TEST_CASE("a password that begins with the right one is wrong") {
  Panel panel;
  std::string longest = "Weit weg wohnt, wer nie klopft; ";
  longest.resize(128, 'n');
  REQUIRE(panel.ask("create", {{"username", "anna"}, {"email", "a@example.com"}, {"password", longest}}).ok());
  CHECK(panel.opens("anna", longest));
  CHECK_FALSE(panel.opens("anna", longest + "n"));
}

TEST_CASE("the sweep runs soon after the start and then each day") {
  Panel panel;
  CHECK(panel.host.pending_timers() == 1);
  panel.host.advance(std::chrono::seconds(1));
  CHECK(panel.host.pending_timers() == 1);
  panel.guess("admin", 1, kStranger);
  const auto is_swept = [&] {
    // a second row of that name is refused where the first is still there
    return panel.host
        .sql(
            "INSERT INTO users_guesses (account_id, network, known_us, failures, closings, closed_until_us, "
            "last_failure_us) VALUES (1, '', 0, 0, 0, 0, 0)")
        .ok();
  };
  CHECK_FALSE(is_swept());
  panel.host.advance(std::chrono::hours(48));
  CHECK(is_swept());
}

TEST_CASE("whoever has no account gets as much work done as whoever has one") {
  Panel panel;
  panel.add("johndoe");
  panel.guess("johndoe", 5, kStranger);
  panel.guess("nobody", 3, kStranger);
  panel.guess("johndoe", 3, kStranger);
  panel.guess("😀😀😀", 1, kStranger);
  // each of the last seven wrote to the row for nothing
  CHECK(panel.host
            .sql("CREATE TABLE users_check AS SELECT 1 / (failures = 7) AS ok FROM users_guesses WHERE account_id = 0; "
                 "CREATE TABLE users_strict (ok INTEGER NOT NULL); INSERT INTO users_strict SELECT ok FROM users_check;"
                 "DROP TABLE users_check; DROP TABLE users_strict")
            .ok());
}
