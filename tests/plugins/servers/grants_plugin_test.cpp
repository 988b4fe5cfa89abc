// Grants in the whole plugin: who may call what, and the service for other plugins.
#include "fake_users.h"

#include <nexus/cpp/contracts/ssh.h>

#include <doctest/doctest.h>

using namespace nexus;
using nexus::testing::Principal;

namespace {

const Principal kOwner = Principal::user(10, "anna");
const Principal kOther = Principal::user(20, "nora");
const Principal kOperator = [] {
  auto who = Principal::user(30, "olga");
  who.role = "operator";
  return who;
}();

struct Caller {
  std::string name;
  Principal who;
  int level;            // 0 none ... 4 manage
  bool grants = false;  // sees and changes the list of grants, and the keys
};

const std::vector<Caller> kCallers = {
    {"admin", Principal::admin(), 4, true},
    {"operator", kOperator, 4, false},
    {"owner", kOwner, 4, true},
    {"none", kOther, 0},
    {"view", Principal::user(21, "vera"), 1},
    {"operate", Principal::user(22, "otto"), 2},
    {"shell", Principal::user(23, "sam"), 3},
    {"manage", Principal::user(24, "mona"), 4},
};

constexpr const char* kAllLevels =
    R"({"grants":[{"user_id":21,"level":"view"},{"user_id":22,"level":"operate"},
                  {"user_id":23,"level":"shell"},{"user_id":24,"level":"manage"}]})";

struct Panel {
  Panel() {
    users.play_in(host);
    REQUIRE(host.load_file(SERVERS_PLUGIN).ok());
    REQUIRE(host.start().ok());
    group = host.post("/api/v1/server-groups", {{"name", "web"}}, kOwner).data["group"]["id"];
    REQUIRE(put(Json::parse(kAllLevels), kOwner).http_status == 200);
    key = host.post("/api/v1/ssh-keys", {{"name", "k"}, {"generate", "ed25519"}}, kOwner).data["ssh_key"]["id"];
    server = add("one");
  }

  // Nobody listens there.
  std::int64_t add(const std::string& name) {
    const auto added = host.post("/api/v1/servers",
                                 {{"name", name},
                                  {"host", "127.0.0.1"},
                                  {"port", 1},
                                  {"ssh_user", "root"},
                                  {"ssh_key_id", key},
                                  {"group_ids", {group}}},
                                 kOwner);
    REQUIRE(added.http_status == 201);
    return added.data["server"]["id"];
  }
  testing::Answer put(const Json& body, const Principal& who) { return host.put(group_path("/grants"), body, who); }
  testing::Answer put_one(std::int64_t user_id, const std::string& level) {
    return put({{"grants", {{{"user_id", user_id}, {"level", level}}}}}, kOwner);
  }
  std::string path(const std::string& rest = "") const { return "/api/v1/servers/" + std::to_string(server) + rest; }
  std::string group_path(const std::string& rest = "") const {
    return "/api/v1/server-groups/" + std::to_string(group) + rest;
  }
  // The code of the service's answer to `who`; 0 is none.
  std::int32_t ask(const Json& payload, const Principal& who) {
    const auto answer = host.ask_bytes(std::string(contracts::kSshService), "exec", contracts::to_cbor(payload), who);
    const auto value = contracts::decode_cbor_answer(answer);
    return value.ok() ? 0 : value.error().app_code();
  }
  // The code that a stream was refused with; 0 is none of the two.
  std::int32_t open(const std::string& method, const Json& payload, const Principal& who) {
    const auto stream = host.open_stream(std::string(contracts::kSshService), method, contracts::to_cbor(payload), who);
    REQUIRE(stream->wait_closed());
    const auto value = contracts::decode_cbor_answer(stream->closed()->reason);
    const auto code = value.ok() ? 0 : value.error().app_code();
    return code == code::kNotFound || code == code::kForbidden ? code : 0;
  }

  nexus::test::FakeUsers users;
  testing::FakeHost host;
  std::int64_t group = 0;
  std::int64_t key = 0;
  std::int64_t server = 0;
};

std::int32_t expected(const Caller& caller, int needed) {
  return caller.level == 0 ? code::kNotFound : caller.level < needed ? code::kForbidden : 0;
}

