// The list and the detail of users.
#include "integration/scenario.h"

#include <doctest/doctest.h>

#include <cstdio>

using nexus::test::difference;
using nexus::test::Json;
using nexus::test::Scenario;

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
