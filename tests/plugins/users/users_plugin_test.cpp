// The whole plugin in a FakeHost: the service that other plugins ask, and the routes.
#include "panel_fixture.h"

#include <algorithm>
#include <chrono>

using namespace nexus;
using namespace nexus::users;
using nexus::testing::Principal;

namespace {

std::vector<std::string> keys(const Json& object) {
  std::vector<std::string> names;
  for (const auto& [name, value] : object.items()) names.push_back(name);
  return names;
}

}  // namespace

TEST_CASE("an account is made, verified by name or address, and read") {
  Panel panel;
  const auto made = panel.ask("create", kJohn);
  REQUIRE(made.ok());
  const auto john = contracts::user_from(*made);
  CHECK(john.username == "johndoe");
  CHECK(john.role == "user");
  CHECK(john.language == "zh-CN");
  CHECK(made->dump().find("argon2") == std::string::npos);

  for (const auto* name : {"johndoe", "JohnDoe", "ｊｏｈｎｄｏｅ", "john@example.com", "JOHN@Example.com"}) {
    CAPTURE(name);
    const auto verified = panel.ask("verify", {{"username", name}, {"password", "SecureP@ss123"}});
    REQUIRE(verified.ok());
    CHECK(contracts::user_from(*verified).id == john.id);
  }
  CHECK(panel.ask("signed_in", {{"id", john.id}, {"address", "192.0.2.1"}}).ok());
  const auto read = panel.ask("get", {{"id", john.id}});
  REQUIRE(read.ok());
  CHECK(contracts::user_from(*read).last_login_us == panel.host.sdk().now_us());
  CHECK(panel.ask("get", {{"id", 999}}).error().app_code() == code::kNotFound);
  CHECK(panel.ask("signed_in", {{"id", 999}}).error().app_code() == code::kNotFound);
}

TEST_CASE("operators' commands find an account by its name or address") {
  Panel panel;
  const auto id = panel.add("johndoe");
  for (const auto* name : {"johndoe", "JOHNDOE", "johndoe@example.com"}) {
    CAPTURE(name);
    const auto found = panel.ask("find", {{"username", name}});
    REQUIRE(found.ok());
    CHECK(contracts::user_from(*found).id == id);
    CHECK(found->dump().find("argon2") == std::string::npos);
  }
  for (const auto* name : {"nobody", "", "johndoe ", "john@", "%", "😀😀😀"}) {
    CAPTURE(name);
    CHECK(panel.ask("find", {{"username", name}}).error().app_code() == code::kNotFound);
  }
}

TEST_CASE("who is logged in is asked for his password again") {
  Panel panel;
  const auto id = panel.add("johndoe");
  const auto right =
      panel.ask("check_password", {{"id", id}, {"password", Panel::kPassword}, {"address", "192.0.2.1"}});
  REQUIRE(right.ok());
  CHECK(contracts::user_from(*right).id == id);
  const auto wrong = panel.ask("check_password", {{"id", id}, {"password", "wrong"}, {"address", "192.0.2.1"}});
  const auto nobody = panel.ask("check_password", {{"id", 999}, {"password", "wrong"}, {"address", "192.0.2.1"}});
  CHECK(wrong.error().app_code() == code::kBadCredentials);
  CHECK(to_json(wrong.error()) == to_json(nobody.error()));
  CHECK(to_json(wrong.error()) == to_json(panel.verify("johndoe", "wrong").error()));
}

TEST_CASE("a password is changed by whoever knows the old one, and then the old one is wrong") {
  Panel panel;
  const auto id = panel.add("johndoe");
  const auto before = panel.get(id);
  panel.host.advance(std::chrono::hours(1));
  const auto change = [&](const char* old_password, const char* password) {
    return panel.ask("change_password",
                     {{"id", id}, {"old_password", old_password}, {"password", password}, {"address", "192.0.2.1"}});
  };
  CHECK(change("not-the-password", "N0t-guessed-yet").error().app_code() == code::kBadCredentials);
  const auto weak = change(Panel::kPassword, "password123");
  CHECK(weak.error().app_code() == code::kValidation);
  CHECK(weak.error().field() == "password");
  CHECK(change(Panel::kPassword, "johndoe@example.com").error().app_code() == code::kValidation);
  CHECK(panel.get(id).password_changed_us == before.password_changed_us);
  CHECK(panel.host.events().empty());

  const auto changed = change(Panel::kPassword, "N0t-guessed-yet");
  REQUIRE(changed.ok());
  const auto user = contracts::user_from(*changed);
  CHECK(user.password_changed_us == panel.host.sdk().now_us());
  CHECK(user.updated_us > before.updated_us);
  CHECK_FALSE(panel.opens("johndoe", Panel::kPassword));
  CHECK(panel.opens("johndoe", "N0t-guessed-yet"));
  REQUIRE(panel.host.events().size() == 1);
  CHECK(panel.host.events()[0].topic == contracts::kUserChangedTopic);
  REQUIRE(panel.host.invalidations().size() == 1);
  CHECK(panel.host.invalidations()[0].id == std::to_string(id));
}

