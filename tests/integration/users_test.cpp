// The list and the detail of users.
#include "integration/scenario.h"
#include "support/http_client.h"

#include <doctest/doctest.h>

#include <array>
#include <cstdio>
#include <thread>

using nexus::test::difference;
using nexus::test::HttpClient;
using nexus::test::Json;
using nexus::test::Scenario;

namespace {

std::string path_of(Scenario& panel, const std::string& name) {
  const auto me = panel.get("/api/v1/users/me", name == "admin" ? panel.admin() : panel.user(name));
  return "/api/v1/users/" + std::to_string(me.data().at("user").at("id").get<int>());
}

}  // namespace

TEST_CASE("an admin lists users page by page, filtered and searched") {
  Scenario panel;
  const auto admin = panel.admin();
  for (const char* name : {"anna", "bert", "carl_x"}) panel.user(name);

  const auto first = panel.get("/api/v1/users?per_page=2&sort=id", admin);
  CHECK(first.status == 200);
  CHECK(difference(R"({"code":200,"message":"成功","data":{"users":[
      {"id":1,"username":"admin","email":"admin@localhost","role":"admin","status":"active","language":"zh-CN",
       "created_at":"<time>","last_login_at":"<time>"},
      {"id":"<int>","username":"anna","email":"anna@example.com","role":"user","status":"active","language":"zh-CN",
       "created_at":"<time>","last_login_at":"<time>"}],
      "pagination":{"current_page":1,"per_page":2,"total_pages":2,"total_count":4,"has_next":true,"has_prev":false}}})",
                   first.body) == "");

  const auto names = [&](const std::string& query) {
    const auto answer = panel.get("/api/v1/users?" + query, admin);
    std::string found;
    for (const auto& user : answer.data().at("users")) found += user.at("username").get<std::string>() + ' ';
    return found;
  };
  CHECK(names("page=2&per_page=2&sort=id") == "bert carl_x ");
  CHECK(names("page=2&per_page=3&sort=id") == "carl_x ");
  CHECK(names("sort=-username") == "carl_x bert anna admin ");
  CHECK(names("sort=email&role=user") == "anna bert carl_x ");
  CHECK(names("search=bert@example") == "bert ");
  CHECK(panel.get("/api/v1/users?page=9", admin).data().at("users").empty());
  CHECK(panel.get("/api/v1/users?page=4611686018427387904", admin).data().at("users").empty());
  CHECK(names("role=admin") == "admin ");
  CHECK(panel.get("/api/v1/users?status=disabled", admin).data().at("users").empty());
  CHECK(panel.get("/api/v1/users?search=ANN", admin).data().at("users").at(0).at("username") == "anna");
  // In a search, % and _ are themselves.
  CHECK(panel.get("/api/v1/users?search=l_x", admin).data().at("users").size() == 1);
  CHECK(panel.get("/api/v1/users?search=%25", admin).data().at("users").empty());
}

TEST_CASE("a user sees himself and nobody else") {
  Scenario panel;
  panel.admin();
  const auto token = panel.user("anna");
  const auto me = panel.get("/api/v1/users/me", token);
  REQUIRE(me.status == 200);
  const auto id = me.data().at("user").at("id").get<int>();

  const auto detail = panel.get("/api/v1/users/" + std::to_string(id), token);
  CHECK(difference(
            R"({"code":200,"message":"成功","data":{"user":{"id":"<int>","username":"anna","email":"anna@example.com",
      "avatar":null,"role":"user","status":"active","language":"zh-CN","created_at":"<time>","updated_at":"<time>",
      "last_login_at":"<time>"}}})",
            detail.body) == "");

  const auto other = panel.get("/api/v1/users/1", token);
  CHECK(other.status == 404);
  CHECK(other.code() == 40401);
  CHECK(other.body.at("message") == "资源未找到");

  const auto list = panel.get("/api/v1/users", token);
  CHECK(list.status == 403);
  CHECK(difference(R"({"code":40301,"message":"权限不足","details":"<string>","request_id":"<string>"})", list.body) ==
        "");
}

