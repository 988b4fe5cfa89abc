// ETag and If-Match of servers, groups, SSH keys and lists of grants: nobody overwrites what he has not seen.
#include "integration/scenario.h"
#include "support/http_client.h"
#include "support/ssh_server.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <thread>

using nexus::test::Answer;
using nexus::test::Json;
using nexus::test::Scenario;
using nexus::test::SshServer;

namespace {

struct Kind {
  std::string member;
  std::string collection;
  Json body;
};

const std::vector<Kind> kKinds = {
    {"server", "/api/v1/servers", {{"name", "one"}, {"host", "192.0.2.1"}, {"ssh_user", "root"}}},
    {"group", "/api/v1/server-groups", {{"name", "one"}}},
    {"ssh_key", "/api/v1/ssh-keys", {{"name", "one"}, {"generate", "ed25519"}}},
};

// Anna's things, on a panel of their own.
struct Desk {
  Answer add(const Kind& kind) {
    auto answer = panel.post(kind.collection, kind.body, anna);
    REQUIRE_MESSAGE(answer.status == 201, answer.text);
    return answer;
  }
  std::string path_of(const Kind& kind, const Answer& added) {
    return kind.collection + "/" + std::to_string(added.data().at(kind.member).at("id").get<std::int64_t>());
  }
  std::string add_group(const std::string& name, const Json& parent = nullptr) {
    const auto added = add({"group", kKinds[1].collection, {{"name", name}, {"parent_id", parent}}});
    return path_of(kKinds[1], added);
  }
  Answer send(const std::string& method, const std::string& path, const Json& body, const std::string& tag) {
    return panel.send(method, path, body.is_null() ? "" : body.dump(), anna, {{"If-Match", tag}});
  }
  Answer rename(const std::string& path, const std::string& name, const std::string& tag) {
    return send("PATCH", path, {{"name", name}}, tag);
  }
  // Empty where there is none.
  std::string tag_of(const std::string& path) {
    const auto answer = panel.get(path, anna);
    REQUIRE(answer.status == 200);
    return answer.headers.contains("etag") ? answer.headers.at("etag") : "";
  }

  Scenario panel;
  std::string anna = panel.user("anna");
};

bool is_refused(const Answer& answer) { return answer.status == 409 && answer.code() == 40901; }

// The statuses, sorted and in one text, of as many requests at once, each with another of the bodies.
std::string all_at_once(Desk& desk, const std::string& method, const std::string& path, const std::vector<Json>& bodies,
                        const std::string& tag) {
  std::vector<int> statuses(bodies.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    threads.emplace_back([&, i] {
      nexus::test::HttpClient client(desk.panel.port());
      client.set_bearer(desk.anna);
      statuses[i] = client.request(method, path, bodies[i].dump(), {{"If-Match", tag}}).status;
    });
  }
  for (auto& thread : threads) thread.join();
  std::sort(statuses.begin(), statuses.end());
  std::string text;
  for (const auto status : statuses) text += std::to_string(status) + " ";
  return text;
}

}  // namespace

TEST_CASE("a tag comes with what is added, read and changed, and another with each change") {
  Desk desk;
  for (const auto& kind : kKinds) {
    CAPTURE(kind.member);
    const auto added = desk.add(kind);
    const auto path = desk.path_of(kind, added);
    REQUIRE(added.headers.contains("etag"));
    auto tag = added.headers.at("etag");
    CHECK(desk.tag_of(path) == tag);
    for (const char* name : {"two", "two", "three"}) {
      const auto changed = desk.panel.patch(path, {{"name", name}}, desk.anna);
      REQUIRE(changed.status == 200);
      REQUIRE(changed.headers.contains("etag"));
      CHECK(changed.headers.at("etag") != tag);
      tag = changed.headers.at("etag");
      CHECK(desk.tag_of(path) == tag);
    }
  }
}

TEST_CASE("what somebody else has changed meanwhile is neither changed nor removed") {
  Desk desk;
  for (const auto& kind : kKinds) {
    CAPTURE(kind.member);
    const auto path = desk.path_of(kind, desk.add(kind));
    const auto stale = desk.tag_of(path);
    REQUIRE(desk.rename(path, "two", stale).status == 200);
    const auto stands = desk.panel.get(path, desk.anna).data();
    const auto fresh = desk.tag_of(path);
    for (const auto& tag : {stale, "W/" + fresh, std::string("\"\""), std::string("none")}) {
      CAPTURE(tag);
      CHECK(is_refused(desk.rename(path, "three", tag)));
      CHECK(is_refused(desk.send("DELETE", path, nullptr, tag)));
      CHECK(desk.panel.get(path, desk.anna).data() == stands);
    }
    CHECK(desk.rename(path, "three", stale + ", " + fresh).status == 200);
    CHECK(desk.rename(path, "four", "*").status == 200);
    CHECK(desk.panel.patch(path, {{"name", "five"}}, desk.anna).status == 200);
    CHECK(desk.send("DELETE", path, nullptr, desk.tag_of(path)).status == 200);
    CHECK(desk.rename(path, "six", "*").code() == 40401);
    CHECK(desk.send("DELETE", path, nullptr, "*").code() == 40401);
  }
}