TEST_CASE("the first administrator's making is in the trail") {
  Panel panel;
  const auto trail = panel.host.audit();
  REQUIRE(trail.size() == 1);
  CHECK(trail[0].action == "createInitialAdmin");
  CHECK(trail[0].target == "users/1");
  CHECK(trail[0].details.dump().find(Panel::kAdminPassword) == std::string::npos);
}

TEST_CASE("a wrong password, an unknown user and a disabled account are the same to whoever asks") {
  Panel panel;
  const auto id = panel.add("johndoe");
  const auto wrong = panel.ask("verify", {{"username", "johndoe"}, {"password", "not-the-password"}});
  const auto unknown = panel.ask("verify", {{"username", "nobody"}, {"password", "SecureP@ss123"}});
  REQUIRE(panel.host.sql("UPDATE users_accounts SET status = 'disabled' WHERE id = " + std::to_string(id)).ok());
  const auto disabled = panel.ask("verify", {{"username", "johndoe"}, {"password", "SecureP@ss123"}});
  for (const auto* answer : {&wrong, &unknown, &disabled}) {
    REQUIRE_FALSE(answer->ok());
    CHECK(answer->error().app_code() == code::kBadCredentials);
    CHECK(answer->error().details_key() == "users.wrong_credentials");
    CHECK(to_json(answer->error()) == to_json(wrong.error()));
  }
}

TEST_CASE("an unknown user takes as long as a wrong password") {
  Panel panel;
  panel.add("johndoe");
  const auto median = [&](const char* name) {
    std::vector<std::int64_t> times;
    for (int i = 0; i < 9; ++i) {
      const auto start = std::chrono::steady_clock::now();
      CHECK_FALSE(panel.ask("verify", {{"username", name}, {"password", "not-the-password"}}).ok());
      times.push_back((std::chrono::steady_clock::now() - start).count());
    }
    std::nth_element(times.begin(), times.begin() + 4, times.end());
    return static_cast<double>(times[4]);
  };
  const double known = median("johndoe"), unknown = median("nobody");
  CAPTURE(known);
  CAPTURE(unknown);
  // without the decoy it would be a hundredth; the machine may be busy
  CHECK(unknown > known / 3);
  CHECK(known > unknown / 3);
}

TEST_CASE("a registration that breaks a rule names the field") {
  using namespace std::string_literals;
  Panel panel;
  panel.add("taken");
  std::string emoji;
  for (int i = 0; i < 300; ++i) emoji += "😀";
  struct Row {
    const char* field;
    Json value;
    std::int32_t code;
    const char* named;
  };
  const Row rows[] = {{"username", "ab", code::kValidation, "username"},
                      {"username", "a b c", code::kValidation, "username"},
                      {"username", "TAKEN", code::kExists, ""},
                      {"email", "nonsense", code::kValidation, "email"},
                      {"email", "Taken@Example.com", code::kExists, ""},
                      {"password", "short", code::kValidation, "password"},
                      {"password", "password123", code::kValidation, "password"},
                      {"password", std::string(200, 'x'), code::kValidation, "password"},
                      {"password", "john@example.com", code::kValidation, "password"},
                      {"password", "secret-a\0b"s, code::kValidation, "password"},
                      {"username", emoji, code::kValidation, "username"},
                      {"username", "pаypal", code::kValidation, "username"},  // its second letter is Cyrillic
                      {"username", "ＴＡＫＥＮ", code::kExists, ""},
                      {"language", "tlh", code::kValidation, "language"}};
  for (const auto& row : rows) {
    CAPTURE(row.field);
    CAPTURE(row.value.dump());
    auto body = kJohn;
    body[row.field] = row.value;
    const auto refused = panel.ask("create", body);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().app_code() == row.code);
    CHECK(refused.error().field() == row.named);
  }
  CHECK(panel.ask("create", kJohn).ok());
}