// 0 where the caller was let through, whatever came of it then.
std::int32_t refusal(const testing::Answer& answer) {
  return answer.app_code == code::kNotFound || answer.app_code == code::kForbidden ? answer.app_code : 0;
}

}  // namespace

TEST_CASE("each route lets in who has its level, hides from who sees nothing, and refuses the rest") {
  struct Row {
    const char* method;
    const char* path;
    int needed;
    Json body = nullptr;
  };
  const std::vector<Row> rows = {
      {"GET", "", 1},
      {"GET", "/host-keys", 1},
      {"POST", "/test-connection", 2},
      {"POST", "/host-keys/accept", 4, {{"fingerprint", "SHA256:none"}}},
      {"PATCH", "", 4, {{"description", "changed"}}},
      {"DELETE", "", 4},
  };
  Panel panel;
  for (const auto& row : rows) {
    for (const auto& caller : kCallers) {
      CAPTURE(std::string(row.method) + row.path);
      CAPTURE(caller.name);
      testing::HttpRequest request{row.method, panel.path(row.path), row.body.is_null() ? "" : dump(row.body)};
      request.who = caller.who;
      const auto answer = panel.host.send(request);
      CHECK(refusal(answer) == expected(caller, row.needed));
      if (std::string(row.method) == "DELETE" && answer.app_code == 0) panel.server = panel.add("one");
    }
  }
}

TEST_CASE("each route of a group does likewise, and its grants are for its owner and administrators") {
  for (const auto& caller : kCallers) {
    Panel panel;
    CAPTURE(caller.name);
    CHECK(refusal(panel.host.get(panel.group_path(), caller.who)) == expected(caller, 1));
    CHECK(refusal(panel.host.patch(panel.group_path(), {{"description", "x"}}, caller.who)) == expected(caller, 4));
    const auto grants = caller.level == 0 ? code::kNotFound : caller.grants ? 0 : code::kForbidden;
    CHECK(panel.host.get(panel.group_path("/grants"), caller.who).app_code == grants);
    CHECK(panel.put(Json::parse(kAllLevels), caller.who).app_code == grants);
    const auto key_path = "/api/v1/ssh-keys/" + std::to_string(panel.key);
    const auto key = caller.grants || caller.name == "operator" ? 0 : code::kNotFound;
    CHECK(panel.host.get(key_path, caller.who).app_code == key);
    CHECK(panel.host.patch(key_path, {{"name", "k2"}}, caller.who).app_code == key);
    CHECK(refusal(panel.host.del(key_path, caller.who)) == key);
    CHECK(refusal(panel.host.del(panel.group_path(), caller.who)) == expected(caller, 4));
  }
}

TEST_CASE("other plugins do on a server what their caller may do there") {
  Panel panel;
  const Json question = {{"server_id", panel.server}, {"command", "true"}};
  const std::vector<std::pair<const char*, int>> levels = {{"view", 1}, {"operate", 2}, {"shell", 3}, {"manage", 4}};
  for (const auto& caller : kCallers) {
    CAPTURE(caller.name);
    const auto connected_or = [](std::int32_t code) { return code == 0 ? code::kSshFailed : code; };
    CHECK(panel.ask(question, caller.who) == connected_or(expected(caller, 2)));  // nothing said: operate
    for (const auto& [level, needed] : levels) {
      CAPTURE(std::string(level));
      auto with_level = question;
      with_level["level"] = level;
      // A log-in that failed is held back for a while, which is a failure of SSH too.
      CHECK(panel.ask(with_level, caller.who) == connected_or(expected(caller, needed)));
    }
  }
  auto wrong = question;
  wrong["level"] = "root";
  CHECK(panel.ask(wrong, kOwner) == app_code(Status::invalid));
  wrong["level"] = 4;
  CHECK(panel.ask(wrong, kOwner) == app_code(Status::invalid));
  CHECK(panel.ask(question, Principal::nobody()) == code::kNotFound);
}

