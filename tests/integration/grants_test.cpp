// Grants on groups of servers, end to end: every route by everybody, what others see of it, and attempts to gain more.
#include "integration/scenario.h"
#include "support/http_client.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

using nexus::test::Answer;
using nexus::test::Json;
using nexus::test::Scenario;

namespace {

enum Level { kNone, kView, kOperate, kShell, kManage };

struct Caller {
  std::string name;
  Level level = kNone;
  bool decides = false;  // sees and changes what was granted, and the key
};

// The admin is one of them; anna owns everything.
const std::vector<Caller> kCallers = {{"admin", kManage, true}, {"anna", kManage, true}, {"nora", kNone},
                                      {"vera", kView},          {"otto", kOperate},      {"sam", kShell},
                                      {"mona", kManage}};

Json grant(std::int64_t user_id, const std::string& level) { return {{"user_id", user_id}, {"level", level}}; }

// Anna has a key, a group, and in it a server where nobody listens; the others have their level on the group.
class Town {
 public:
  Town() {
    key = id_of(panel.post("/api/v1/ssh-keys", {{"name", "anna's key"}, {"generate", "ed25519"}}, token("anna")),
                "ssh_key");
    group = add_group("anna's group");
    server = add_server("anna's server", {group});
  }

  std::string token(const std::string& name) { return name == "admin" ? panel.admin() : panel.user(name); }
  std::int64_t id(const std::string& name) {
    return panel.get("/api/v1/users/me", token(name)).data().at("user").at("id").get<std::int64_t>();
  }
  std::int64_t add_group(const std::string& name, const std::string& owner = "anna") {
    return id_of(panel.post("/api/v1/server-groups", {{"name", name}}, token(owner)), "group");
  }
  std::int64_t add_server(const std::string& name, const std::vector<std::int64_t>& groups,
                          const std::string& owner = "anna") {
    Json body = {{"name", name}, {"host", "127.0.0.1"}, {"port", 1}, {"ssh_user", "deploy"}, {"group_ids", groups}};
    if (owner == "anna") body["ssh_key_id"] = key;
    return id_of(panel.post("/api/v1/servers", body, token(owner)), "server");
  }
  Answer put_grants(std::int64_t group_id, const Json& grants, const std::string& who = "anna") {
    return panel.send("PUT", group_path(group_id, "/grants"), Json{{"grants", grants}}.dump(), token(who));
  }
  void grant_one(const std::string& name, const std::string& level, std::int64_t group_id,
                 const std::string& owner = "anna") {
    REQUIRE(put_grants(group_id, Json::array({grant(id(name), level)}), owner).status == 200);
  }
  Json all_levels() {
    return Json::array({grant(id("vera"), "view"), grant(id("otto"), "operate"), grant(id("sam"), "shell"),
                        grant(id("mona"), "manage")});
  }
  void grant_all() { REQUIRE(put_grants(group, all_levels()).status == 200); }

  Answer change(std::int64_t server_id, const Json& body, const std::string& who) {
    return panel.patch(server_path(server_id), body, token(who));
  }
  std::string level_of(const std::string& who, std::int64_t server_id) {
    const auto answer = panel.get(server_path(server_id), token(who));
    return answer.status == 200 ? answer.data().at("server").at("access").get<std::string>() : "none";
  }
  Json groups_of(std::int64_t server_id, const std::string& who) {
    return panel.get(server_path(server_id), token(who)).data().at("server").at("group_ids");
  }

  static std::int64_t id_of(const Answer& answer, const char* what) {
    REQUIRE_MESSAGE(answer.status == 201, answer.text);
    return answer.data().at(what).at("id").get<std::int64_t>();
  }
  static std::string server_path(std::int64_t id, const std::string& rest = "") {
    return "/api/v1/servers/" + std::to_string(id) + rest;
  }
  static std::string group_path(std::int64_t id, const std::string& rest = "") {
    return "/api/v1/server-groups/" + std::to_string(id) + rest;
  }

  Scenario panel;
  std::int64_t key = 0;
  std::int64_t group = 0;
  std::int64_t server = 0;
};

// 0 where the caller was let through, whatever came of it then.
std::int64_t refusal(const Answer& answer) { return answer.status == 403 || answer.status == 404 ? answer.code() : 0; }

std::int64_t expected(const Caller& caller, Level needed) {
  return caller.level == kNone ? 40401 : caller.level < needed ? 40301 : 0;
}

}  // namespace

