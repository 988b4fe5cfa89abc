// Who may call what: every route that exists, by everybody there is, against the table below.
#include "integration/scenario.h"

#include <doctest/doctest.h>

#include <thread>

using nexus::test::Answer;
using nexus::test::difference;
using nexus::test::Json;
using nexus::test::Scenario;

namespace {

enum class For { all, users, admins };

struct Access {
  For who = For::users;
  bool session = false;  // of a person, not for API tokens
  bool step_up = false;  // needs a recent authentication
};

constexpr Access kAll{For::all};
constexpr Access kUsers{For::users};
constexpr Access kAdmins{For::admins};
constexpr Access kPerson{For::users, true};
constexpr Access kPersonAgain{For::users, true, true};
constexpr Access kUsersAgain{For::users, false, true};
constexpr Access kAdminsAgain{For::admins, false, true};

// A new route belongs here before it ships.
const std::map<std::string, Access> kRoutes = {
    {"GET /healthz", kAll},
    {"GET /readyz", kAll},
    {"GET /api/v1/openapi.json", kAll},
    {"GET /api/v1/system/info", kUsers},
    {"GET /api/v1/plugins", kAdmins},
    {"GET /api/v1/plugins/{id}", kAdmins},
    {"GET /api/v1/audit", kAdmins},
    {"GET /api/v1/audit/export", kAdmins},

    {"POST /api/v1/auth/register", kAll},
    {"POST /api/v1/auth/login", kAll},
    {"POST /api/v1/auth/refresh", kAll},
    {"POST /api/v1/auth/2fa/verify", kAll},
    {"POST /api/v1/auth/logout", kPerson},
    {"POST /api/v1/auth/logout-all", kPerson},
    {"GET /api/v1/auth/sessions", kPerson},
    {"DELETE /api/v1/auth/sessions/{id}", kPerson},
    {"GET /api/v1/auth/2fa", kPerson},
    {"POST /api/v1/auth/2fa/setup", kPersonAgain},
    {"POST /api/v1/auth/2fa/enable", kPerson},
    {"POST /api/v1/auth/2fa/disable", kPersonAgain},
    {"POST /api/v1/auth/2fa/recovery-codes", kPersonAgain},
    {"POST /api/v1/auth/step-up", kPerson},
    {"POST /api/v1/auth/ws-tickets", kPerson},
    {"GET /api/v1/auth/keys", kAdmins},
    {"POST /api/v1/auth/keys/rotate", kAdminsAgain},
    {"PUT /api/v1/users/me/password", kPerson},
    {"GET /api/v1/users/me/tokens", kPerson},
    {"POST /api/v1/users/me/tokens", kPersonAgain},
    {"DELETE /api/v1/users/me/tokens/{id}", kPerson},
    {"GET /api/v1/users/{id}/sessions", kAdmins},
    {"DELETE /api/v1/users/{id}/sessions", kAdminsAgain},
    {"DELETE /api/v1/users/{id}/2fa", kAdminsAgain},

    {"GET /api/v1/users", kAdmins},
    {"POST /api/v1/users", kAdminsAgain},
    {"GET /api/v1/users/me", kUsers},
    {"PATCH /api/v1/users/me", kPerson},
    {"GET /api/v1/users/{id}", kUsers},
    {"PATCH /api/v1/users/{id}", kAdminsAgain},
    {"DELETE /api/v1/users/{id}", kAdminsAgain},
    {"PUT /api/v1/users/{id}/password", kAdminsAgain},
    {"POST /api/v1/users/{id}/unlock", kAdmins},
    {"GET /api/v1/roles", kUsers},

    {"GET /api/v1/servers", kUsers},
    {"POST /api/v1/servers", kUsers},
    {"GET /api/v1/servers/tags", kUsers},
    {"POST /api/v1/servers/import", kUsers},
    {"POST /api/v1/servers/batch", kUsers},
    {"POST /api/v1/servers/test-connection", kUsers},
    {"GET /api/v1/servers/{id}", kUsers},
    {"PATCH /api/v1/servers/{id}", kUsers},
    {"DELETE /api/v1/servers/{id}", kUsers},
    {"POST /api/v1/servers/{id}/test-connection", kUsers},
    {"GET /api/v1/servers/{id}/facts", kUsers},
    {"GET /api/v1/servers/{id}/metrics", kUsers},
    {"GET /api/v1/servers/host-keys", kUsers},
    {"GET /api/v1/servers/{id}/host-keys", kUsers},
    {"POST /api/v1/servers/{id}/host-keys/reject", kUsers},
    {"POST /api/v1/servers/{id}/host-keys/accept", kUsers},
    {"GET /api/v1/server-groups", kUsers},
    {"POST /api/v1/server-groups", kUsers},
    {"GET /api/v1/server-groups/{id}", kUsers},
    {"PATCH /api/v1/server-groups/{id}", kUsers},
    {"DELETE /api/v1/server-groups/{id}", kUsers},
    {"GET /api/v1/server-groups/{id}/grants", kUsers},
    {"PUT /api/v1/server-groups/{id}/grants", kUsers},
    {"GET /api/v1/ssh-keys", kUsers},
    {"POST /api/v1/ssh-keys", kUsers},
    {"GET /api/v1/ssh-keys/{id}", kUsers},
    {"PATCH /api/v1/ssh-keys/{id}", kUsers},
    {"DELETE /api/v1/ssh-keys/{id}", kUsersAgain},

    {"GET /api/v1/terminal/sessions", kUsers},
    {"DELETE /api/v1/terminal/sessions/{id}", kUsers},
    {"GET /api/v1/terminal/recordings", kUsers},
    {"GET /api/v1/terminal/recordings/{id}", kUsers},
    {"DELETE /api/v1/terminal/recordings/{id}", kAdminsAgain},
    {"GET /api/v1/terminal/recordings/{id}/content", kUsers},
};

struct Route {
  std::string method;
  std::string path;  // with an id that nothing has
};

Route concrete(const std::string& name) {
  const auto space = name.find(' ');
  Route route{name.substr(0, space), name.substr(space + 1)};
  if (const auto at = route.path.find("{id}"); at != std::string::npos) route.path.replace(at, 4, "424242");
  return route;
}

// Bodies are wrong on purpose: who may not call is told so before anybody looks at what was sent.
Answer call(Scenario& panel, const std::string& name, const std::string& token,
            const nexus::test::Headers& headers = {}) {
  const auto route = concrete(name);
  const auto body = route.method == "POST" || route.method == "PATCH" || route.method == "PUT" ? "{}" : "";
  return panel.send(route.method, route.path, body, token, headers);
}

bool ends_session(const std::string& name) { return name.find("logout") != std::string::npos; }

Json document(Scenario& panel) { return panel.get("/api/v1/openapi.json").body; }

// The operation of a route in the document.
Json operation_of(const Json& document, const std::string& name) {
  const auto space = name.find(' ');
  auto method = name.substr(0, space);
  for (auto& c : method) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return document.at("paths").at(name.substr(space + 1)).at(method);
}

std::string english_user(Scenario& panel) {
  const Json account = {
      {"username", "emma"}, {"email", "emma@example.com"}, {"password", Scenario::kPassword}, {"language", "en"}};
  REQUIRE(panel.post("/api/v1/auth/register", account).status == 201);
  return panel.log_in("emma");
}

// The secret of an API token of the admin's.
std::string api_token(Scenario& panel, const Json& scopes) {
  const auto made = panel.post("/api/v1/users/me/tokens", {{"name", scopes.dump()}, {"scopes", scopes}}, panel.admin());
  REQUIRE_MESSAGE(made.status == 201, made.text);
  return made.data().at("secret");
}

// A user of that role and status.
void change(Scenario& panel, const std::string& name, const Json& what) {
  const auto id = panel.get("/api/v1/users/me", panel.user(name)).data().at("user").at("id").get<int>();
  const auto changed = panel.patch("/api/v1/users/" + std::to_string(id), what, panel.admin());
  REQUIRE_MESSAGE(changed.status == 200, changed.text);
}

}  // namespace

