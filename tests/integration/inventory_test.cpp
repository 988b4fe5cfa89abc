// Many servers at once: tags, imports, batches, and the review of their host keys.
#include "integration/scenario.h"
#include "support/http_client.h"

#include <doctest/doctest.h>

#include <thread>

using nexus::test::Answer;
using nexus::test::difference;
using nexus::test::Json;
using nexus::test::Scenario;

namespace {

std::int64_t id_of(const Answer& answer, const char* what) {
  REQUIRE_MESSAGE(answer.status == 201, answer.text);
  return answer.data().at(what).at("id").get<std::int64_t>();
}

// A server where nobody listens.
std::int64_t add_server(Scenario& panel, const std::string& token, const std::string& name, Json more = {}) {
  more["name"] = name;
  more["host"] = name + ".example";
  more["ssh_user"] = "deploy";
  return id_of(panel.post("/api/v1/servers", more, token), "server");
}

std::string server_path(std::int64_t id, const std::string& rest = "") {
  return "/api/v1/servers/" + std::to_string(id) + rest;
}

std::string names_in(const Answer& list) {
  REQUIRE_MESSAGE(list.status == 200, list.text);
  std::string names;
  for (const auto& server : list.data().at("servers")) names += server.at("name").get<std::string>() + " ";
  return names;
}

}  // namespace

TEST_CASE("servers are found by their tags, and tags are listed with the servers that one sees") {
  Scenario panel;
  const auto anna = panel.user("anna");
  const auto bert = panel.user("bert");
  const auto one = add_server(panel, anna, "one", {{"tags", {"生产", "web", "web"}}});
  add_server(panel, anna, "two", {{"tags", {"web", "a b"}}});
  add_server(panel, bert, "three", {{"tags", {"web", "secret"}}});
  CHECK(panel.get(server_path(one), anna).data().at("server").at("tags") == Json::array({"生产", "web"}));

  CHECK(names_in(panel.get("/api/v1/servers?tag=web&sort=name", anna)) == "one two ");
  CHECK(names_in(panel.get("/api/v1/servers?tag=web,%E7%94%9F%E4%BA%A7", anna)) == "one ");
  CHECK(names_in(panel.get("/api/v1/servers?tag=a%20b", anna)) == "two ");
  CHECK(names_in(panel.get("/api/v1/servers?tag=WEB", anna)) == "");
  CHECK(names_in(panel.get("/api/v1/servers?tag=secret", anna)) == "");
  CHECK(panel.get("/api/v1/servers?tag=1,2,3,4,5,6,7,8,9", anna).code() == 40000);
  CHECK(panel.get("/api/v1/servers?tag=a&tag=b", anna).code() == 40000);

  const auto tags = panel.get("/api/v1/servers/tags", anna);
  CHECK(difference(R"({"code":200,"message":"成功","data":{"tags":[{"tag":"a b","server_count":1},
      {"tag":"web","server_count":2},{"tag":"生产","server_count":1}],
      "pagination":{"current_page":1,"per_page":20,"total_pages":1,"total_count":3,"has_next":false,"has_prev":false}}})",
                   tags.body) == "");
  CHECK(panel.get("/api/v1/servers/tags?per_page=1&page=2", anna).data().at("tags")[0].at("tag") == "web");

  for (const Json& bad : {Json{"a,b"}, Json{" a"}, Json{""}}) {
    const auto refused = panel.patch(server_path(one), {{"tags", bad}}, anna);
    CHECK(refused.code() == 42201);
  }
  REQUIRE(panel.patch(server_path(one), {{"tags", {"db"}}}, anna).status == 200);
  CHECK(names_in(panel.get("/api/v1/servers?tag=db", anna)) == "one ");
  CHECK(names_in(panel.get("/api/v1/servers?tag=web", anna)) == "two ");
  REQUIRE(panel.remove(server_path(one), anna).status == 200);
  CHECK(panel.get("/api/v1/servers/tags", anna).data().at("pagination").at("total_count") == 2);
}

