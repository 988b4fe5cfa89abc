// Groups in groups: where they may stand, what is granted through them, and changes at the same time.
#include "integration/scenario.h"
#include "support/http_client.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <thread>

using nexus::test::Answer;
using nexus::test::Json;
using nexus::test::Scenario;

namespace {

std::string group_path(std::int64_t id, const std::string& rest = "") {
  return "/api/v1/server-groups/" + std::to_string(id) + rest;
}

// Anna's groups, on a panel of their own.
struct Wood {
  Answer try_add(const std::string& name, const Json& parent, const std::string& who = "anna") {
    return panel.post("/api/v1/server-groups", {{"name", name}, {"parent_id", parent}}, panel.user(who));
  }
  std::int64_t add(const std::string& name, const Json& parent = nullptr, const std::string& who = "anna") {
    const auto answer = try_add(name, parent, who);
    REQUIRE_MESSAGE(answer.status == 201, answer.text);
    return answer.data().at("group").at("id").get<std::int64_t>();
  }
  Answer move(std::int64_t id, const Json& parent, const std::string& who = "anna") {
    return panel.patch(group_path(id), {{"parent_id", parent}}, panel.user(who));
  }
  Json parent_of(std::int64_t id, const std::string& who = "anna") {
    return panel.get(group_path(id), panel.user(who)).data().at("group").at("parent_id");
  }
  void grant(std::int64_t id, const std::string& who, const std::string& level) {
    const auto user = panel.get("/api/v1/users/me", panel.user(who)).data().at("user").at("id");
    const Json body = {{"grants", {{{"user_id", user}, {"level", level}}}}};
    REQUIRE(panel.send("PUT", group_path(id, "/grants"), body.dump(), panel.user("anna")).status == 200);
  }
  std::int64_t add_server(const std::string& name, std::int64_t group) {
    const auto added = panel.post("/api/v1/servers",
                                  {{"name", name}, {"host", "192.0.2.1"}, {"ssh_user", "root"}, {"group_ids", {group}}},
                                  panel.user("anna"));
    REQUIRE(added.status == 201);
    return added.data().at("server").at("id").get<std::int64_t>();
  }
  std::string level_on(std::int64_t server, const std::string& who) {
    const auto answer = panel.get("/api/v1/servers/" + std::to_string(server), panel.user(who));
    return answer.status == 200 ? answer.data().at("server").at("access").get<std::string>() : "none";
  }

  Scenario panel;
};

std::string rule_of(const Answer& answer) {
  return answer.code() == 42201 ? answer.body.at("errors")[0].at("rule").get<std::string>() : answer.text;
}

}  // namespace

TEST_CASE("groups stand in one another up to eight levels, and never in themselves") {
  Wood wood;
  std::vector<std::int64_t> chain{wood.add("g1")};
  for (int i = 2; i <= 8; ++i) chain.push_back(wood.add("g" + std::to_string(i), chain.back()));
  CHECK(rule_of(wood.try_add("g9", chain.back())) == "depth");
  const auto pair = wood.add("pair");
  wood.add("pair's", pair);
  CHECK(rule_of(wood.move(pair, chain[6])) == "depth");
  CHECK(wood.move(pair, chain[5]).status == 200);
  CHECK(rule_of(wood.move(chain[0], chain[0])) == "loop");
  CHECK(rule_of(wood.move(chain[0], chain[7])) == "loop");
  CHECK(rule_of(wood.move(pair, 424242)) == "exists");
  CHECK(wood.parent_of(pair) == chain[5]);
  // A change that says nothing of it leaves it where it is.
  CHECK(wood.panel.patch(group_path(pair), {{"name", "renamed"}}, wood.panel.user("anna")).status == 200);
  CHECK(wood.parent_of(pair) == chain[5]);
  // What stood in a removed one moves up.
  CHECK(wood.panel.remove(group_path(chain[5]), wood.panel.user("anna")).status == 200);
  CHECK(wood.parent_of(pair) == chain[4]);
  CHECK(wood.parent_of(chain[6]) == chain[4]);
  CHECK(wood.move(chain[4], nullptr).status == 200);
  CHECK(wood.parent_of(chain[4]).is_null());
  const auto list = wood.panel.get("/api/v1/server-groups", wood.panel.user("anna")).data().at("groups");
  for (const auto& group : list) CHECK(group.contains("parent_id"));
}