TEST_CASE("every route there is stands in the table, and says in the document who may call it") {
  Scenario panel;
  const auto described = document(panel);
  std::size_t found = 0;
  for (const auto& [path, operations] : described.at("paths").items()) {
    for (const auto& [method, operation] : operations.items()) {
      auto name = method;
      for (auto& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      name += ' ' + path;
      CAPTURE(name);
      const auto known = kRoutes.find(name);
      REQUIRE_MESSAGE(known != kRoutes.end(), name << " is not in the table of this test");
      ++found;
      const auto& security = operation.at("security");
      const std::size_t schemes = known->second.who == For::all ? 0 : known->second.session ? 1 : 2;
      CHECK(security.size() == schemes);
      CHECK(operation.value("x-step-up", false) == known->second.step_up);
    }
  }
  CHECK(found == kRoutes.size());
}

TEST_CASE("without a token, whatever needs one answers 401 in the language of the browser") {
  Scenario panel;
  for (const auto& [name, access] : kRoutes) {
    CAPTURE(name);
    const auto chinese = call(panel, name, "");
    if (access.who == For::all) {
      CHECK(chinese.status != 401);
      CHECK(chinese.status != 403);
      continue;
    }
    CHECK(chinese.status == 401);
    CHECK(difference(
              R"({"code":40003,"message":"令牌无效","details":"缺少访问令牌，或令牌无效","request_id":"<string>"})",
              chinese.body) == "");
    const auto english = call(panel, name, "", {{"Accept-Language", "en"}});
    CHECK(english.status == 401);
    CHECK(difference(R"({"code":40003,"message":"Invalid token","details":"<string>","request_id":"<string>"})",
                     english.body) == "");
  }
}

TEST_CASE("a token that has expired, or whose user was disabled, opens no route at all") {
  Scenario panel({.config = "auth: {access_token_seconds: 3}"});
  change(panel, "dora", {{"status", "disabled"}});
  const auto disabled = panel.user("dora");
  for (const auto& [name, access] : kRoutes) {
    CAPTURE(name);
    CHECK(call(panel, name, disabled).status == 401);
  }
  const auto expired = panel.user("anna");
  std::this_thread::sleep_for(std::chrono::seconds(4));
  for (const auto& [name, access] : kRoutes) {
    CAPTURE(name);
    const auto refused = call(panel, name, expired);
    CHECK(refused.status == 401);
    CHECK(refused.code() == 40002);
  }
}

TEST_CASE("who is no admin is told so, in the language of the profile") {
  Scenario panel;
  const auto chinese_token = panel.user("anna");
  const auto english_token = english_user(panel);
  change(panel, "otto", {{"role", "operator"}});
  for (const auto& [name, access] : kRoutes) {
    if (access.who != For::admins) continue;
    CAPTURE(name);
    const auto chinese = call(panel, name, chinese_token, {{"Accept-Language", "en"}});
    CHECK(chinese.status == 403);
    CHECK(
        difference(R"({"code":40301,"message":"权限不足","details":"您没有执行此操作的权限","request_id":"<string>"})",
                   chinese.body) == "");
    const auto english = call(panel, name, english_token, {{"Accept-Language", "zh-CN"}});
    CHECK(english.status == 403);
    CHECK(difference(R"({"code":40301,"message":"Permission denied","details":"You are not permitted to do this",
                       "request_id":"<string>"})",
                     english.body) == "");
    CHECK(call(panel, name, panel.user("otto")).status == 403);
  }
}

