// API tokens: made by a person, used by programs.
#include "panel_fixture.h"

#include <limits>

using namespace nexus;
using nexus::test::keys;
using nexus::test::Panel;
using nexus::testing::Principal;

namespace {

constexpr const char* kTokensPath = "/api/v1/users/me/tokens";

struct TokenPanel : Panel {
  TokenPanel() {
    host.grant("user", "servers.read");
    host.grant("operator", "servers.write");
    who = principal(log_in());
  }
  testing::Answer make(Json wish) {
    if (!wish.contains("name")) wish["name"] = "backup";
    if (!wish.contains("scopes")) wish["scopes"] = {"servers.read"};
    return host.post(kTokensPath, wish, who);
  }
  std::string secret_of(const Json& wish) {
    const auto answer = make(wish);
    REQUIRE(answer.http_status == 201);
    return answer.data["secret"];
  }
  testing::AuthenticationAnswer show(const std::string& bearer, const std::string& address = "192.0.2.1") {
    return host.authenticate(bearer, NX_CREDENTIAL_BEARER, address).value();
  }
  Json first() { return host.get(kTokensPath, who).data["tokens"][0]; }

  Principal who;
};

}  // namespace

TEST_CASE("a token is shown once, and stands for its owner within its scopes") {
  TokenPanel panel;
  const auto answer = panel.make({{"name", "backup"}, {"scopes", {"servers.read"}}});
  CHECK(answer.http_status == 201);
  const std::string secret = answer.data["secret"];
  CHECK(secret.starts_with("nxp_"));
  CHECK(secret.size() == 47);
  const auto& token = answer.data["token"];
  CHECK(keys(token) == std::vector<std::string>{"id", "name", "prefix", "scopes", "allowed_addresses", "created_at",
                                                "expires_at", "last_used_at", "last_used_address"});
  CHECK(token["prefix"] == secret.substr(0, 8));
  CHECK(token["expires_at"] == "2024-03-31T00:00:00Z");  // 90 days
  CHECK(answer.audit.target == "tokens/1");
  CHECK(answer.audit.details_json.find(secret) == std::string::npos);

  const auto shown = panel.show(secret);
  CHECK(shown.app_code == 0);
  CHECK(shown.who.user_id == 7);
  CHECK(shown.who.role == "user");
  CHECK(shown.who.session_id.empty());
  CHECK(shown.who.token_id == "nxp:1");
  CHECK(shown.who.scopes == std::vector<std::string>{"servers.read"});
  CHECK(shown.who.elevated_until_us == 0);
  CHECK(shown.valid_until_us == panel.host.sdk().now_us() + 60 * kMicrosecondsPerSecond);

  const auto list = panel.host.get(kTokensPath, panel.who);
  CHECK(list.data["tokens"].size() == 1);
  CHECK(list.data["pagination"]["total_count"] == 1);
  CHECK(list.data.dump().find(secret) == std::string::npos);
  auto call = panel.host.call();
  CHECK(*Sql(*call).number("SELECT COUNT(*) FROM auth_api_tokens WHERE hash = ?", secret) == 0);
}

TEST_CASE("scopes are what there is and what the caller holds") {
  TokenPanel panel;
  CHECK(panel.make({{"scopes", {"*"}}}).http_status == 201);
  CHECK(panel.make({{"scopes", {"servers.read", "elevated"}}}).http_status == 201);
  for (const auto* scope : {"servers.write", "auth.manage", "no.such", "", "servers.*", "servers.read "}) {
    CAPTURE(scope);
    const auto refused = panel.make({{"scopes", {"servers.read", scope}}});
    CHECK(refused.app_code == code::kValidation);
    CHECK(refused.field == "scopes");
  }
}