TEST_CASE("a caller is told his level, and lists keep the documented members") {
  Panel panel;
  for (const auto& caller : kCallers) {
    if (caller.level == 0) continue;
    CAPTURE(caller.name);
    const std::string level = caller.level == 4 ? "manage" : caller.name;
    CHECK(panel.host.get(panel.path(), caller.who).data["server"]["access"] == level);
    const auto groups = panel.host.get("/api/v1/server-groups", caller.who).data["groups"];
    REQUIRE(groups.size() == 1);
    CHECK(groups[0]["access"] == level);
    CHECK(groups[0]["server_count"] == 1);
    const auto servers = panel.host.get("/api/v1/servers", caller.who).data["servers"];
    REQUIRE(servers.size() == 1);
    CHECK_FALSE(servers[0].contains("access"));
  }
}

TEST_CASE("a grant that is lowered or taken back counts no longer for the next request") {
  Panel panel;
  const auto mona = Principal::user(24, "mona");
  const Json question = {{"server_id", panel.server}, {"command", "true"}};
  const Json change = {{"description", "x"}};
  REQUIRE(panel.host.patch(panel.path(), change, mona).http_status == 200);
  REQUIRE(panel.put_one(24, "view").http_status == 200);
  CHECK(panel.host.patch(panel.path(), change, mona).app_code == code::kForbidden);
  CHECK(panel.ask(question, mona) == code::kForbidden);
  REQUIRE(panel.put({{"grants", Json::array()}}, kOwner).http_status == 200);
  CHECK(panel.host.get(panel.path(), mona).app_code == code::kNotFound);
  CHECK(panel.host.get("/api/v1/servers", mona).data["pagination"]["total_count"] == 0);
  CHECK(panel.ask(question, mona) == code::kNotFound);
}

TEST_CASE("the list of grants names its users, keeps what stays, and is replaced as a whole") {
  Panel panel;
  const auto before = panel.host.get(panel.group_path("/grants"), kOwner).data["grants"];
  REQUIRE(before.size() == 4);
  CHECK(before[0] ==
        Json{{"user_id", 21}, {"username", "user21"}, {"level", "view"}, {"created_at", "2024-01-01T00:00:00Z"}});
  panel.host.advance(std::chrono::seconds(5));
  const auto answer = panel.put(
      Json::parse(
          R"({"grants":[{"user_id":40,"level":"view"},{"user_id":21,"level":"view"},{"user_id":22,"level":"manage"}]})"),
      Principal::admin());
  REQUIRE(answer.http_status == 200);
  const auto& now = answer.data["grants"];
  REQUIRE(now.size() == 3);
  CHECK(now[0] == before[0]);
  CHECK(now[1]["level"] == "manage");
  CHECK(now[1]["created_at"] == "2024-01-01T00:00:05Z");
  CHECK(now[2]["user_id"] == 40);
  CHECK(panel.host.get(panel.group_path("/grants"), kOwner).data["grants"] == now);
  CHECK(answer.audit.target == "server-groups/" + std::to_string(panel.group));
  CHECK(*parse_json(answer.audit.details_json) ==
        Json::parse(
            R"({"grants":{"operate to manage":[22],"shell to none":[23],"manage to none":[24],"none to view":[40]}})"));
}

TEST_CASE("a list of grants that is wrong changes nothing") {
  Panel panel;
  const auto field_of = [&](const Json& grants) { return panel.put({{"grants", grants}}, kOwner).field; };
  const auto grant = [](std::int64_t id, const char* level) { return Json{{"user_id", id}, {"level", level}}; };
  CHECK(field_of({grant(21, "view"), grant(999, "view")}) == "grants[1].user_id");
  CHECK(field_of({grant(21, "view"), grant(21, "manage")}) == "grants[1].user_id");
  CHECK(field_of(Json::array({grant(21, "root")})) == "grants[0].level");
  Json many = Json::array();
  for (std::int64_t id = 50; id < 251; ++id) many.push_back(grant(id, "view"));
  CHECK(field_of(many) == "grants");
  panel.users.is_down = true;
  CHECK(panel.put_one(21, "manage").app_code == code::kUnavailable);
  panel.users.is_down = false;
  CHECK(panel.host.get(panel.group_path("/grants"), kOwner).data["grants"].size() == 4);

  many.erase(200);
  CHECK(panel.put({{"grants", many}}, kOwner).http_status == 200);
  CHECK(panel.host.get(panel.group_path("/grants"), kOwner).data["grants"].size() == 200);
}