namespace {

// "1 bastion create; 4 web skip import_duplicate"
std::string told(const Answer& answer) {
  REQUIRE_MESSAGE(answer.status == 200, answer.text);
  std::string text;
  for (const auto& entry : answer.data().at("entries")) {
    text += (text.empty() ? "" : "; ") + entry.at("line").dump() + " " + entry.at("name").get<std::string>() + " " +
            entry.at("action").get<std::string>();
    if (entry.contains("reason")) text += " " + entry.at("reason").get<std::string>();
  }
  return text;
}

}  // namespace

TEST_CASE("an ssh_config is tried first and then imported, jump hosts and all") {
  Scenario panel;
  const auto anna = panel.user("anna");
  const auto gate = add_server(panel, anna, "gate");
  const std::string content =
      "Host web\n HostName 10.0.0.5\n ProxyJump bastion\n"
      "Host bastion\n HostName 203.0.113.7\n ProxyJump gate\n"
      "Host same\n HostName 10.0.0.5\n"
      "Host lost\n ProxyJump nowhere\n"
      "Host round\n ProxyJump trip\nHost trip\n ProxyJump round\n"
      "Host bad_port\n Port 70000\n"
      "Host *\n User deploy\n";
  const std::string expected =
      "1 web create; 4 bastion create; 7 same skip import_duplicate; 9 lost error import_jump_unknown; "
      "11 round error jump_loop; 13 trip error jump_loop; 15 bad_port error port_invalid";
  const Json body = {{"format", "ssh_config"}, {"content", content}};
  const auto tried = panel.post("/api/v1/servers/import", body, anna);
  CHECK(told(tried) == expected);
  CHECK(tried.data().at("dry_run") == true);
  CHECK(difference(R"({"create":2,"skip":1,"error":4})", tried.data().at("counts")) == "");
  CHECK(difference(R"({"line":15,"name":"bad_port","action":"error","reason":"port_invalid","code":42201,"field":"port",
                   "message":"端口必须在 1 到 65535 之间"})",
                   tried.data().at("entries")[6]) == "");
  CHECK(names_in(panel.get("/api/v1/servers", anna)) == "gate ");

  auto real = body;
  real["dry_run"] = false;
  const auto done = panel.post("/api/v1/servers/import", real, anna);
  CHECK(told(done) == expected);
  CHECK(names_in(panel.get("/api/v1/servers?sort=name", anna)) == "bastion gate web ");
  const auto bastion = done.data().at("entries")[1].at("server_id").get<std::int64_t>();
  const auto web = done.data().at("entries")[0].at("server_id").get<std::int64_t>();
  CHECK(panel.get(server_path(web), anna).data().at("server").at("jump_server_id") == bastion);
  CHECK(panel.get(server_path(bastion), anna).data().at("server").at("jump_server_id") == gate);

  // Again, and by somebody else, who finds no trace of hers.
  CHECK(told(panel.post("/api/v1/servers/import", real, anna))
            .starts_with("1 web skip import_duplicate; 4 bastion skip"));
  CHECK(told(panel.post("/api/v1/servers/import", body, panel.user("bert")))
            .starts_with("1 web error import_jump_unknown; 4 bastion error import_jump_unknown; 7 same create"));

  const auto audit = panel.get("/api/v1/audit?action=importServer", panel.admin());
  REQUIRE_MESSAGE(audit.status == 200, audit.text);
  CHECK(audit.text.find("servers/" + std::to_string(web)) != std::string::npos);
  CHECK(audit.text.find("203.0.113.7") != std::string::npos);
}