TEST_CASE("every route of a server, by everybody") {
  struct Row {
    const char* method;
    const char* rest;
    Level needed;
    const char* body = "";
  };
  Town town;
  town.grant_all();
  for (const auto& row : std::vector<Row>{{"GET", "", kView},
                                          {"GET", "/metrics", kView},
                                          {"GET", "/host-keys", kView},
                                          {"POST", "/test-connection", kOperate},
                                          {"POST", "/host-keys/accept", kManage, R"({"fingerprint":"SHA256:none"})"},
                                          {"POST", "/host-keys/reject", kManage, R"({"fingerprint":"SHA256:none"})"},
                                          {"PATCH", "", kManage, R"({"description":"changed"})"},
                                          {"DELETE", "", kManage}}) {
    for (const auto& caller : kCallers) {
      CAPTURE(row.method + std::string(row.rest));
      CAPTURE(caller.name);
      const auto answer =
          town.panel.send(row.method, Town::server_path(town.server, row.rest), row.body, town.token(caller.name));
      CHECK(refusal(answer) == expected(caller, row.needed));
      if (row.method == std::string("DELETE") && answer.status == 200) {
        town.server = town.add_server("anna's server", {town.group});
      }
    }
  }
}

TEST_CASE("every route of a group and of a key, by everybody") {
  Town town;
  town.grant_all();
  const auto grants = Json{{"grants", town.all_levels()}}.dump();
  const auto key_path = "/api/v1/ssh-keys/" + std::to_string(town.key);
  for (const auto& caller : kCallers) {
    CAPTURE(caller.name);
    const auto token = town.token(caller.name);
    const auto path = Town::group_path(town.group);
    const auto decides = caller.level == kNone ? 40401 : caller.decides ? 0 : 40301;
    CHECK(refusal(town.panel.get(path, token)) == expected(caller, kView));
    CHECK(refusal(town.panel.patch(path, {{"description", "x"}}, token)) == expected(caller, kManage));
    CHECK(refusal(town.panel.get(path + "/grants", token)) == decides);
    CHECK(refusal(town.panel.send("PUT", path + "/grants", grants, token)) == decides);
    CHECK(refusal(town.panel.get(key_path, token)) == (caller.decides ? 0 : 40401));
    CHECK(refusal(town.panel.patch(key_path, {{"name", "anna's key"}}, token)) == (caller.decides ? 0 : 40401));
    const auto removed = town.panel.remove(key_path, token);
    CHECK(refusal(removed) == (caller.decides ? 0 : 40401));
    if (caller.decides) CHECK(removed.status == 409);

    const auto gone = town.panel.remove(path, token);
    CHECK(refusal(gone) == expected(caller, kManage));
    if (gone.status != 200) continue;
    town.group = town.add_group("anna's group");
    town.grant_all();
  }
}

TEST_CASE("an operator manages everything, but decides over nobody's grants") {
  Town town;
  town.grant_all();
  town.token("olga");
  const auto promoted =
      town.panel.patch("/api/v1/users/" + std::to_string(town.id("olga")), {{"role", "operator"}}, town.panel.admin());
  REQUIRE(promoted.status == 200);
  town.panel.forget_tokens();
  CHECK(town.level_of("olga", town.server) == "manage");
  CHECK(town.change(town.server, {{"description", "x"}}, "olga").status == 200);
  CHECK(town.put_grants(town.group, town.all_levels(), "olga").code() == 40301);
  CHECK(town.panel.get(Town::group_path(town.group, "/grants"), town.token("olga")).code() == 40301);
}

TEST_CASE("a removed user leaves what he owned to administrators, and what he granted to whom he granted it") {
  Town town;
  town.grant_all();
  const auto remove = [&](const std::string& name) {
    return town.panel.remove("/api/v1/users/" + std::to_string(town.id(name)), town.panel.admin()).status;
  };
  CHECK(remove("mona") == 200);
  CHECK(town.panel.get(Town::group_path(town.group, "/grants"), town.token("anna")).data().at("grants").size() == 3);
  CHECK(remove("anna") == 200);
  CHECK(town.level_of("admin", town.server) == "manage");
  CHECK(town.level_of("vera", town.server) == "view");
}

