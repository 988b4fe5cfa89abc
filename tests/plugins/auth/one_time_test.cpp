// Challenges and tickets: good once, soon over, few at a time; and tickets through the whole plugin.
#include "auth_resources.h"
#include "one_time_secrets.h"
#include "panel_fixture.h"
#include "random_ids.h"

using namespace nexus;
using namespace nexus::auth;
using nexus::test::Panel;

namespace {

struct Secrets {
  Secrets() { REQUIRE(host.use(auth_resources()).ok()); }
  OneTimeSecrets at(std::int64_t seconds) {
    return OneTimeSecrets(OneTimeStore(*call), start + seconds * kMicrosecondsPerSecond);
  }
  std::int32_t try_at(std::int64_t seconds, const std::string& challenge) {
    const auto found = at(seconds).try_challenge(challenge);
    return found.ok() ? 0 : found.error().app_code();
  }

  testing::FakeHost host{testing::Options{}, "auth"};
  testing::TestCall call = host.call();
  std::int64_t start = 1'704'067'200 * kMicrosecondsPerSecond;
};

testing::AuthenticationAnswer show(Panel& panel, const Json& ticket) {
  return panel.host.authenticate(ticket.get<std::string>(), NX_CREDENTIAL_TICKET).value();
}

}  // namespace

TEST_CASE("a challenge takes five tries within five minutes, and is spent once") {
  Secrets secrets;
  const auto challenge = secrets.at(0).issue_challenge(7, 5).value();
  CHECK(challenge.size() == kTokenLetters);
  SUBCASE("tries") {
    for (int i = 0; i < kChallengeTries; ++i) CHECK(secrets.try_at(1, challenge) == 0);
    CHECK(secrets.try_at(1, challenge) == code::kTokenInvalid);
  }
  SUBCASE("time") {
    CHECK(secrets.try_at(299, challenge) == 0);
    CHECK(secrets.try_at(300, challenge) == code::kTokenInvalid);
  }
  SUBCASE("use") {
    const auto found = secrets.at(1).try_challenge(challenge);
    REQUIRE(found.ok());
    CHECK(found->user_id == 7);
    CHECK(found->created_us == 5);
    CHECK(secrets.at(1).spend_challenge(*found).ok());
    CHECK_FALSE(secrets.at(1).spend_challenge(*found).ok());
    CHECK(secrets.try_at(1, challenge) == code::kTokenInvalid);
  }
  SUBCASE("another's") { CHECK(secrets.try_at(1, std::string(kTokenLetters, 'a')) == code::kTokenInvalid); }
}

TEST_CASE("a challenge is no ticket, and a ticket no challenge") {
  Secrets secrets;
  const auto challenge = secrets.at(0).issue_challenge(7, 0).value();
  const auto ticket = secrets.at(0).issue_ticket(7, "session").value();
  CHECK_FALSE(secrets.at(1).spend_ticket(challenge)->has_value());
  CHECK(secrets.try_at(1, ticket) == code::kTokenInvalid);
  CHECK(secrets.at(1).spend_ticket(ticket)->has_value());
}

TEST_CASE("of a person's open ones the oldest goes, and nobody else's") {
  Secrets secrets;
  const auto other = secrets.at(0).issue_challenge(8, secrets.start).value();
  const auto ticket = secrets.at(0).issue_ticket(7, "session").value();
  std::vector<std::string> challenges;
  challenges.reserve(kOpenChallenges + 1);
  for (int i = 0; i < kOpenChallenges + 1; ++i) {
    challenges.push_back(secrets.at(i).issue_challenge(7, secrets.start + i).value());
  }
  CHECK(secrets.try_at(20, challenges[0]) == code::kTokenInvalid);
  for (int i = 1; i <= kOpenChallenges; ++i) CHECK(secrets.try_at(20, challenges[static_cast<std::size_t>(i)]) == 0);
  CHECK(secrets.try_at(20, other) == 0);
  CHECK(secrets.at(20).spend_ticket(ticket)->has_value());
}

TEST_CASE("only hashes are kept") {
  Secrets secrets;
  const auto challenge = secrets.at(0).issue_challenge(7, 0).value();
  const auto kept =
      Sql(*secrets.call).first([](const Row& row) { return row.string(0); }, "SELECT hash FROM auth_one_time");
  CHECK((*kept)->size() == 64);
  CHECK((*kept)->find(challenge) == std::string::npos);
}

TEST_CASE("a ticket stands for its session, once, and within its time") {
  Panel panel;
  const auto tokens = panel.log_in();
  const auto who = panel.principal(tokens);
  const auto answer = panel.host.post("/api/v1/auth/ws-tickets", Json::object(), who);
  CHECK(answer.http_status == 201);
  CHECK(answer.data["expires_in"] == 30);
  const auto& ticket = answer.data["ticket"];

  SUBCASE("it is spent by its use, and its answer is not remembered") {
    const auto shown = show(panel, ticket);
    CHECK(shown.app_code == 0);
    CHECK(shown.who.user_id == 7);
    CHECK(shown.who.session_id == who.session_id);
    CHECK(shown.who.role == "user");
    CHECK(shown.valid_until_us == 0);
    CHECK(show(panel, ticket).app_code == code::kTokenInvalid);
  }
  SUBCASE("it ends after half a minute") {
    panel.host.advance(std::chrono::seconds(30));
    CHECK(show(panel, ticket).app_code == code::kTokenInvalid);
  }
  SUBCASE("it is no bearer token, and no bearer token is a ticket") {
    CHECK(panel.host.authenticate(ticket.get<std::string>())->app_code == code::kTokenInvalid);
    CHECK(show(panel, tokens["access_token"]).app_code == code::kTokenInvalid);
    CHECK(show(panel, tokens["refresh_token"]).app_code == code::kTokenInvalid);
    CHECK(show(panel, ticket).app_code == 0);
  }
  SUBCASE("it ends with its session") {
    REQUIRE(panel.host.post("/api/v1/auth/logout", Json::object(), who).http_status == 200);
    CHECK(show(panel, ticket).app_code == code::kTokenInvalid);
  }
  SUBCASE("it ends with its user") {
    panel.john.status = "disabled";
    CHECK(show(panel, ticket).app_code == code::kTokenInvalid);
  }
  SUBCASE("it ends with a new password") {
    panel.john.password_changed_us = panel.host.sdk().now_us() + 1;
    CHECK(show(panel, ticket).app_code == code::kTokenInvalid);
  }
  SUBCASE("trouble is not its end in words, though it is spent") {
    panel.trouble = Status::unavailable;
    CHECK(show(panel, ticket).app_code == code::kUnavailable);
  }
}

TEST_CASE("an API token gets no ticket") {
  Panel panel;
  CHECK(panel.host.post("/api/v1/auth/ws-tickets", Json::object(), testing::Principal::token({"*"})).app_code ==
        code::kForbidden);
}
