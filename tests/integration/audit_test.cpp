// The audit trail of a real panel: what stands in it, who may read it, and that nothing acknowledged is missing.
#include "integration/scenario.h"
#include "support/panel_process.h"

#include <doctest/doctest.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <thread>

using nexus::test::Answer;
using nexus::test::difference;
using nexus::test::Json;
using nexus::test::Scenario;
using Clock = std::chrono::steady_clock;

namespace {

const char* const kSecret = "S3cret-of-server";

const char* const kEntry = R"({
  "id": "<int>", "time": "<any>", "user": "<any>", "session_id": "<any>", "token_id": "<any>", "plugin": "<string>",
  "action": "<string>", "method": "<string>", "path": "<string>", "target": "<string>", "remote_address": "127.0.0.1",
  "request_id": "<string>", "status": "<int>", "code": "<int>", "result": "<string>", "details": "<any>"})";

Json entries(Scenario& panel, const std::string& query) {
  const auto answer = panel.get("/api/v1/audit?" + query, panel.admin());
  REQUIRE_MESSAGE(answer.status == 200, answer.text);
  return answer.data().at("entries");
}

// Refusals are recorded behind their answers.
Json wait_for(Scenario& panel, const std::string& query, std::size_t count = 1) {
  const auto end = Clock::now() + std::chrono::seconds(10);
  for (;;) {
    auto found = entries(panel, query);
    if (found.size() >= count || Clock::now() > end) return found;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

Json only(Scenario& panel, const std::string& query) {
  const auto found = wait_for(panel, query);
  REQUIRE_MESSAGE(found.size() == 1, query << ": " << found.dump());
  return found.at(0);
}

std::string of_request(const Answer& answer) { return "request_id=" + answer.headers.at("x-request-id"); }

Answer add_server(Scenario& panel, const std::string& name, const std::string& token) {
  return panel.post("/api/v1/servers",
                    {{"name", name}, {"host", "192.0.2.7"}, {"ssh_user", "root"}, {"password", kSecret}}, token);
}

nexus::test::ProgramResult run(Scenario& panel, std::vector<std::string> words) {
  words.insert(words.end(), {"--config", panel.config_file(), "--data-dir", panel.data_dir()});
  return nexus::test::run_panel_program(words);
}

void check_unbroken(Scenario& panel) {
  const auto verified = run(panel, {"audit", "verify"});
  CHECK_MESSAGE(verified.status == 0, verified.errors);
  CHECK(verified.output.find("the chain is unbroken") != std::string::npos);
}

}  // namespace

TEST_CASE("what people do stands in the trail with who, what, on what, from where, request and result") {
  Scenario panel;
  const auto anna = panel.user("anna");
  const auto id = panel.get("/api/v1/users/me", anna).data().at("user").at("id").get<std::int64_t>();

  const auto registered = only(panel, "action=register");
  CHECK(difference(kEntry, registered) == "");
  CHECK(registered.at("user").at("name") == "anna");
  CHECK(registered.at("target") == "users/" + std::to_string(id));
  CHECK(registered.at("status") == 201);
  CHECK(registered.at("result") == "ok");

  const auto wrong = panel.post("/api/v1/auth/login", {{"username", "anna"}, {"password", "Wrong-guess-77"}});
  REQUIRE(wrong.status == 401);
  const auto refused = only(panel, of_request(wrong));
  CHECK(refused.at("user") == Json{{"id", nullptr}, {"name", "anna"}});
  CHECK(refused.at("action") == "login");
  CHECK(refused.at("result") == "denied");
  CHECK(refused.at("status") == 401);
  CHECK(refused.at("code") == 40001);

  const auto denied = panel.get("/api/v1/users", anna);
  REQUIRE(denied.status == 403);
  const auto denial = only(panel, of_request(denied));
  CHECK(difference(kEntry, denial) == "");
  CHECK(denial.at("user") == Json{{"id", id}, {"name", "anna"}});
  CHECK(denial.at("method") == "GET");
  CHECK(denial.at("path") == "/api/v1/users");
  CHECK(denial.at("result") == "denied");
  CHECK(denial.at("code") == 40301);
  CHECK(denial.at("session_id").is_string());

  const auto added = add_server(panel, "web", anna);
  REQUIRE(added.status == 201);
  const auto creation = only(panel, of_request(added));
  CHECK(creation.at("action") == "addServer");
  CHECK(creation.at("plugin") == "servers");
  CHECK(creation.at("user").at("id") == id);
  CHECK(creation.at("status") == 201);
  CHECK(creation.at("result") == "ok");

  const auto path = "/api/v1/servers/" + std::to_string(added.data().at("server").at("id").get<std::int64_t>());
  const auto removed = panel.remove(path, anna);
  REQUIRE(removed.status == 200);
  const auto deletion = only(panel, of_request(removed));
  CHECK(deletion.at("action") == "deleteServer");
  CHECK(deletion.at("path") == path);
  CHECK(deletion.at("target") == path.substr(std::string("/api/v1/").size()));  // "servers/7"
  const auto again = panel.remove(path, anna);
  CHECK(again.status == 404);
  CHECK(only(panel, of_request(again)).at("result") == "failed");
  CHECK(only(panel, of_request(again)).at("code") == 40401);
  check_unbroken(panel);
}

TEST_CASE("reading and what was not valid leave nothing behind") {
  Scenario panel;
  const auto anna = panel.user("anna");
  for (const auto& answer :
       {panel.get("/api/v1/servers", anna), panel.post("/api/v1/servers", {{"name", 1}}, anna),
        panel.send("POST", "/api/v1/servers", "{", anna), panel.post("/api/v1/servers", Json::object()),
        panel.get("/api/v1/audit", panel.admin()), panel.post("/api/v1/nothing", Json::object(), anna)}) {
    CHECK(entries(panel, of_request(answer)).empty());
  }
}

TEST_CASE("the trail is filtered, sorted and paged") {
  Scenario panel;
  const auto anna = panel.user("anna");
  const auto bert = panel.user("bert");
  const auto anna_id = panel.get("/api/v1/users/me", anna).data().at("user").at("id").get<std::int64_t>();
  for (int i = 0; i < 5; ++i) REQUIRE(add_server(panel, "a" + std::to_string(i), anna).status == 201);
  REQUIRE(add_server(panel, "b", bert).status == 201);
  REQUIRE(add_server(panel, "a0", anna).status == 409);
  wait_for(panel, "result=failed");

  const auto of_anna = "action=addServer&user_id=" + std::to_string(anna_id);
  CHECK(entries(panel, of_anna).size() == 6);
  CHECK(entries(panel, of_anna + "&result=ok").size() == 5);
  CHECK(entries(panel, "action=addServer").size() == 7);
  CHECK(entries(panel, "plugin=servers").size() == 7);
  CHECK(entries(panel, "plugin=servers&remote_address=127.0.0.1").size() == 7);
  CHECK(entries(panel, "plugin=servers&remote_address=192.0.2.1").empty());
  CHECK(entries(panel, "plugin=servers&search=ANN").size() == 6);
  CHECK(entries(panel, "plugin=servers&search=%25").empty());  // a character, not a pattern
  const auto target = entries(panel, "plugin=servers").at(0).at("target").get<std::string>();
  CHECK(entries(panel, "plugin=servers&target=" + target).size() >= 1);
  CHECK(entries(panel, "plugin=servers&to=2020-01-01T00:00:00Z").empty());
  CHECK(entries(panel, "plugin=servers&from=2020-01-01T00:00:00Z&to=2100-01-01T00:00:00%2B01:00").size() == 7);
  const auto third = entries(panel, "plugin=servers&sort=time").at(2).at("time").get<std::string>();
  CHECK(entries(panel, "plugin=servers&to=" + third).size() == 2);
  CHECK(entries(panel, "plugin=servers&from=" + third).size() == 5);

  const auto page = panel.get("/api/v1/audit?plugin=servers&sort=time&per_page=3&page=2", panel.admin()).data();
  CHECK(difference(R"({"current_page":2,"per_page":3,"total_pages":3,"total_count":7,"has_next":true,"has_prev":true})",
                   page.at("pagination")) == "");
  const auto rising = entries(panel, "plugin=servers&sort=time");
  const auto falling = entries(panel, "plugin=servers&sort=-time");
  REQUIRE(rising.size() == 7);
  for (std::size_t i = 0; i < 7; ++i) {
    CHECK(rising[i] == falling[6 - i]);
    if (i > 0) CHECK(rising[i].at("id") > rising[i - 1].at("id"));
    if (i >= 3 && i < 6) CHECK(rising[i] == page.at("entries").at(i - 3));
  }
  CHECK(falling == entries(panel, "plugin=servers"));
  for (const char* bad : {"sort=id", "from=yesterday", "user_id=x", "result=maybe", "per_page=101", "format=csv"}) {
    CHECK(panel.get("/api/v1/audit?" + std::string(bad), panel.admin()).status == 400);
  }
}

TEST_CASE("only an administrator reads the trail, and who tries is in it") {
  Scenario panel;
  const auto anna = panel.user("anna");
  for (const char* path : {"/api/v1/audit", "/api/v1/audit/export"}) {
    CHECK(panel.get(path).status == 401);
    const auto refused = panel.get(path, anna);
    CHECK(refused.status == 403);
    const auto entry = only(panel, of_request(refused));
    CHECK(entry.at("user").at("name") == "anna");
    CHECK(entry.at("plugin") == "host");
    CHECK(entry.at("result") == "denied");
  }
}

TEST_CASE("after a kill -9 right behind a 201, the entry is there, 20 times of 20") {
  Scenario panel;
  std::vector<std::string> requests;
  for (int i = 0; i < 20; ++i) {
    const auto token = panel.log_in("admin");
    const auto added = add_server(panel, "s" + std::to_string(i), token);
    panel.restart(true);
    REQUIRE(added.status == 201);
    requests.push_back(of_request(added));
  }
  for (const auto& request : requests) CHECK(entries(panel, request).size() == 1);
  check_unbroken(panel);
}

TEST_CASE("while the database is frozen requests end in time, and the trail goes on afterwards") {
  if (!nexus::test::on_mariadb()) return;
  Scenario panel;
  const auto admin = panel.admin();
  REQUIRE(add_server(panel, "before", admin).status == 201);
  panel.freeze_database();
  const auto start = Clock::now();
  const auto frozen = add_server(panel, "during", admin);
  CHECK(frozen.status == 503);
  CHECK(Clock::now() - start < std::chrono::seconds(6));
  panel.thaw_database();
  const auto after = [&] {
    for (int attempt = 0; attempt < 50; ++attempt) {
      auto answer = add_server(panel, "after", admin);
      if (answer.status != 503) return answer;
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
    return Answer();
  }();
  REQUIRE(after.status == 201);
  CHECK(only(panel, of_request(after)).at("result") == "ok");
  CHECK(only(panel, of_request(frozen)).at("result") == "failed");
  check_unbroken(panel);
}

TEST_CASE("the trail is exported as CSV and as lines of JSON, and that stands in it") {
  Scenario panel;
  const std::string name = "=cmd|' /C calc'!A0\r\n\"quoted\", and more";
  const auto wrong = panel.post("/api/v1/auth/login", {{"username", name}, {"password", "Wrong-guess-77"}});
  REQUIRE(wrong.status == 401);
  REQUIRE(only(panel, of_request(wrong)).at("user").at("name").get<std::string>().starts_with("=cmd"));

  const auto csv = panel.get("/api/v1/audit/export?format=csv&action=login&result=denied", panel.admin());
  REQUIRE(csv.status == 200);
  CHECK(csv.headers.at("content-type").starts_with("text/csv"));
  CHECK(csv.headers.at("content-disposition") == "attachment; filename=\"audit.csv\"");
  CHECK(!csv.headers.contains("link"));
  CHECK(csv.text.starts_with("id,time,user_id,user_name,session_id,"));
  CHECK(csv.text.find(",\"'=cmd|' /C calc'!A0\r\n\"\"quoted\"\", and more\",") != std::string::npos);

  const auto lines = panel.get("/api/v1/audit/export", panel.admin());
  REQUIRE(lines.status == 200);
  std::istringstream text(lines.text);
  std::int64_t last = 0;
  bool saw_export = false;
  for (std::string line; std::getline(text, line);) {
    const auto entry = Json::parse(line);
    if (entry.at("method").is_null()) {
      CHECK(entry.at("action") == "createInitialAdmin");  // no request made it
    } else {
      CHECK(difference(kEntry, entry) == "");
    }
    CHECK(entry.at("id").get<std::int64_t>() == ++last);
    if (entry.at("action") == "exportAudit") {
      saw_export = true;
      CHECK(entry.at("details").at("format") == "csv");
      CHECK(entry.at("details").at("entries") == 1);
      CHECK(entry.at("user").at("name") == "admin");
    }
  }
  CHECK(saw_export);
  const auto rest = panel.get("/api/v1/audit/export?after=" + std::to_string(last), panel.admin());
  CHECK(std::count(rest.text.begin(), rest.text.end(), '\n') == 1);  // the export before this one

  const auto whole = run(panel, {"audit", "export"});
  CHECK(whole.status == 0);
  CHECK(whole.output.starts_with(lines.text));
  CHECK(run(panel, {"audit", "export", "csv"}).output.starts_with("id,time,"));
  CHECK(run(panel, {"audit", "export", "xml"}).status == 64);
}

TEST_CASE("no password, token or key is in the trail") {
  Scenario panel;
  const std::string password = "Gr33n-Horse-Battery";
  REQUIRE(
      panel.post("/api/v1/auth/register", {{"username", "carl"}, {"email", "carl@example.com"}, {"password", password}})
          .status == 201);
  const auto login = panel.post("/api/v1/auth/login", {{"username", "carl"}, {"password", password}});
  REQUIRE(login.status == 200);
  CHECK(only(panel, of_request(login)).at("user").at("name") == "carl");
  const auto token = login.data().at("access_token").get<std::string>();
  const auto refresh = login.data().at("refresh_token").get<std::string>();
  REQUIRE(panel.post("/api/v1/auth/refresh", {{"refresh_token", refresh}}).status == 200);
  REQUIRE(add_server(panel, "web", token).status == 201);
  const auto exported = panel.get("/api/v1/audit/export", panel.admin()).text;
  CHECK(exported.find("addServer") != std::string::npos);
  for (const auto& secret : {password, std::string(kSecret), token, refresh, std::string("Adm1n-of-the")}) {
    CHECK(exported.find(secret) == std::string::npos);
  }
}

TEST_CASE("audit verify says where the trail is broken, beside a panel that runs") {
  Scenario panel;
  REQUIRE(add_server(panel, "web", panel.admin()).status == 201);
  check_unbroken(panel);
  const auto file = panel.data_dir() + "/audit-head";
  const auto remembered = [&] {
    std::ifstream in(file);
    return std::string(std::istreambuf_iterator<char>(in), {});
  }();
  // As if later entries had been taken away.
  std::ofstream(file) << "0000000000000009999" << remembered.substr(19);
  const auto broken = run(panel, {"audit", "verify"});
  CHECK(broken.status == 1);
  CHECK(broken.errors.find("the file audit-head remembers entry 9999") != std::string::npos);
  std::ofstream(file) << "nonsense\n";
  CHECK(run(panel, {"audit", "verify"}).status == 1);
  std::ofstream(file) << remembered;
  check_unbroken(panel);

  const nexus::test::TemporaryFolder empty;
  const auto nowhere = nexus::test::run_panel_program({"audit", "verify", "--data-dir", empty.path() + "/data"});
  CHECK(nowhere.status == 73);
  CHECK(nowhere.errors.find("there is no panel in this data folder") != std::string::npos);
}

TEST_CASE("the retention is read again when the panel is told to") {
  Scenario panel({.config = "audit: {retention_days: 30}"});
  REQUIRE(add_server(panel, "web", panel.admin()).status == 201);
  CHECK(entries(panel, "plugin=servers").size() == 1);
  const auto checked = run(panel, {"config", "check"});
  CHECK_MESSAGE(checked.status == 0, checked.errors);
}