TEST_CASE("a table and a JSON text are imported by the rules of adding a server") {
  Scenario panel;
  const auto anna = panel.user("anna");
  const auto foreign =
      id_of(panel.post("/api/v1/ssh-keys", {{"name", "k"}, {"generate", "ed25519"}}, panel.user("bert")), "ssh_key");
  add_server(panel, anna, "taken");
  const auto table = panel.post("/api/v1/servers/import",
                                {{"format", "csv"},
                                 {"dry_run", false},
                                 {"content",
                                  "name,host,ssh_user,tags,password,ssh_key_id\r\n"
                                  "one,h1,root,web;生产,Gehe1m,\r\n"
                                  "taken,h2,root,,,\r\n"
                                  "three,-h,root,,,\r\n"
                                  "four,h4,root,\"a,b\",,\r\n"
                                  "five,h5,root,,," +
                                      std::to_string(foreign) +
                                      "\r\n"
                                      "six,H1,root,,,\r\n"}},
                                anna);
  CHECK(told(table) ==
        "2 one create; 3 taken error name_taken; 4 three error host_invalid; 5 four error tag_invalid; "
        "6 five error ssh_key_unknown; 7 six skip import_duplicate");
  CHECK(table.text.find("Gehe1m") == std::string::npos);
  const auto one = table.data().at("entries")[0].at("server_id").get<std::int64_t>();
  const auto server = panel.get(server_path(one), anna).data().at("server");
  CHECK(server.at("has_password") == true);
  CHECK(server.at("tags") == Json::array({"web", "生产"}));
  CHECK(names_in(panel.get("/api/v1/servers?tag=web", anna)) == "one ");

  const Json servers = {{{"name", "j1"}, {"host", "j1"}, {"ssh_user", "root"}, {"jump_server", "one"}},
                        {{"name", std::string(129, 'a')}, {"host", "j2"}, {"ssh_user", "root"}}};
  const auto json =
      panel.post("/api/v1/servers/import", {{"format", "json"}, {"dry_run", false}, {"content", servers.dump()}}, anna);
  CHECK(told(json) == "1 j1 create; 1 " + std::string(129, 'a') + " error name_invalid");

  for (const Json& wrong : {Json{{"format", "csv"}, {"content", "a,b\n"}}, Json{{"format", "xml"}, {"content", ""}},
                            Json{{"format", "json"}, {"content", "{"}}}) {
    CHECK(panel.post("/api/v1/servers/import", wrong, anna).code() == 42201);
  }
}

TEST_CASE("a list of jump hosts is a chain, and no server is reached another way than the text says") {
  Scenario panel;
  const auto anna = panel.user("anna");
  const auto gate = add_server(panel, anna, "gate");
  add_server(panel, anna, "behind", {{"jump_server_id", gate}});
  add_server(panel, anna, "apart");
  const std::string content =
      "Include conf.d/*\n"
      "Host web\n ProxyJump outer,middle,inner\n"
      "Host inner\nHost outer\n ProxyJump gate\nHost middle\n HostName middle.example\n ProxyJump outer\n"
      "Host kept\n ProxyJump gate,behind\n"
      "Host other\n ProxyJump gate,apart\n"
      "Host turned\n ProxyJump behind,gate\n"
      "Host long\n ProxyJump 1,2,3,4,5,6,7,8,9\n"
      "Host *\n User deploy\n";
  const Json body = {{"format", "ssh_config"}, {"content", content}, {"dry_run", false}};
  auto dry = body;
  dry["dry_run"] = true;
  const std::string expected =
      "1 Include skip import_include_ignored; 2 web create; 4 inner create; 5 outer create; 7 middle create; "
      "10 kept create; 12 other error import_jump_chain; 14 turned error import_jump_chain; "
      "16 long error jump_too_long";
  CHECK(told(panel.post("/api/v1/servers/import", dry, anna)) == expected);
  const auto done = panel.post("/api/v1/servers/import", body, anna);
  REQUIRE(told(done) == expected);
  const auto id_at = [&](std::size_t index) { return done.data().at("entries")[index].at("server_id"); };
  const auto way_of = [&](std::size_t index) {
    return panel.get(server_path(id_at(index).get<std::int64_t>()), anna).data().at("server").at("jump_server_id");
  };
  CHECK(way_of(1) == id_at(2));
  CHECK(way_of(2) == id_at(4));
  CHECK(way_of(4) == id_at(3));
  CHECK(way_of(3) == gate);
  CHECK(names_in(panel.get("/api/v1/servers?search=kept", anna)) == "kept ");
}