TEST_CASE("of changes at the same time that saw the same, one is made") {
  Desk desk;
  for (const auto& kind : kKinds) {
    CAPTURE(kind.member);
    const auto path = desk.path_of(kind, desk.add(kind));
    for (int round = 0; round < 10; ++round) {
      std::vector<Json> bodies;
      for (const char* name : {"a", "b", "c", "d"}) bodies.push_back({{"name", name + std::to_string(round)}});
      CHECK(all_at_once(desk, "PATCH", path, bodies, desk.tag_of(path)) == "200 409 409 409 ");
    }
  }
}

TEST_CASE("what the panel finds out about a server leaves its tag as it is") {
  SshServer sshd;
  Desk desk;
  const auto key = desk.add({"ssh_key", kKinds[2].collection, {{"name", "k"}, {"private_key", sshd.private_key()}}});
  const auto added = desk.add({"server",
                               kKinds[0].collection,
                               {{"name", "real"},
                                {"host", "127.0.0.1"},
                                {"port", sshd.port()},
                                {"ssh_user", sshd.user()},
                                {"ssh_key_id", key.data().at("ssh_key").at("id")}}});
  const auto path = desk.path_of(kKinds[0], added);
  const auto tag = desk.tag_of(path);
  REQUIRE_FALSE(tag.empty());
  CHECK(desk.panel.send("POST", path + "/test-connection", "", desk.anna).data().at("connected") == true);
  CHECK(desk.panel.get(path, desk.anna).data().at("server").at("status") == "online");
  CHECK(desk.tag_of(path) == tag);
  CHECK(desk.rename(path, "really", tag).status == 200);
}

TEST_CASE("a group that moves up because its parent goes is another one") {
  Desk desk;
  const auto top = desk.add_group("top");
  const auto low = desk.add_group("low", desk.panel.get(top, desk.anna).data().at("group").at("id"));
  const auto tag = desk.tag_of(low);
  REQUIRE(desk.panel.remove(top, desk.anna).status == 200);
  CHECK(is_refused(desk.rename(low, "lower", tag)));
}

TEST_CASE("a list of grants is replaced by who has seen it") {
  Desk desk;
  const auto group = desk.add_group("shared"), path = group + "/grants";
  const auto id_of = [&](const std::string& name) {
    return desk.panel.get("/api/v1/users/me", desk.panel.user(name)).data().at("user").at("id");
  };
  const auto list = [](const Json& user, const char* level) {
    return Json{{"grants", {{{"user_id", user}, {"level", level}}}}};
  };
  const auto bert = id_of("bert"), cora = id_of("cora");
  const auto empty = desk.tag_of(path), group_tag = desk.tag_of(group);
  const auto put = desk.send("PUT", path, list(bert, "view"), empty);
  REQUIRE(put.status == 200);
  CHECK(put.headers.at("etag") == desk.tag_of(path));
  CHECK(is_refused(desk.send("PUT", path, list(cora, "view"), empty)));
  CHECK(is_refused(desk.send("PUT", path, list(cora, "view"), "W/" + desk.tag_of(path))));
  CHECK(desk.panel.get(path, desk.anna).data().at("grants").at(0).at("user_id") == bert);
  // It is a thing of its own beside its group.
  CHECK(desk.rename(group, "renamed", group_tag).status == 200);
  CHECK(desk.send("PUT", path, list(bert, "shell"), put.headers.at("etag")).status == 200);
  CHECK(desk.panel.send("PUT", path, list(bert, "view").dump(), desk.anna).status == 200);
  CHECK(desk.send("PUT", path, {{"grants", Json::array()}}, "*").status == 200);
  for (int round = 0; round < 10; ++round) {
    const std::vector<Json> lists = {list(bert, round % 2 == 0 ? "view" : "shell"),
                                     list(cora, round % 2 == 0 ? "view" : "shell")};
    CHECK(all_at_once(desk, "PUT", path, lists, desk.tag_of(path)) == "200 409 ");
  }
}
