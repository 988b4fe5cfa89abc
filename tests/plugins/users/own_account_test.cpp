// What people do to their own account, and what operators do to all of them at the console.
#include "panel_fixture.h"

using namespace nexus;
using namespace nexus::users;
using nexus::testing::Principal;

TEST_CASE("people change their language and avatar, and nothing that is not theirs to change") {
  Panel panel;
  const auto id = panel.add("anna");
  const auto anna = Principal::user(id, "anna");
  const auto changed = panel.host.patch("/api/v1/users/me",
                                        {{"language", "en"},
                                         {"avatar", "https://example.com/a"},
                                         {"role", "admin"},
                                         {"status", "disabled"},
                                         {"username", "root"}},
                                        anna);
  REQUIRE(changed.http_status == 200);
  CHECK(changed.data["user"]["language"] == "en");
  CHECK(changed.data["user"]["avatar"] == "https://example.com/a");
  CHECK(changed.data["user"]["role"] == "user");
  CHECK(changed.data["user"]["status"] == "active");
  CHECK(changed.data["user"]["username"] == "anna");
  CHECK(changed.audit.target == "users/" + std::to_string(id));
  CHECK(panel.host.invalidations().size() == 1);
  CHECK(panel.host.events().size() == 1);
  CHECK(panel.host.get("/api/v1/users/me", anna).headers.at("ETag") == changed.headers.at("ETag"));
  CHECK(panel.send("PATCH", "/api/v1/users/me", {{"language", "zh-CN"}}, anna, {{"If-Match", "\"old\""}}).app_code ==
        code::kExists);
}

TEST_CASE("another e-mail address costs the password") {
  Panel panel;
  panel.add("bert");
  const auto anna = Principal::user(panel.add("anna"), "anna");
  const auto change = [&](Json body) { return panel.host.patch("/api/v1/users/me", body, anna); };
  const auto without = change({{"email", "new@example.com"}});
  CHECK(without.app_code == code::kValidation);
  CHECK(without.field == "password");
  const auto wrong = change({{"email", "new@example.com"}, {"password", "wrong"}});
  CHECK(wrong.app_code == code::kBadCredentials);
  CHECK(change({{"email", "Bert@example.com"}, {"password", Panel::kPassword}}).app_code == code::kExists);
  CHECK(change({{"email", "not an address"}, {"password", Panel::kPassword}}).field == "email");
  CHECK(change({{"email", "anna@example.com"}}).http_status == 200);  // the same
  const auto right = change({{"email", "new@example.com"}, {"password", Panel::kPassword}});
  REQUIRE(right.http_status == 200);
  CHECK(right.data["user"]["email"] == "new@example.com");
  CHECK(right.audit.details_json.find(Panel::kPassword) == std::string::npos);
  CHECK(panel.opens("new@example.com", Panel::kPassword));
}

TEST_CASE("wrong passwords there are counted at the address of the client") {
  Panel panel;
  const auto anna = Principal::user(panel.add("anna"), "anna");
  for (int i = 0; i < 5; ++i) {
    CHECK(panel.host.patch("/api/v1/users/me", {{"email", "new@example.com"}, {"password", "wrong"}}, anna).app_code ==
          code::kBadCredentials);
  }
  CHECK_FALSE(panel.opens("anna", Panel::kPassword, "192.0.2.1"));
  CHECK(panel.host.patch("/api/v1/users/me", {{"email", "new@example.com"}, {"password", Panel::kPassword}}, anna)
            .app_code == code::kBadCredentials);
}

TEST_CASE("an API token changes no account") {
  Panel panel;
  CHECK(panel.host.patch("/api/v1/users/me", {{"language", "en"}}, Principal::token({"*"})).app_code ==
        code::kForbidden);
}

TEST_CASE("an operator lists accounts, unlocks one and gives it a new password") {
  Panel panel;
  const auto id = panel.add("anna");
  for (int i = 0; i < 120; ++i) {
    const auto number = std::to_string(i);
    REQUIRE(
        panel.host
            .sql("INSERT INTO users_accounts (username, username_key, email, email_key, password_hash, role, status, "
                 "language, created_us, updated_us, password_changed_us) VALUES ('u" +
                 number + "', 'u" + number + "', 'u" + number + "', 'u" + number +
                 "', '', 'user', 'active', 'en', 0, 0, 0)")
            .ok());
  }
  const auto list = panel.host.command("user list");
  CHECK(list.status == Status::ok);
  CHECK(std::count(list.text.begin(), list.text.end(), '\n') == 1 + 122);
  CHECK(list.text.find("\tanna\tanna@example.com\tuser\tactive\t-\n") != std::string::npos);

  const auto before = panel.get(id).password_changed_us;
  panel.host.advance(std::chrono::seconds(1));
  const auto reset = panel.host.command("user reset-password", {"ANNA"});
  REQUIRE(reset.status == Status::ok);
  const auto password = reset.text.substr(reset.text.size() - 25, 24);
  CHECK(panel.opens("anna", password));
  CHECK_FALSE(panel.opens("anna", Panel::kPassword));
  CHECK(panel.get(id).password_changed_us > before);
  for (const auto& line : panel.host.log()) CHECK(line.message.find(password) == std::string::npos);
  REQUIRE_FALSE(panel.host.audit().empty());
  CHECK(panel.host.audit().back().action == "resetUserPassword");
  CHECK(panel.host.audit().back().target == "users/" + std::to_string(id));
  CHECK(panel.host.audit().back().details.is_null());

  for (const auto* name : {"nobody", "", "😀😀😀"}) {
    const auto unknown = panel.host.command("user unlock", {name});
    CHECK(unknown.status == Status::not_found);
    CHECK_FALSE(unknown.reason.empty());
    CHECK(panel.host.command("user reset-password", {name}).status == Status::not_found);
  }
}