TEST_CASE("who was granted nothing finds no trace of others, whatever he filters, searches and sorts by") {
  Town town;
  const auto nora = town.token("nora");
  const auto own = town.add_server("nora's server", {}, "nora");
  town.grant_all();
  // Hers is in a group that she does not see, as only an administrator can do it.
  REQUIRE(town.change(own, {{"group_ids", {town.group}}}, "admin").status == 200);
  const auto in_group = "group_id=" + std::to_string(town.group);
  for (const auto& query : std::vector<std::string>{"", "search=anna", "search=127.0.0.1", "status=unknown", in_group,
                                                    in_group + "&search=nora", "sort=name", "sort=-id", "sort=host",
                                                    "page=2&per_page=1", "per_page=100&sort=-last_heartbeat"}) {
    CAPTURE(query);
    const auto list = town.panel.get("/api/v1/servers?" + query, nora);
    CHECK(list.status == 200);
    CHECK(list.text.find("anna") == std::string::npos);
    const bool finds_own = query.find("anna") == std::string::npos && query.find("group_id") == std::string::npos;
    CHECK(list.data().at("pagination").at("total_count") == (finds_own ? 1 : 0));
  }
  for (const char* path : {"/api/v1/server-groups", "/api/v1/ssh-keys"}) {
    const auto list = town.panel.get(path, nora);
    CHECK(list.text.find("anna") == std::string::npos);
    CHECK(list.data().at("pagination").at("total_count") == 0);
  }
  CHECK(town.groups_of(own, "nora").empty());
  for (const auto& path : {Town::server_path(town.server), Town::server_path(town.server, "/metrics"),
                           Town::server_path(town.server, "/host-keys"), Town::group_path(town.group),
                           Town::group_path(town.group, "/grants"), "/api/v1/ssh-keys/" + std::to_string(town.key)}) {
    CAPTURE(path);
    const auto answer = town.panel.get(path, nora);
    CHECK(answer.code() == 40401);
    CHECK(answer.text.find("anna") == std::string::npos);
    // Nor does it differ from what is not there at all.
    auto nothing = town.panel.get("/api/v1/servers/424242", nora).body;
    auto hidden = answer.body;
    hidden.erase("request_id");
    nothing.erase("request_id");
    CHECK(hidden == nothing);
  }
}

TEST_CASE("a grant shows the servers of its group and no others, and lists keep their documented members") {
  Town town;
  town.grant_all();
  town.add_server("anna's second", {});
  const auto vera = town.token("vera");
  const auto list = town.panel.get("/api/v1/servers", vera);
  REQUIRE(list.data().at("servers").size() == 1);
  CHECK(list.data().at("servers")[0].at("id") == town.server);
  CHECK(list.data().at("servers")[0].size() == 11);
  CHECK(list.data().at("pagination").at("total_count") == 1);
  const auto groups = town.panel.get("/api/v1/server-groups", vera).data().at("groups");
  REQUIRE(groups.size() == 1);
  CHECK(groups[0].at("access") == "view");
  CHECK(groups[0].at("server_count") == 1);
  CHECK(town.panel.get("/api/v1/servers?group_id=" + std::to_string(town.group), vera).data().at("servers").size() ==
        1);
  CHECK(town.panel.get("/api/v1/ssh-keys", vera).data().at("ssh_keys").empty());
}

TEST_CASE("of two groups the higher level counts, and what is lowered or taken back is gone with the next request") {
  Town town;
  const auto second = town.add_group("second");
  REQUIRE(town.change(town.server, {{"group_ids", {town.group, second}}}, "anna").status == 200);
  town.grant_one("bert", "view", town.group);
  CHECK(town.level_of("bert", town.server) == "view");
  town.grant_one("bert", "manage", second);
  CHECK(town.level_of("bert", town.server) == "manage");
  CHECK(town.change(town.server, {{"description", "x"}}, "bert").status == 200);
  town.grant_one("bert", "operate", second);
  CHECK(town.level_of("bert", town.server) == "operate");
  CHECK(town.change(town.server, {{"description", "x"}}, "bert").code() == 40301);
  REQUIRE(town.put_grants(second, Json::array()).status == 200);
  CHECK(town.level_of("bert", town.server) == "view");
  REQUIRE(town.change(town.server, {{"group_ids", {second}}}, "anna").status == 200);
  CHECK(town.level_of("bert", town.server) == "none");
  CHECK(town.panel.get(Town::server_path(town.server, "/metrics"), town.token("bert")).code() == 40401);
  REQUIRE(town.change(town.server, {{"group_ids", {town.group}}}, "anna").status == 200);
  CHECK(town.level_of("bert", town.server) == "view");
  REQUIRE(town.panel.remove(Town::group_path(town.group), town.token("anna")).status == 200);
  CHECK(town.level_of("bert", town.server) == "none");
}

