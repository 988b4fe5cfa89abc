// Many servers at once: tags, imports, batches, and the review of their host keys.
#include "integration/scenario.h"

#include <doctest/doctest.h>

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

std::string path_of(std::int64_t id, const std::string& rest = "") {
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
  CHECK(panel.get(path_of(one), anna).data().at("server").at("tags") == Json::array({"生产", "web"}));

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
    const auto refused = panel.patch(path_of(one), {{"tags", bad}}, anna);
    CHECK(refused.code() == 42201);
  }
  REQUIRE(panel.patch(path_of(one), {{"tags", {"db"}}}, anna).status == 200);
  CHECK(names_in(panel.get("/api/v1/servers?tag=db", anna)) == "one ");
  CHECK(names_in(panel.get("/api/v1/servers?tag=web", anna)) == "two ");
  REQUIRE(panel.remove(path_of(one), anna).status == 200);
  CHECK(panel.get("/api/v1/servers/tags", anna).data().at("pagination").at("total_count") == 2);
}
