// What administrators do to accounts.
#include "panel_fixture.h"

using namespace nexus;
using namespace nexus::users;
using nexus::testing::Principal;

namespace {

Principal admin_without_step_up() {
  auto who = Principal::admin();
  who.elevated_until_us = 0;
  return who;
}

const Json kNew = {{"username", "erik"}, {"email", "erik@example.com"}, {"password", "SecureP@ss123"}};

}  // namespace

TEST_CASE("the routes are for administrators, and the dangerous ones for those who have just shown who they are") {
  Panel panel;
  const auto id = panel.add("anna");
  struct Row {
    const char* method;
    std::string path;
    Json body;
    bool dangerous;
  };
  const Row rows[] = {{"POST", "/api/v1/users", kNew, true},
                      {"PATCH", path_of(id), {{"role", "operator"}}, true},
                      {"PUT", path_of(id, "/password"), Json::object(), true},
                      {"POST", path_of(id, "/unlock"), Json::object(), false},
                      {"DELETE", path_of(id), nullptr, true}};
  for (const auto& row : rows) {
    CAPTURE(row.method);
    CAPTURE(row.path);
    CHECK(panel.send(row.method, row.path, row.body, Principal::nobody()).app_code == code::kTokenInvalid);
    for (const auto& who : {Principal::user(), Principal::with_role("operator"), Principal::user(id, "anna")}) {
      CHECK(panel.send(row.method, row.path, row.body, who).app_code == code::kForbidden);
    }
    const auto without = panel.send(row.method, row.path, row.body, admin_without_step_up());
    CHECK(without.app_code == (row.dangerous ? code::kStepUpNeeded : 0));
  }
  CHECK(panel.get(id).role == "user");
  CHECK(panel.host.permissions() == std::vector<std::string>{"users.read", "users.write"});
  CHECK(panel.host.get("/api/v1/users", Principal::with_role("operator")).app_code == code::kForbidden);
}

TEST_CASE("an administrator creates an account of any role") {
  Panel panel;
  auto body = kNew;
  body.update({{"role", "operator"}, {"language", "en"}, {"status", "disabled"}, {"avatar", "https://example.com/a"}});
  const auto made = panel.host.post("/api/v1/users", body, Principal::admin());
  REQUIRE(made.http_status == 201);
  const auto& user = made.data["user"];
  CHECK(user["username"] == "erik");
  CHECK(user["role"] == "operator");
  CHECK(user["status"] == "disabled");
  CHECK(user["avatar"] == "https://example.com/a");
  CHECK(made.audit.target == "users/" + user["id"].dump());
  CHECK(made.audit.details_json.find("operator") != std::string::npos);
  CHECK(made.audit.details_json.find("SecureP@ss123") == std::string::npos);
  CHECK_FALSE(panel.opens("erik", "SecureP@ss123"));  // disabled

  const auto plain = panel.host.post("/api/v1/users",
                                     {{"username", "fred"}, {"email", "f@example.com"}, {"password", Panel::kPassword}},
                                     Principal::admin());
  REQUIRE(plain.http_status == 201);
  CHECK(plain.data["user"]["role"] == "user");
  CHECK(plain.data["user"]["status"] == "active");
  CHECK(plain.data["user"]["language"] == "zh-CN");
  CHECK(plain.data["user"]["avatar"].is_null());
  CHECK(panel.opens("fred", Panel::kPassword));
}

TEST_CASE("an account that breaks a rule is refused, and the field is named") {
  Panel panel;
  panel.add("taken");
  struct Row {
    const char* field;
    Json value;
    std::int32_t code;
  };
  const Row rows[] = {{"username", "TAKEN", code::kExists},
                      {"email", "Taken@example.com", code::kExists},
                      {"username", "a b", code::kValidation},
                      {"email", "josé@example.com", code::kValidation},
                      {"password", "password1", code::kValidation},
                      {"role", "king", code::kValidation},
                      {"status", "asleep", code::kValidation},
                      {"language", "tlh", code::kValidation},
                      {"avatar", "javascript:alert(1)", code::kValidation}};
  for (const auto& row : rows) {
    CAPTURE(row.field);
    auto body = kNew;
    body[row.field] = row.value;
    const auto refused = panel.host.post("/api/v1/users", body, Principal::admin());
    CHECK(refused.app_code == row.code);
    CHECK(refused.field == (row.code == code::kValidation ? row.field : ""));
    CHECK_FALSE(refused.details.empty());
  }
}