TEST_CASE("what is granted on a group counts for what stands in it, as long as it stands there") {
  Wood wood;
  const auto top = wood.add("top"), low = wood.add("low", wood.add("middle", top));
  const auto server = wood.add_server("one", low);
  wood.grant(top, "bert", "shell");
  CHECK(wood.level_on(server, "bert") == "shell");
  const auto seen = wood.panel.get(group_path(top), wood.panel.user("bert")).data().at("group");
  CHECK(seen.at("server_count") == 1);
  const auto query = "/api/v1/servers?group_id=" + std::to_string(top);
  CHECK(wood.panel.get(query, wood.panel.user("bert")).data().at("servers").size() == 1);
  wood.grant(low, "cora", "view");
  CHECK(wood.level_on(server, "cora") == "view");
  CHECK(wood.parent_of(low, "cora").is_null());
  CHECK(wood.panel.get(query, wood.panel.user("cora")).data().at("servers").empty());
  REQUIRE(wood.move(low, nullptr).status == 200);
  CHECK(wood.level_on(server, "bert") == "none");
  CHECK(wood.level_on(server, "cora") == "view");
}

TEST_CASE("nobody gains a group by moving it, and none stands in a group of somebody else") {
  Wood wood;
  const auto top = wood.add("top"), low = wood.add("low", top), other = wood.add("other");
  const auto bert_group = wood.add("bert's", nullptr, "bert");
  CHECK(wood.move(low, bert_group, "bert").code() == 40401);
  wood.grant(low, "bert", "manage");
  // He manages it, and not the one that it would leave.
  CHECK(wood.move(low, bert_group, "bert").code() == 40301);
  CHECK(wood.move(low, nullptr, "bert").code() == 40301);
  wood.grant(top, "bert", "manage");
  CHECK(wood.move(low, bert_group, "bert").code() == 40301);
  CHECK(wood.move(bert_group, top, "bert").code() == 40301);
  CHECK(wood.try_add("bert's too", top, "bert").code() == 40301);
  CHECK(rule_of(wood.move(low, other, "bert")) == "exists");
  wood.grant(other, "bert", "view");
  CHECK(wood.move(low, other, "bert").code() == 40301);
  CHECK(wood.parent_of(low) == top);
  wood.grant(other, "bert", "manage");
  CHECK(wood.move(low, other, "bert").status == 200);
  // Not out of his own sight.
  wood.grant(low, "cora", "view");
  CHECK(wood.move(low, nullptr, "bert").code() == 40301);
  CHECK(wood.parent_of(low) == other);
}

TEST_CASE("changes at the same time make no circle of groups") {
  Wood wood;
  std::vector<std::int64_t> ids;
  for (const char* name : {"a", "b", "c"}) ids.push_back(wood.add(name));
  const auto token = wood.panel.user("anna");
  for (int round = 0; round < 10; ++round) {
    std::vector<std::thread> threads;
    std::vector<int> statuses(ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i) {
      threads.emplace_back([&, i] {
        nexus::test::HttpClient client(wood.panel.port());
        const auto body = Json{{"parent_id", ids[(i + 1) % ids.size()]}}.dump();
        const auto answer = client.request("PATCH", group_path(ids[i]), body, {{"Authorization", "Bearer " + token}});
        statuses[i] = answer.status;
      });
    }
    for (auto& thread : threads) thread.join();
    // Who comes last is told why; nobody meets the other's locks.
    std::sort(statuses.begin(), statuses.end());
    CHECK(statuses == std::vector<int>{200, 200, 422});
    std::size_t at_top = 0;
    for (const auto id : ids) at_top += wood.parent_of(id).is_null() ? 1 : 0;
    CHECK(at_top == 1);
    for (const auto id : ids) REQUIRE(wood.move(id, nullptr).status == 200);
  }
}