TEST_CASE("an elevated token is always recently authenticated, others never") {
  TokenPanel panel;
  const auto now = panel.host.sdk().now_us();
  CHECK(panel.show(panel.secret_of({{"scopes", {"*", "elevated"}}})).who.elevated_until_us >
        now + 1'000'000'000'000'000);
  CHECK(panel.show(panel.secret_of({{"scopes", {"*"}}})).who.elevated_until_us == 0);
}

TEST_CASE("its end is the owner's to say, within a year") {
  TokenPanel panel;
  CHECK(panel.make({{"expires_at", "2024-12-31T23:59:59Z"}}).data["token"]["expires_at"] == "2024-12-31T23:59:59Z");
  CHECK(panel.make({{"expires_at", nullptr}}).data["token"]["expires_at"].is_null());
  CHECK(panel.make({{"expires_at", "2025-01-01T00:00:00Z"}}).http_status == 201);  // 366 days
  for (const auto* end :
       {"2025-01-01T00:00:01Z", "2024-01-01T00:00:00Z", "2020-01-01T00:00:00Z", "2024-02-30T00:00:00Z", "soon"}) {
    CAPTURE(end);
    const auto refused = panel.make({{"expires_at", end}});
    CHECK(refused.app_code == code::kValidation);
    CHECK(refused.field == "expires_at");
  }

  const auto secret = panel.secret_of({{"expires_at", "2024-01-01T00:00:30Z"}});
  CHECK(panel.show(secret).valid_until_us == panel.host.sdk().now_us() + 30 * kMicrosecondsPerSecond);
  panel.host.advance(std::chrono::seconds(30));
  CHECK(panel.show(secret).app_code == code::kTokenExpired);
}

TEST_CASE("a token that is bound to addresses is refused elsewhere, and not remembered") {
  TokenPanel panel;
  const auto secret = panel.secret_of({{"allowed_addresses", {"192.0.2.0/24", "2001:db8::1"}}});
  CHECK(panel.show(secret, "192.0.2.99").app_code == 0);
  CHECK(panel.show(secret, "192.0.2.99").valid_until_us == 0);
  CHECK(panel.show(secret, "2001:db8::1").app_code == 0);
  CHECK(panel.show(secret, "198.51.100.7").app_code == code::kTokenInvalid);
  const auto lines = panel.host.log();
  CHECK(std::any_of(lines.begin(), lines.end(), [](const auto& line) {
    return line.message == "API token refused" && line.fields.at("address") == "198.51.100.7";
  }));
  const auto refused = panel.make({{"allowed_addresses", {"192.0.2.0/24", "example.com"}}});
  CHECK(refused.app_code == code::kValidation);
  CHECK(refused.field == "allowed_addresses");
}

TEST_CASE("its use is written down, at most once a minute") {
  TokenPanel panel;
  const auto secret = panel.secret_of(Json::object());
  CHECK(panel.first()["last_used_at"].is_null());
  panel.show(secret, "192.0.2.1");
  CHECK(panel.first()["last_used_at"] == "2024-01-01T00:00:00Z");
  CHECK(panel.first()["last_used_address"] == "192.0.2.1");
  panel.host.advance(std::chrono::seconds(59));
  panel.host.fail_next("db.exec", Status::unavailable);
  panel.show(secret, "192.0.2.2");
  CHECK(panel.host.injected().empty());  // a read stays one
  panel.host.fail_next("", Status::ok);
  CHECK(panel.first()["last_used_address"] == "192.0.2.1");
  panel.host.advance(std::chrono::seconds(1));
  panel.show(secret, "192.0.2.2");
  CHECK(panel.first()["last_used_at"] == "2024-01-01T00:01:00Z");
  CHECK(panel.first()["last_used_address"] == "192.0.2.2");
  // a disk that is full keeps nobody out
  panel.host.advance(std::chrono::seconds(60));
  panel.host.fail_next("db.exec", Status::unavailable);
  CHECK(panel.show(secret).app_code == 0);
}

TEST_CASE("a deleted token is over at once, and only its owner deletes it") {
  TokenPanel panel;
  const auto secret = panel.secret_of(Json::object());
  CHECK(panel.host.del(std::string(kTokensPath) + "/1", Principal::user(99)).app_code == code::kNotFound);
  CHECK(panel.show(secret).app_code == 0);
  CHECK(panel.host.get(kTokensPath, Principal::user(99)).data["tokens"].empty());
  CHECK(panel.host.del(std::string(kTokensPath) + "/1", panel.who).http_status == 200);
  CHECK(panel.last_invalidation().kind == NX_INVALIDATE_TOKEN);
  CHECK(panel.last_invalidation().id == "nxp:1");
  CHECK(panel.show(secret).app_code == code::kTokenInvalid);
  CHECK(panel.host.del(std::string(kTokensPath) + "/1", panel.who).app_code == code::kNotFound);
}

TEST_CASE("a token follows its owner's role and status, and outlives his password") {
  TokenPanel panel;
  const auto secret = panel.secret_of(Json::object());
  panel.john.role = "operator";
  CHECK(panel.show(secret).who.role == "operator");
  panel.john.password_changed_us = panel.host.sdk().now_us() + 1;
  CHECK(panel.show(secret).app_code == 0);
  panel.john.status = "disabled";
  CHECK(panel.show(secret).app_code == code::kTokenInvalid);
  panel.john.status = "active";
  panel.gone = true;
  CHECK(panel.show(secret).app_code == code::kTokenInvalid);
  panel.gone = false;
  panel.trouble = Status::unavailable;
  CHECK(panel.show(secret).app_code == code::kUnavailable);
}

TEST_CASE("what is no token of ours is refused without asking anybody") {
  TokenPanel panel;
  panel.secret_of(Json::object());
  panel.asked.clear();
  for (const auto& text : {std::string("nxp_"), "nxp_" + std::string(43, 'a'), "nxp_" + std::string(100'000, 'a'),
                           "NXP_" + std::string(43, 'a'), std::string("nxp_' OR 1=1 --")}) {
    CHECK(panel.show(text).app_code == code::kTokenInvalid);
  }
  CHECK(panel.asked.empty());
}

TEST_CASE("fifty tokens are enough") {
  TokenPanel panel;
  for (int i = 0; i < 50; ++i) REQUIRE(panel.make(Json::object()).http_status == 201);
  const auto refused = panel.make(Json::object());
  CHECK(refused.http_status == 409);
  CHECK(refused.app_code == code::kWrongState);
  REQUIRE(panel.host.del(std::string(kTokensPath) + "/9", panel.who).http_status == 200);
  CHECK(panel.make(Json::object()).http_status == 201);
}

TEST_CASE("tokens are a person's to make, after a recent authentication") {
  TokenPanel panel;
  auto token = Principal::token({"*", "elevated"});
  token.elevated_until_us = std::numeric_limits<std::int64_t>::max();
  const Json wish = {{"name", "x"}, {"scopes", {"servers.read"}}};
  CHECK(panel.host.post(kTokensPath, wish, token).app_code == code::kForbidden);
  CHECK(panel.host.get(kTokensPath, token).app_code == code::kForbidden);
  CHECK(panel.host.del(std::string(kTokensPath) + "/1", token).app_code == code::kForbidden);
  auto stale = panel.who;
  stale.elevated_until_us = 0;
  CHECK(panel.host.post(kTokensPath, wish, stale).app_code == code::kStepUpNeeded);
}