TEST_CASE("nobody gains a server by moving it between groups") {
  Town town;
  const auto bert_group = town.add_group("bert's", "bert");
  const auto bert_server = town.add_server("bert's server", {}, "bert");

  // He only sees it: his own group does not get it.
  town.grant_one("bert", "view", town.group);
  CHECK(town.change(town.server, {{"group_ids", {town.group, bert_group}}}, "bert").code() == 40301);
  // He manages it by a grant: his own group does not get it either, for there he would keep it.
  town.grant_one("bert", "manage", town.group);
  CHECK(town.change(town.server, {{"group_ids", {town.group, bert_group}}}, "bert").code() == 40301);
  CHECK(town.groups_of(town.server, "admin") == Json::array({town.group}));
  // Nor can he put it, or his own, into a group of hers that he sees and does not manage, or does not see.
  const auto seen = town.add_group("seen"), hidden = town.add_group("hidden");
  town.grant_one("bert", "shell", seen);
  for (const auto id : {town.server, bert_server}) {
    CHECK(town.change(id, {{"group_ids", {seen}}}, "bert").code() == 40301);
    const auto unknown = town.change(id, {{"group_ids", {hidden}}}, "bert");
    CHECK(unknown.code() == 42201);
    CHECK(unknown.body.at("errors")[0].at("field") == "group_ids");
  }
  CHECK(town.groups_of(town.server, "admin") == Json::array({town.group}));

  // Groups that he does not manage stay as they are, also where he leaves them out.
  REQUIRE(town.change(town.server, {{"group_ids", {town.group, seen, hidden}}}, "anna").status == 200);
  REQUIRE(town.change(town.server, {{"group_ids", {town.group}}}, "bert").status == 200);
  CHECK(town.groups_of(town.server, "anna") == Json::array({town.group, seen, hidden}));
  CHECK(town.groups_of(town.server, "bert") == Json::array({town.group, seen}));

  // What he manages on both sides he moves: into another of her groups, and out again.
  const auto managed = town.add_group("managed");
  town.grant_one("bert", "manage", managed);
  REQUIRE(town.change(town.server, {{"group_ids", {managed, seen}}}, "bert").status == 200);
  CHECK(town.groups_of(town.server, "anna") == Json::array({seen, hidden, managed}));

  // A foreign server in his own group is not his to take out.
  town.grant_one("anna", "manage", bert_group, "bert");
  const auto guest = town.add_server("guest", {bert_group});
  CHECK(town.change(guest, {{"group_ids", Json::array()}}, "bert").code() == 40401);
  town.grant_one("bert", "shell", bert_group, "bert");
  CHECK(town.change(guest, {{"group_ids", Json::array()}}, "bert").code() == 40301);
  CHECK(town.groups_of(guest, "admin") == Json::array({bert_group}));
}

TEST_CASE("nobody grants himself what is not his to give") {
  Town town;
  town.grant_all();
  const auto before = town.panel.get(Town::group_path(town.group, "/grants"), town.token("anna")).data();
  REQUIRE(before.at("grants").size() == 4);
  for (const char* name : {"vera", "otto", "sam", "mona"}) {
    CAPTURE(name);
    CHECK(town.put_grants(town.group, Json::array({grant(town.id(name), "manage")}), name).code() == 40301);
  }
  CHECK(town.put_grants(town.group, Json::array({grant(town.id("nora"), "manage")}), "nora").code() == 40401);
  CHECK(town.panel.get(Town::group_path(town.group, "/grants"), town.token("anna")).data() == before);
}

TEST_CASE("a list of grants that is wrong is refused with the entry that is wrong, and changes nothing") {
  Town town;
  town.grant_all();
  const auto vera = town.id("vera");
  const auto field_of = [&](const Json& grants) {
    const auto answer = town.put_grants(town.group, grants);
    CHECK(answer.code() == 42201);
    return answer.body.at("errors")[0].at("field").get<std::string>();
  };
  CHECK(field_of(Json::array({grant(vera, "view"), grant(424242, "view")})) == "grants[1].user_id");
  CHECK(field_of(Json::array({grant(vera, "view"), grant(vera, "manage")})) == "grants[1].user_id");
  CHECK(field_of(Json::array({grant(vera, "root")})) == "grants[0].level");
  CHECK(field_of(Json::array({grant(0, "view")})) == "grants[0].user_id");
  CHECK(field_of(Json::array({{{"user_id", vera}}})) == "grants[0].level");
  Json many = Json::array();
  for (int i = 0; i < 201; ++i) many.push_back(grant(vera, "view"));
  CHECK(field_of(many) == "grants");
  const auto after = town.panel.get(Town::group_path(town.group, "/grants"), town.token("anna"));
  CHECK(after.data().at("grants").size() == 4);
  CHECK(nexus::test::difference(R"({"user_id":"<int>","username":"vera","level":"view","created_at":"<time>"})",
                                after.data().at("grants")[0]) == "");
}