TEST_CASE("a query that makes no sense is refused and named") {
  Scenario panel;
  const auto admin = panel.admin();
  for (const char* query : {"per_page=101", "per_page=0", "page=0", "page=-1", "page=x", "page=1&page=2", "colour=red",
                            "role=king", "sort=password_hash", "page=99999999999999999999"}) {
    CAPTURE(query);
    const auto refused = panel.get(std::string("/api/v1/users?") + query, admin);
    CHECK(refused.status == 400);
    CHECK(refused.code() == 40000);
    CHECK(refused.body.at("details").get<std::string>().find(
              std::string(query).substr(0, std::string(query).find('='))) != std::string::npos);
  }
}

TEST_CASE("the first admin gets a random password that is kept until the first login") {
  Scenario panel({.admin_password = ""});
  std::string password;
  const auto read = [&] {
    FILE* file = std::fopen((panel.data_dir() + "/initial-admin-password").c_str(), "r");
    if (file == nullptr) return false;
    char line[256] = {};
    const bool found = std::fgets(line, sizeof line, file) != nullptr;
    std::fclose(file);
    password = line;
    while (!password.empty() && password.back() == '\n') password.pop_back();
    return found;
  };
  REQUIRE(read());
  CHECK(password.size() >= 16);
  for (const char* guess : {"admin", "password", ""}) {
    CHECK(panel.post("/api/v1/auth/login", {{"username", "admin"}, {"password", guess}}).status != 200);
  }
  CHECK(read());
  CHECK(panel.post("/api/v1/auth/login", {{"username", "admin"}, {"password", password}}).status == 200);
  CHECK_FALSE(read());
}

TEST_CASE("names are one name in every spelling, on both databases") {
  Scenario panel;
  const auto admin = panel.admin();
  const auto add = [&](const std::string& name, const std::string& email) {
    return panel.post("/api/v1/users", {{"username", name}, {"email", email}, {"password", Scenario::kPassword}},
                      admin);
  };
  const auto made = add("Jose\u0301", "Jose@Example.com");
  REQUIRE(made.status == 201);
  CHECK(made.data().at("user").at("username") == "Jos\u00e9");
  CHECK(add("JOS\u00c9", "other@example.com").code() == 40901);
  CHECK(add("another", "JOSE@example.COM").code() == 40901);
  CHECK(add("\uff21\uff24\uff2d\uff29\uff2e", "other@example.com").code() == 40901);  // full-width ADMIN
  CHECK(add("Jose", "other@example.com").status == 201);                              // without its accent another name
  // names of the longest keys: 21 letters of three bytes
  std::string longest;
  for (int i = 0; i < 21; ++i) longest += "\u5f20";
  CHECK(add(longest, "long@example.com").status == 201);
  CHECK(add(longest + "ab", "long2@example.com").status == 422);
  for (const char* name : {"JOSE\u0301", "jos\u00e9", "jose@example.com"}) {
    CAPTURE(name);
    CHECK(panel.post("/api/v1/auth/login", {{"username", name}, {"password", Scenario::kPassword}}).status == 200);
  }
  for (const char* name : {"jos\u00e9 ", "jose@example.com ", " jos\u00e9"}) {
    CAPTURE(name);
    CHECK(panel.post("/api/v1/auth/login", {{"username", name}, {"password", Scenario::kPassword}}).status == 401);
  }
  CHECK(panel.get("/api/v1/users?search=OSE%CC%81", admin).data().at("users").size() == 1);
}