TEST_CASE("who may not change grants asks for no users either") {
  Panel panel;
  panel.users.asked = 0;
  for (const auto& caller : kCallers) {
    if (!caller.grants) panel.put({{"grants", {{{"user_id", 999}, {"level", "view"}}}}}, caller.who);
  }
  CHECK(panel.users.asked == 0);
}

TEST_CASE("a removed user has no grants left; what he owned is there for administrators") {
  Panel panel;
  panel.host.publish(std::string(contracts::kUserRemovedTopic), "21", {{"id", 21}});
  panel.users.removed = 21;
  CHECK(panel.host.get(panel.path(), Principal::user(21, "vera")).app_code == code::kNotFound);
  CHECK(panel.host.get(panel.group_path("/grants"), kOwner).data["grants"].size() == 3);
  // Before the event comes, a name that is gone is left out.
  panel.users.removed = 22;
  CHECK(panel.host.get(panel.group_path("/grants"), kOwner).data["grants"].size() == 2);

  panel.host.publish(std::string(contracts::kUserRemovedTopic), "10", {{"id", 10}});
  CHECK(panel.host.get(panel.path(), Principal::admin()).http_status == 200);
  CHECK(panel.host.get(panel.path(), kOperator).http_status == 200);
  CHECK(panel.host.get("/api/v1/ssh-keys", kOperator).data["ssh_keys"].size() == 1);
}

TEST_CASE("a key is deleted only after a recent authentication") {
  Panel panel;
  auto tired = kOwner;
  tired.elevated_until_us = 0;
  const auto key =
      panel.host.post("/api/v1/ssh-keys", {{"name", "k2"}, {"generate", "ed25519"}}, kOwner).data["ssh_key"];
  const auto path = "/api/v1/ssh-keys/" + key["id"].dump();
  CHECK(panel.host.del(path, tired).app_code == code::kStepUpNeeded);
  CHECK(panel.host.del(panel.path(), tired).http_status == 200);
  const auto gone = panel.host.del(path, kOwner);
  CHECK(gone.http_status == 200);
  CHECK(gone.audit.target == "ssh-keys/" + key["id"].dump());
}

TEST_CASE("changes say in the audit trail what became of what, without secrets") {
  Panel panel;
  const auto changed = panel.host.patch(
      panel.path(), {{"name", "two"}, {"password", "Gehe1m"}, {"description", std::string(2000, 'x')}}, kOwner);
  CHECK(changed.audit.target == "servers/" + std::to_string(panel.server));
  CHECK(*parse_json(changed.audit.details_json) ==
        Json::parse(R"({"name":{"from":"one","to":"two"},"description":"changed","password":"set"})"));
  CHECK(panel.host.patch(panel.path(), {{"password", nullptr}}, kOwner).audit.details_json ==
        R"({"password":"cleared"})");
  Json tags = Json::array();
  for (int i = 0; i < 32; ++i) tags.push_back(std::string(61, 'a') + std::to_string(i));
  REQUIRE(panel.host.patch(panel.path(), {{"tags", tags}}, kOwner).http_status == 200);
  for (auto& tag : tags) tag = tag.get<std::string>() + "!";
  // More than an entry holds: the names of the fields are left.
  CHECK(panel.host.patch(panel.path(), {{"tags", tags}}, kOwner).audit.details_json == R"({"fields":["tags"]})");
  CHECK(panel.host.post(panel.path("/test-connection"), nullptr, kOwner).audit.target == changed.audit.target);
  CHECK(panel.host.del(panel.path(), kOwner).audit.target == changed.audit.target);
}

TEST_CASE("a shell needs its own level, a file what its work amounts to") {
  Panel panel;
  for (const auto& caller : kCallers) {
    CAPTURE(caller.name);
    const Json shell = {{"server_id", panel.server}};
    CHECK(panel.open("shell", shell, caller.who) == expected(caller, 3));
    const Json file = {{"server_id", panel.server}, {"path", "/tmp/x"}};
    CHECK(panel.open("get_file", file, caller.who) == expected(caller, 2));
    CHECK(panel.open("put_file", file, caller.who) == expected(caller, 2));
  }
}