TEST_CASE("a hop with a user names an entry of the text wherever that stands") {
  Scenario panel;
  const auto anna = panel.user("anna");
  const std::string content =
      "Host web\n ProxyJump deploy@bastion\n"
      "Host db\n ProxyJump deploy@203.0.113.7:2200\n"
      "Host odd\n ProxyJump root@bastion\n"
      "Host far\n ProxyJump deploy@bastion,deploy@inner\n"
      "Host bastion\n HostName 203.0.113.7\n Port 2200\n"
      "Host inner\n"
      "Host *\n User deploy\n";
  const Json body = {{"format", "ssh_config"}, {"content", content}, {"dry_run", false}};
  const auto done = panel.post("/api/v1/servers/import", body, anna);
  REQUIRE(told(done) ==
          "1 web create; 3 db create; 5 odd error import_jump_unknown; 7 far create; 9 bastion create; "
          "12 inner create");
  const auto id_at = [&](std::size_t index) { return done.data().at("entries")[index].at("server_id"); };
  const auto way_of = [&](std::size_t index) {
    return panel.get(server_path(id_at(index).get<std::int64_t>()), anna).data().at("server").at("jump_server_id");
  };
  for (const std::size_t behind : {0, 1, 5}) CHECK(way_of(behind) == id_at(4));
  CHECK(way_of(3) == id_at(5));
}

TEST_CASE("an import puts servers into groups that are there, and tells of those that are not") {
  Scenario panel;
  const auto anna = panel.user("anna");
  const auto bert = panel.user("bert");
  const auto europe = id_of(panel.post("/api/v1/server-groups", {{"name", "europe"}}, anna), "group");
  const auto web = id_of(panel.post("/api/v1/server-groups", {{"name", "web"}, {"parent_id", europe}}, anna), "group");
  const auto foreign = id_of(panel.post("/api/v1/server-groups", {{"name", "foreign"}}, bert), "group");
  const auto shown = id_of(panel.post("/api/v1/server-groups", {{"name", "shown"}}, bert), "group");
  const auto anna_id = panel.get("/api/v1/users/me", anna).data().at("user").at("id");
  REQUIRE(panel
              .send("PUT", "/api/v1/server-groups/" + std::to_string(shown) + "/grants",
                    Json{{"grants", {{{"user_id", anna_id}, {"level", "view"}}}}}.dump(), bert)
              .status == 200);
  const auto row = [](const std::string& name, const std::string& ids, const std::string& names) {
    return name + "," + name + ",root," + ids + "," + names + "\n";
  };
  const auto text = [](std::int64_t id) { return std::to_string(id); };
  const Json body = {
      {"format", "csv"},
      {"dry_run", false},
      {"content", "name,host,ssh_user,group_ids,groups\n" + row("one", text(web) + ";" + text(europe), "") +
                      row("two", "", "web; europe") + row("three", "", "europe/web") + row("four", text(foreign), "") +
                      row("five", text(shown), "") + row("six", "", "foreign") + row("seven", "", "web/europe") +
                      row("eight", "x", "")}};
  const std::string expected =
      "2 one create; 3 two create; 4 three create; 5 four error group_unknown; 6 five error level_too_low; "
      "7 six error group_unknown; 8 seven error group_unknown; 9 eight error group_unknown";
  auto dry = body;
  dry["dry_run"] = true;
  const auto tried = panel.post("/api/v1/servers/import", dry, anna);
  CHECK(told(tried) == expected);
  CHECK(tried.data().at("entries")[3].at("field") == "group_ids");
  CHECK(tried.data().at("entries")[5].at("field") == "groups");
  const auto done = panel.post("/api/v1/servers/import", body, anna);
  CHECK(told(done) == expected);
  // What was refused was not added beside its group either.
  CHECK(names_in(panel.get("/api/v1/servers?sort=name", anna)) == "one three two ");
  const auto groups_of = [&](std::size_t index) {
    const auto id = done.data().at("entries")[index].at("server_id").get<std::int64_t>();
    return panel.get(server_path(id), anna).data().at("server").at("group_ids");
  };
  CHECK(groups_of(0) == Json{europe, web});
  CHECK(groups_of(1) == Json{europe, web});
  CHECK(groups_of(2) == Json{web});
  CHECK(panel.get("/api/v1/server-groups", anna).data().at("pagination").at("total_count") == 3);

  const Json servers = {
      {{"name", "j1"}, {"host", "j1"}, {"ssh_user", "root"}, {"group_ids", {europe}}, {"groups", {"web"}}},
      {{"name", "j2"}, {"host", "j2"}, {"ssh_user", "root"}, {"group_ids", std::vector<int>(101, 1)}}};
  const auto json =
      panel.post("/api/v1/servers/import", {{"format", "json"}, {"dry_run", false}, {"content", servers.dump()}}, anna);
  CHECK(told(json) == "1 j1 create; 1 j2 error too_many_groups");
  CHECK(panel.get("/api/v1/servers?group_id=" + text(web), anna).data().at("pagination").at("total_count") == 4);
}