TEST_CASE("who manages a server by a grant uses no other key of its owner, and takes none of it elsewhere") {
  Town town;
  town.grant_one("bert", "manage", town.group);
  const auto second_key = Town::id_of(
      town.panel.post("/api/v1/ssh-keys", {{"name", "second"}, {"generate", "ed25519"}}, town.token("anna")),
      "ssh_key");
  const auto bert_key = Town::id_of(
      town.panel.post("/api/v1/ssh-keys", {{"name", "bert's"}, {"generate", "ed25519"}}, town.token("bert")),
      "ssh_key");
  const auto field_of = [&](const Json& body) {
    const auto answer = town.change(town.server, body, "bert");
    return answer.code() == 42201 ? answer.body.at("errors")[0].at("field").get<std::string>() : "";
  };
  CHECK(field_of({{"ssh_key_id", second_key}}) == "ssh_key_id");
  CHECK(field_of({{"host", "192.0.2.66"}}) == "ssh_key_id");
  CHECK(field_of({{"port", 2222}}) == "ssh_key_id");
  CHECK(field_of({{"ssh_user", "root"}}) == "ssh_key_id");
  CHECK(field_of({{"host", "192.0.2.66"}, {"ssh_key_id", town.key}}) == "ssh_key_id");
  // As it is, it may stay; with a key of his own he may do what he likes.
  CHECK(town.change(town.server, {{"ssh_key_id", town.key}, {"name", "renamed"}}, "bert").status == 200);
  REQUIRE(town.change(town.server, {{"password", "Gehe1m"}}, "anna").status == 200);
  CHECK(field_of({{"ssh_user", "root"}, {"ssh_key_id", bert_key}}) == "password");
  CHECK(field_of({{"host", "192.0.2.66"}, {"ssh_key_id", bert_key}}) == "password");
  CHECK(town.change(town.server, {{"host", "192.0.2.66"}, {"ssh_key_id", bert_key}, {"password", nullptr}}, "bert")
            .status == 200);
  // And hers does not come back by his hand, nor does his go elsewhere by hers.
  CHECK(field_of({{"ssh_key_id", town.key}}) == "ssh_key_id");
  CHECK(town.change(town.server, {{"host", "192.0.2.67"}}, "anna").code() == 42201);
  // His key is in use by a server that he will not see: it is not named.
  REQUIRE(town.put_grants(town.group, Json::array()).status == 200);
  const auto in_use = town.panel.remove("/api/v1/ssh-keys/" + std::to_string(bert_key), town.token("bert"));
  CHECK(in_use.status == 409);
  CHECK(in_use.body.at("used_by").empty());
}

TEST_CASE("of two lists of grants that are put at once one stands, and no mixture") {
  Town town;
  const std::vector<Json> lists = {Json::array({grant(town.id("vera"), "view"), grant(town.id("otto"), "view")}),
                                   Json::array({grant(town.id("sam"), "shell"), grant(town.id("mona"), "shell")})};
  const auto path = Town::group_path(town.group, "/grants");
  const auto token = town.token("anna");
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> failed{0};
    std::vector<std::thread> threads;
    for (std::size_t number = 0; number < 6; ++number) {
      const auto& list = lists[number % 2];
      threads.emplace_back([&, body = Json{{"grants", list}}.dump()] {
        nexus::test::HttpClient client(town.panel.port());
        if (client.request("PUT", path, body, {{"Authorization", "Bearer " + token}}).status != 200) ++failed;
      });
    }
    for (auto& thread : threads) thread.join();
    CHECK(failed == 0);
    const auto grants = town.panel.get(path, token).data().at("grants");
    REQUIRE(grants.size() == 2);
    CHECK(grants[0].at("level") == grants[1].at("level"));
  }
}