TEST_CASE("users and operators reach all that is for users, and an admin everything") {
  Scenario panel;
  change(panel, "otto", {{"role", "operator"}});
  for (const auto& [name, access] : kRoutes) {
    CAPTURE(name);
    for (const char* user : {"admin", "anna", "otto"}) {
      CAPTURE(user);
      const bool is_admin = user == std::string("admin");
      if (access.who == For::admins && !is_admin) continue;
      const auto kept = is_admin ? panel.admin() : panel.user(user);
      const auto answer = call(panel, name, ends_session(name) ? panel.log_in(user) : kept);
      CHECK(answer.status != 401);
      CHECK(answer.status != 403);
      if (ends_session(name)) panel.forget_tokens();
    }
  }
}

TEST_CASE("an API token opens what its scopes name, and nothing that is a person's") {
  Scenario panel;
  const auto described = document(panel);
  const auto everything = api_token(panel, {"*"});
  const auto elevated = api_token(panel, {"*", "elevated"});
  const auto wrong = api_token(panel, {"host.plugins"});
  for (const auto& [name, access] : kRoutes) {
    CAPTURE(name);
    if (access.who == For::all) continue;
    const auto permission = operation_of(described, name).value("x-permission", std::string());
    const auto by_all = call(panel, name, everything);
    const auto by_elevated = call(panel, name, elevated);
    const auto by_wrong = call(panel, name, wrong);
    if (access.session) {
      for (const auto* answer : {&by_all, &by_elevated, &by_wrong}) CHECK(answer->code() == 40301);
      continue;
    }
    CHECK(by_elevated.status != 403);
    CHECK(by_all.code() == (access.step_up ? 40302 : by_elevated.code()));
    if (permission.empty() || permission == "host.plugins") {
      CHECK(by_wrong.status != 403);
    } else {
      CHECK(by_wrong.code() == 40301);
      CHECK(by_wrong.body.value("missing_scope", std::string()) == permission);
      CHECK(by_wrong.body.at("details").get<std::string>().find(permission) != std::string::npos);
    }
  }
}

TEST_CASE("what is dangerous needs a recent authentication, and a step-up opens it again") {
  Scenario panel({.config = "auth: {step_up_seconds: 2}"});
  const auto admin = panel.admin();
  std::this_thread::sleep_for(std::chrono::milliseconds(2500));
  for (const auto& [name, access] : kRoutes) {
    if (ends_session(name) || access.who == For::all) continue;
    CAPTURE(name);
    const auto answer = call(panel, name, admin);
    CHECK((answer.code() == 40302) == access.step_up);
  }
  const auto wrong = panel.post("/api/v1/auth/step-up", {{"password", "not the password"}}, admin);
  CHECK(wrong.code() == 40001);
  CHECK(call(panel, "POST /api/v1/users", admin).code() == 40302);
  const auto right = panel.post("/api/v1/auth/step-up", {{"password", "Adm1n-of-the-Panel"}}, admin);
  CHECK(right.status == 200);
  CHECK(call(panel, "POST /api/v1/users", admin).code() == 42201);
}