TEST_CASE("a thousand servers are imported at once") {
  Scenario panel;
  const auto anna = panel.user("anna");
  id_of(panel.post("/api/v1/server-groups", {{"name", "all"}}, anna), "group");
  std::string table = "name,host,ssh_user,tags,groups\n";
  for (int i = 0; i < 1000; ++i) table += "s" + std::to_string(i) + ",h" + std::to_string(i) + ",root,many,all\n";
  const auto done =
      panel.post("/api/v1/servers/import", {{"format", "csv"}, {"dry_run", false}, {"content", table}}, anna);
  CHECK(done.data().at("counts").at("create") == 1000);
  CHECK(panel.get("/api/v1/servers/tags", anna).data().at("tags")[0].at("server_count") == 1000);
}

TEST_CASE("a batch does to each server what the caller may do to it, and says so one by one") {
  Scenario panel;
  const auto anna = panel.user("anna");
  const auto bert = panel.user("bert");
  const auto group = id_of(panel.post("/api/v1/server-groups", {{"name", "web"}}, anna), "group");
  const auto one = add_server(panel, anna, "one", {{"tags", {"old"}}}), two = add_server(panel, anna, "two");
  const auto behind = add_server(panel, anna, "behind", {{"jump_server_id", one}});
  const auto foreign = add_server(panel, bert, "foreign");
  const auto batch = [&](const std::string& action, const Json& ids, const Json& args, const std::string& who) {
    Json body = {{"action", action}, {"ids", ids}};
    if (!args.is_null()) body["args"] = args;
    return panel.post("/api/v1/servers/batch", body, who);
  };

  const auto tagged = batch("tag", {two, one, foreign, 424242, one}, {{"tags", {"new", "new"}}}, anna);
  REQUIRE_MESSAGE(tagged.status == 200, tagged.text);
  CHECK(difference(R"({"succeeded":2,"failed":2})", tagged.data().at("counts")) == "");
  CHECK(tagged.data().at("results")[0] == Json{{"id", one}, {"ok", true}});
  CHECK(tagged.data().at("results")[2] ==
        Json{{"id", foreign}, {"ok", false}, {"code", 40401}, {"message", "资源未找到"}});
  CHECK(panel.get(server_path(one), anna).data().at("server").at("tags") == Json::array({"old", "new"}));
  CHECK(batch("untag", {one}, {{"tags", {"old", "never"}}}, anna).data().at("counts").at("succeeded") == 1);
  CHECK(panel.get(server_path(one), anna).data().at("server").at("tags") == Json::array({"new"}));
  std::vector<std::string> many;
  for (int i = 0; i < 32; ++i) many.push_back("t" + std::to_string(i));
  CHECK(batch("tag", {one, two}, {{"tags", many}}, anna).data().at("results")[0].at("field") == "tags");

  CHECK(batch("move", {one, two}, {{"group_ids", {group}}}, anna).data().at("counts").at("succeeded") == 2);
  CHECK(panel.get("/api/v1/server-groups/" + std::to_string(group), anna).data().at("group").at("server_count") == 2);
  CHECK(batch("move", {foreign}, {{"group_ids", {group}}}, bert).data().at("results")[0].at("code") == 42201);

  // Bert is granted to see hers: he is told that it is not enough.
  const auto bert_id = panel.get("/api/v1/users/me", bert).data().at("user").at("id");
  REQUIRE(panel
              .send("PUT", "/api/v1/server-groups/" + std::to_string(group) + "/grants",
                    Json{{"grants", {{{"user_id", bert_id}, {"level", "shell"}}}}}.dump(), anna)
              .status == 200);
  const auto refused = batch("delete", {one, foreign}, nullptr, bert);
  CHECK(refused.data().at("results")[0].at("code") == 40301);
  CHECK(refused.data().at("results")[1].at("ok") == true);

  const auto removed = batch("delete", {one, two}, nullptr, anna);
  CHECK(removed.data().at("results")[0].at("code") == 40903);
  CHECK(removed.data().at("results")[0].at("used_by") == Json::array({{{"id", behind}, {"name", "behind"}}}));
  CHECK(names_in(panel.get("/api/v1/servers?sort=name", anna)) == "behind one ");

  const auto audit = panel.get("/api/v1/audit?action=deleteServer", panel.admin()).data();
  REQUIRE(audit.at("entries").size() == 4);
  CHECK(audit.at("entries")[0].at("target") == "servers/" + std::to_string(two));

  for (const Json& wrong : {Json{{"action", "delete"}, {"ids", {one}}, {"args", {{"tags", {"a"}}}}},
                            Json{{"action", "tag"}, {"ids", {one}}}, Json{{"action", "format"}, {"ids", {one}}},
                            Json{{"action", "delete"}, {"ids", Json::array()}},
                            Json{{"action", "move"}, {"ids", {one}}, {"args", {{"tags", {"a"}}}}}}) {
    CHECK(panel.post("/api/v1/servers/batch", wrong, anna).code() == 42201);
  }
  CHECK(batch("delete", std::vector<int>(201, 1), nullptr, anna).code() == 42201);
}