TEST_CASE("a change acts on the next request: the host forgets, others are told, the trail says from what to what") {
  Panel panel;
  const auto id = panel.add("anna");
  panel.host.advance(std::chrono::seconds(5));
  const Json change = {{"username", "Anna.Maria"}, {"email", "am@example.com"}, {"role", "operator"},
                       {"status", "disabled"},     {"language", "en"},          {"avatar", "https://example.com/a"}};
  const auto changed = panel.host.patch(path_of(id), change, Principal::admin());
  REQUIRE(changed.http_status == 200);
  for (const auto& [member, value] : change.items()) CHECK(changed.data["user"][member] == value);
  CHECK(changed.data["user"]["updated_at"] == "2024-01-01T00:00:05Z");
  CHECK(panel.host.get(path_of(id), Principal::admin()).data == changed.data);

  REQUIRE(panel.host.invalidations().size() == 1);
  CHECK(panel.host.invalidations()[0].kind == NX_INVALIDATE_USER);
  CHECK(panel.host.invalidations()[0].id == std::to_string(id));
  REQUIRE(panel.host.events().size() == 1);
  CHECK(panel.host.events()[0].topic == contracts::kUserChangedTopic);
  CHECK(panel.host.events()[0].payload == Json{{"id", id}});
  CHECK(changed.audit.target == "users/" + std::to_string(id));
  const auto details = Json::parse(changed.audit.details_json);
  CHECK(details["role"] == Json{{"from", "user"}, {"to", "operator"}});
  CHECK(details["avatar"]["from"].is_null());
  CHECK(details.size() == 6);

  const auto without = panel.host.patch(path_of(id), {{"avatar", nullptr}}, Principal::admin());
  CHECK(without.data["user"]["avatar"].is_null());
  CHECK(without.data["user"]["role"] == "operator");
  CHECK(panel.host.patch(path_of(999), {{"language", "en"}}, Principal::admin()).app_code == code::kNotFound);
  CHECK(panel.host.patch("/api/v1/users/x", {{"language", "en"}}, Principal::admin()).app_code == code::kNotFound);
}

TEST_CASE("names of others are refused, the own in another spelling is taken") {
  Panel panel;
  const auto id = panel.add("anna");
  panel.add("bert");
  CHECK(panel.host.patch(path_of(id), {{"username", "ＢＥＲＴ"}}, Principal::admin()).app_code == code::kExists);
  CHECK(panel.host.patch(path_of(id), {{"email", "BERT@example.com"}}, Principal::admin()).app_code == code::kExists);
  CHECK(panel.host.patch(path_of(id), {{"username", "😀😀😀"}}, Principal::admin()).field == "username");
  CHECK(panel.host.events().empty());
  CHECK(panel.host.patch(path_of(id), {{"username", "ANNA"}}, Principal::admin()).data["user"]["username"] == "ANNA");
}

TEST_CASE("nothing but what is named can be set") {
  Panel panel;
  const auto id = panel.add("anna");
  const auto before = panel.get(id);
  const auto answer = panel.host.patch(
      path_of(id), {{"id", 1}, {"password_hash", "x"}, {"created_us", 1}, {"password", "x"}, {"language", "en"}},
      Principal::admin());
  CHECK(answer.http_status == 200);
  const auto after = panel.get(id);
  CHECK(after.created_us == before.created_us);
  CHECK(after.password_changed_us == before.password_changed_us);
  CHECK(panel.opens("anna", Panel::kPassword));
}

TEST_CASE("who has seen another state does not overwrite it") {
  Panel panel;
  const auto id = panel.add("anna");
  const auto seen = panel.host.get(path_of(id), Principal::admin());
  const auto tag = seen.headers.at("ETag");
  const auto first = panel.send("PATCH", path_of(id), {{"language", "en"}}, Principal::admin(), {{"If-Match", tag}});
  REQUIRE(first.http_status == 200);
  CHECK(first.headers.at("ETag") != tag);
  CHECK(panel.host.get(path_of(id), Principal::admin()).headers.at("ETag") == first.headers.at("ETag"));

  const auto second =
      panel.send("PATCH", path_of(id), {{"language", "zh-CN"}}, Principal::admin(), {{"If-Match", tag}});
  CHECK(second.app_code == code::kExists);
  CHECK_FALSE(second.details.empty());
  CHECK(panel.get(id).language == "en");
  CHECK(
      panel.send("PATCH", path_of(id), {{"language", "zh-CN"}}, Principal::admin(), {{"If-Match", "*"}}).http_status ==
      200);
}