TEST_CASE("what an administrator changes acts on the next request") {
  Scenario panel;
  const auto admin = panel.admin();
  const auto anna = panel.user("anna");
  const auto path = path_of(panel, "anna");
  const auto reads_users = [&] { return panel.get("/api/v1/users", anna).status; };
  CHECK(reads_users() == 403);
  REQUIRE(panel.patch(path, {{"role", "admin"}}, admin).status == 200);
  CHECK(reads_users() == 200);
  REQUIRE(panel.patch(path, {{"role", "user"}}, admin).status == 200);
  CHECK(reads_users() == 403);
  REQUIRE(panel.patch(path, {{"status", "disabled"}}, admin).status == 200);
  CHECK(reads_users() == 401);
  REQUIRE(panel.patch(path, {{"status", "active"}}, admin).status == 200);

  const auto again = panel.log_in("anna");
  CHECK(panel.get("/api/v1/users/me", again).status == 200);
  const auto reset = panel.send("PUT", path + "/password", "{}", admin);
  REQUIRE(reset.status == 200);
  CHECK(panel.get("/api/v1/users/me", again).status == 401);
  const auto log_in = [&](const Json& password) {
    return panel.post("/api/v1/auth/login", {{"username", "anna"}, {"password", password}});
  };
  CHECK(log_in(Scenario::kPassword).status == 401);
  const auto password = reset.data().at("password").get<std::string>();
  CHECK(panel.log().find(password) == std::string::npos);
  const auto last = log_in(password).data().at("access_token").get<std::string>();
  CHECK(panel.get("/api/v1/users/me", last).status == 200);
  REQUIRE(panel.remove(path, admin).status == 200);
  CHECK(panel.get("/api/v1/users/me", last).status == 401);
  CHECK(log_in(password).status == 401);
}

TEST_CASE("unknown and wrong members of a body are refused and named; another's state is not overwritten") {
  Scenario panel;
  const auto admin = panel.admin();
  panel.user("anna");
  const auto path = path_of(panel, "anna");
  const Json bodies[] = {Json::object(),           {{"password", "x"}},   {{"role", "king"}},   {{"role", nullptr}},
                         {{"created_at", "2024"}}, {{"language", "tlh"}}, {{"username", 7}},    {{"status", "gone"}},
                         {{"avatar", "x"}},        {{"email", "x"}},      {{"username", "a b"}}};
  for (const auto& body : bodies) {
    CAPTURE(body.dump());
    CHECK(panel.patch(path, body, admin).status == 422);
  }
  const auto seen = panel.get(path, admin);
  const auto tag = seen.headers.at("etag");
  REQUIRE(panel.patch(path, {{"avatar", "https://example.com/a.png"}}, admin).status == 200);
  const auto stale = panel.send("PATCH", path, R"({"avatar":null})", admin, {{"If-Match", tag}});
  CHECK(stale.status == 409);
  CHECK(stale.code() == 40901);
  const auto fresh = panel.get(path, admin).headers.at("etag");
  CHECK(panel.send("PATCH", path, R"({"avatar":null})", admin, {{"If-Match", "\"x\", " + fresh}}).status == 200);
  CHECK(panel.get(path, admin).data().at("user").at("avatar").is_null());
}

TEST_CASE("of two last administrators one remains, whatever both do at the same moment") {
  Scenario panel;
  panel.user("second");
  const std::array<std::string, 2> paths{path_of(panel, "admin"), path_of(panel, "second")};
  const auto promote = [&](const std::string& path, const std::string& token) {
    REQUIRE(panel.patch(path, {{"role", "admin"}}, token).status == 200);
  };
  promote(paths[1], panel.admin());
  const std::array<std::string, 2> tokens{panel.admin(), panel.user("second")};
  for (int round = 0; round < 20; ++round) {
    CAPTURE(round);
    const bool each_other = round % 2 == 0;
    std::array<int, 2> statuses{};
    const auto demote = [&](std::size_t who) {
      HttpClient client(panel.port());
      client.set_bearer(tokens[who]);
      statuses[who] = client.request("PATCH", paths[each_other ? 1 - who : who], R"({"role":"user"})").status;
    };
    std::thread other(demote, 1);
    demote(0);
    other.join();
    CAPTURE(statuses[0]);
    CAPTURE(statuses[1]);
    CHECK((statuses[0] == 200) + (statuses[1] == 200) == 1);
    // the other one is told that he would be the last, or found himself no administrator any more
    const auto winner = statuses[0] == 200 ? std::size_t{0} : std::size_t{1};
    const int lost = statuses[1 - winner];
    CHECK((lost == 409 || (each_other && lost == 403)));
    const auto left = each_other ? winner : 1 - winner;
    promote(paths[1 - left], tokens[left]);
  }
}