TEST_CASE("changes at the same time make no circle of jump hosts, and leave none behind a removed one") {
  Scenario panel;
  const auto anna = panel.user("anna");
  std::vector<std::int64_t> ids;
  for (const char* name : {"a", "b", "c"}) ids.push_back(add_server(panel, anna, name));
  const auto send = [&](const std::string& method, std::int64_t id, const Json& body) {
    nexus::test::HttpClient client(panel.port());
    const auto text = body.is_null() ? std::nullopt : std::optional(body.dump());
    return client.request(method, server_path(id), text, {{"Authorization", "Bearer " + anna}}).status;
  };
  for (int round = 0; round < 10; ++round) {
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      threads.emplace_back([&, i] { send("PATCH", ids[i], {{"jump_server_id", ids[(i + 1) % ids.size()]}}); });
    }
    for (auto& thread : threads) thread.join();
    std::size_t set = 0;
    for (const auto id : ids) {
      if (!panel.get(server_path(id), anna).data().at("server").at("jump_server_id").is_null()) ++set;
    }
    CHECK(set < ids.size());
    CHECK(set > 0);
    for (const auto id : ids) REQUIRE(panel.patch(server_path(id), {{"jump_server_id", nullptr}}, anna).status == 200);
  }
  for (int round = 0; round < 10; ++round) {
    const auto jump = add_server(panel, anna, "jump");
    int removed = 0, changed = 0;
    std::thread remover([&] { removed = send("DELETE", jump, nullptr); });
    changed = send("PATCH", ids[0], {{"jump_server_id", jump}});
    remover.join();
    CAPTURE(removed);
    CAPTURE(changed);
    CHECK((removed == 200) != (changed == 200));
    REQUIRE(panel.patch(server_path(ids[0]), {{"jump_server_id", nullptr}}, anna).status == 200);
    if (removed != 200) REQUIRE(panel.remove(server_path(jump), anna).status == 200);
  }
}