TEST_CASE("a removed account is gone, with its counters, and its name is free") {
  Panel panel;
  const auto id = panel.add("anna");
  panel.guess("anna", 5, "203.0.113.1");
  const auto removed = panel.host.del(path_of(id), Principal::admin());
  CHECK(removed.http_status == 200);
  CHECK(removed.data.is_null());
  CHECK(removed.audit.target == "users/" + std::to_string(id));
  CHECK(removed.audit.details_json.find("anna") != std::string::npos);
  REQUIRE(panel.host.events().size() == 2);
  CHECK(panel.host.events()[0].topic == contracts::kUserRemovedTopic);
  CHECK(panel.host.events()[1].topic == contracts::kUserChangedTopic);
  CHECK(panel.host.invalidations().size() == 1);
  CHECK(panel.host.get(path_of(id), Principal::admin()).app_code == code::kNotFound);
  CHECK(panel.host.del(path_of(id), Principal::admin()).app_code == code::kNotFound);
  // a counter that is still there would refuse another of that name
  CHECK(panel.host
            .sql("INSERT INTO users_guesses (account_id, network, known_us, failures, closings, closed_until_us, "
                 "last_failure_us) VALUES (" +
                 std::to_string(id) + ", '', 0, 0, 0, 0, 0)")
            .ok());
  CHECK(panel.add("anna") != id);
  CHECK(panel.opens("anna", Panel::kPassword, "203.0.113.1"));
}

TEST_CASE("the last active administrator stays what he is") {
  Panel panel;
  const auto refused = [&](const testing::Answer& answer) {
    CHECK(answer.app_code == code::kWrongState);
    CHECK(answer.http_status == 409);
  };
  const auto all_refused = [&] {
    refused(panel.host.patch(path_of(1), {{"role", "user"}}, Principal::admin()));
    refused(panel.host.patch(path_of(1), {{"status", "disabled"}}, Principal::admin()));
    refused(panel.host.del(path_of(1), Principal::admin()));
  };
  all_refused();
  const auto second = panel.add("second");
  CHECK(
      panel.host.patch(path_of(second), {{"role", "admin"}, {"status", "disabled"}}, Principal::admin()).http_status ==
      200);
  all_refused();  // one who is disabled does not count
  CHECK(panel.host.patch(path_of(second), {{"status", "active"}}, Principal::admin()).http_status == 200);
  CHECK(panel.host.patch(path_of(1), {{"role", "admin"}, {"language", "en"}}, Principal::admin()).http_status == 200);
  CHECK(panel.host.patch(path_of(1), {{"role", "user"}}, Principal::admin()).http_status == 200);
  CHECK(panel.host.del(path_of(second), Principal::admin()).app_code == code::kWrongState);
  CHECK(panel.host.del(path_of(1), Principal::admin()).http_status == 200);
}

TEST_CASE("a password is reset to a given one or to a random one that is shown once") {
  Panel panel;
  const auto id = panel.add("anna");
  panel.host.advance(std::chrono::hours(1));
  const auto given = panel.host.put(path_of(id, "/password"), {{"password", "N0t-guessed-yet"}}, Principal::admin());
  REQUIRE(given.http_status == 200);
  CHECK_FALSE(given.data.contains("password"));
  CHECK(panel.opens("anna", "N0t-guessed-yet"));
  CHECK_FALSE(panel.opens("anna", Panel::kPassword));
  CHECK(panel.get(id).password_changed_us == panel.host.sdk().now_us());
  CHECK(panel.host.invalidations().size() == 1);
  CHECK(panel.host.events().size() == 1);

  const auto random = panel.host.put(path_of(id, "/password"), Json::object(), Principal::admin());
  const auto password = random.data.at("password").get<std::string>();
  CHECK(password.size() == 24);
  CHECK(panel.opens("anna", password));
  CHECK(random.audit.details_json.find(password) == std::string::npos);
  CHECK(given.audit.details_json.find("N0t-guessed-yet") == std::string::npos);
  for (const auto& line : panel.host.log()) CHECK(line.message.find(password) == std::string::npos);

  CHECK(panel.host.put(path_of(id, "/password"), {{"password", "password1"}}, Principal::admin()).field == "password");
  CHECK(panel.host.put(path_of(999, "/password"), Json::object(), Principal::admin()).app_code == code::kNotFound);
}

TEST_CASE("roles are listed with their permissions, in the caller's language") {
  Panel panel;
  panel.host.grant("operator", "servers.write");
  const auto answer = panel.host.get("/api/v1/roles", Principal::user());
  REQUIRE(answer.http_status == 200);
  const auto& roles = answer.data["roles"];
  REQUIRE(roles.size() == 3);
  CHECK(roles[0]["name"] == "admin");
  CHECK(roles[0]["title"] == "Administrator");
  CHECK(roles[0]["permissions"].size() == 3);
  CHECK(roles[1]["permissions"].size() == 1);
  CHECK(roles[1]["permissions"][0]["name"] == "servers.write");
  CHECK(roles[2]["permissions"].empty());
  CHECK(roles[0]["permissions"][2] == Json{{"name", "users.write"}, {"title", "Manage users"}});
  auto chinese = Principal::user();
  chinese.locale = "zh-CN";
  CHECK(panel.host.get("/api/v1/roles", chinese).data["roles"][0]["title"] == "管理员");
  CHECK(panel.host.get("/api/v1/roles", Principal::nobody()).app_code == code::kTokenInvalid);
}