TEST_CASE("nobody becomes administrator by asking for it") {
  Panel panel;
  auto body = kJohn;
  body["role"] = "admin";
  body["status"] = "disabled";
  body["avatar"] = "https://example.com/x";
  body["id"] = 1;
  const auto made = panel.ask("create", body);
  REQUIRE(made.ok());
  CHECK(contracts::user_from(*made).role == "user");
  CHECK(contracts::user_from(*made).status == "active");
  CHECK_FALSE(contracts::user_from(*made).avatar.has_value());
}

TEST_CASE("questions that make no sense are answered, not dropped") {
  Panel panel;
  CHECK(panel.ask("drop_tables", Json::object()).error().status() == Status::unsupported);
  CHECK_FALSE(panel.ask("verify", Json::array()).ok());
  CHECK_FALSE(panel.ask("verify", {{"username", 7}}).ok());
  CHECK(panel.ask("verify", Json::object()).error().app_code() == code::kBadCredentials);
}

TEST_CASE("a failure that cannot be counted is no answer") {
  Panel panel;
  panel.host.fail_next("db.exec", Status::unavailable);
  CHECK(panel.verify("admin", "not-the-password").error().app_code() == code::kUnavailable);
}

TEST_CASE("a database that is away is no wrong password") {
  Panel panel;
  panel.host.fail_next("db.query", Status::unavailable);
  const auto answer = panel.ask("verify", {{"username", "admin"}, {"password", "Adm1n-of-the-Panel"}});
  REQUIRE_FALSE(answer.ok());
  CHECK(answer.error().app_code() == code::kUnavailable);
}

TEST_CASE("the list is for administrators and has the documented members in order") {
  Panel panel;
  panel.add("anna");
  panel.add("bert");
  CHECK(panel.host.get("/api/v1/users", Principal::user()).app_code == code::kForbidden);
  CHECK(panel.host.get("/api/v1/users", Principal::nobody()).app_code == code::kTokenInvalid);

  const auto answer = panel.host.get("/api/v1/users?per_page=2&sort=id", Principal::admin());
  REQUIRE(answer.http_status == 200);
  CHECK(keys(answer.data) == std::vector<std::string>{"users", "pagination"});
  REQUIRE(answer.data["users"].size() == 2);
  const auto& first = answer.data["users"][0];
  CHECK(keys(first) == std::vector<std::string>{"id", "username", "email", "role", "status", "language", "created_at",
                                                "last_login_at"});
  CHECK(first["username"] == "admin");
  CHECK(first["email"] == "admin@localhost");
  CHECK(first["created_at"] == "2024-01-01T00:00:00Z");
  CHECK(first["last_login_at"].is_null());
  CHECK(answer.data["pagination"].dump() ==
        R"({"current_page":1,"per_page":2,"total_pages":2,"total_count":3,"has_next":true,"has_prev":false})");

  CHECK(panel.host.get("/api/v1/users?search=ANN", Principal::admin()).data["users"][0]["username"] == "anna");
  CHECK(panel.host.get("/api/v1/users?search=%EF%BC%A1nn", Principal::admin()).data["users"][0]["username"] == "anna");
  CHECK(panel.host.get("/api/v1/users?search=%25", Principal::admin()).data["users"].empty());
  CHECK(panel.host.get("/api/v1/users?role=admin", Principal::admin()).data["pagination"]["total_count"] == 1);
  CHECK(panel.host.get("/api/v1/users?page=4611686018427387904", Principal::admin()).data["users"].empty());
}

TEST_CASE("a user sees himself, an administrator everybody, and others are not there") {
  Panel panel;
  const auto anna = Principal::user(panel.add("anna"), "anna");
  const auto path = "/api/v1/users/" + std::to_string(anna.user_id);
  const auto own = panel.host.get(path, anna);
  REQUIRE(own.http_status == 200);
  CHECK(keys(own.data["user"]) == std::vector<std::string>{"id", "username", "email", "avatar", "role", "status",
                                                           "language", "created_at", "updated_at", "last_login_at"});
  CHECK(own.data["user"]["avatar"].is_null());
  CHECK(panel.host.get("/api/v1/users/me", anna).data == own.data);
  CHECK(panel.host.get(path, Principal::admin()).data == own.data);

  const auto hidden = panel.host.get("/api/v1/users/1", anna);
  const auto absent = panel.host.get("/api/v1/users/999", anna);
  CHECK(hidden.app_code == code::kNotFound);
  CHECK(absent.app_code == code::kNotFound);
  CHECK(hidden.details == absent.details);
  CHECK(panel.host.get("/api/v1/users/1e3", Principal::admin()).app_code == code::kNotFound);
}
