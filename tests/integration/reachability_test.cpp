// What a server's status and a failure say of it, and what of the way there.
#include "integration/scenario.h"
#include "support/ssh_server.h"

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <thread>

using nexus::test::difference;
using nexus::test::Json;
using nexus::test::Scenario;
using nexus::test::SshServer;

namespace {

Json key_for(Scenario& panel, const SshServer& server, const std::string& token, const std::string& name) {
  const auto key = panel.post("/api/v1/ssh-keys", {{"name", name}, {"private_key", server.private_key()}}, token);
  REQUIRE_MESSAGE(key.status == 201, key.text);
  return key.data().at("ssh_key").at("id");
}

Json with_address(SshServer& server, const Json& key, Json body = Json::object()) {
  body.update({{"host", "127.0.0.1"}, {"port", server.port()}, {"ssh_user", server.user()}, {"ssh_key_id", key}});
  return body;
}

std::int64_t added(Scenario& panel, const Json& body, const std::string& token) {
  const auto answer = panel.post("/api/v1/servers", body, token);
  REQUIRE_MESSAGE(answer.status == 201, answer.text);
  return answer.data().at("server").at("id").get<std::int64_t>();
}

std::string place_of(std::int64_t id, const std::string& rest = "") {
  return "/api/v1/servers/" + std::to_string(id) + rest;
}

Json tested(Scenario& panel, std::int64_t id, const std::string& token) {
  return panel.send("POST", place_of(id, "/test-connection"), "", token).data();
}

// "offline refused"
std::string status_of(Scenario& panel, std::int64_t id, const std::string& token) {
  const auto server = panel.get(place_of(id), token).data().at("server");
  const auto status = server.at("status").get<std::string>();
  return server.at("status_reason").is_null() ? status : status + " " + server.at("status_reason").get<std::string>();
}

bool comes_true(const std::function<bool()>& holds) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!holds() && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return holds();
}

}  // namespace

TEST_CASE("a test that fails beside a living connection does not take its server offline") {
  SshServer sshd;
  Scenario panel;
  const auto anna = panel.user("anna");
  const auto id = added(panel, with_address(sshd, key_for(panel, sshd, anna, "key"), {{"name", "kept"}}), anna);
  REQUIRE(tested(panel, id, anna).at("connected") == true);
  // From now on nobody gets in, but who is in stays.
  std::filesystem::resize_file(sshd.folder() + "/authorized_keys", 0);
  CHECK(tested(panel, id, anna).at("error") == "credentials_refused");
  CHECK(status_of(panel, id, anna) == "online");
  CHECK(panel.get(place_of(id, "/metrics"), anna).status == 200);
  sshd.kill_sessions();
  const bool offline = comes_true([&] { return status_of(panel, id, anna) == "offline credentials_refused"; });
  CHECK_MESSAGE(offline, status_of(panel, id, anna));
}

TEST_CASE("a fault of a jump host is told as that, by name to who sees it") {
  SshServer outer;
  SshServer inner;
  Scenario panel;
  const auto anna = panel.user("anna");
  const auto bert = panel.user("bert");
  const auto outer_key = key_for(panel, outer, anna, "outer");
  const auto inner_key = key_for(panel, inner, anna, "inner");
  const auto jump = added(panel, with_address(outer, outer_key, {{"name", "gate"}}), anna);
  const auto group = panel.post("/api/v1/server-groups", {{"name", "web"}}, anna).data().at("group").at("id");
  const auto id = added(
      panel, with_address(inner, inner_key, {{"name", "web"}, {"jump_server_id", jump}, {"group_ids", {group}}}), anna);
  const auto bert_id = panel.get("/api/v1/users/me", bert).data().at("user").at("id");
  REQUIRE(panel
              .send("PUT", "/api/v1/server-groups/" + group.dump() + "/grants",
                    Json{{"grants", {{{"user_id", bert_id}, {"level", "operate"}}}}}.dump(), anna)
              .status == 200);
  REQUIRE(tested(panel, jump, anna).at("connected") == true);
  REQUIRE(tested(panel, id, anna).at("connected") == true);

  outer.stop();
  REQUIRE(comes_true([&] { return status_of(panel, id, anna) == "offline jump_host_unreachable"; }));
  CHECK(panel.get(place_of(id), anna).data().at("server").at("status_message") == "无法使用通往该服务器的跳板机");
  const auto told = tested(panel, id, anna);
  CHECK(told.at("stage") == "connect");
  CHECK(told.at("error") == "jump_host_unreachable");
  CHECK(difference(Json{{"error", "refused"}, {"details", "连接被拒绝"}, {"id", jump}, {"name", "gate"}},
                   told.at("jump_host")) == "");
  CHECK(difference(R"({"error":"refused","details":"连接被拒绝"})", tested(panel, id, bert).at("jump_host")) == "");
  const auto metrics = panel.get(place_of(id, "/metrics"), anna);
  CHECK(metrics.code() == 50201);
  CHECK(metrics.body.at("error") == "jump_host_unreachable");
  CHECK(difference(R"({"error":"refused"})", metrics.body.at("jump_host")) == "");
  outer.start();
  REQUIRE(tested(panel, jump, anna).at("connected") == true);
  CHECK(comes_true([&] { return status_of(panel, id, anna) == "online"; }));
  // The jump host is well, and the server behind it is not.
  inner.stop();
  CHECK(comes_true([&] { return status_of(panel, id, anna) == "offline unreachable"; }));
}

TEST_CASE("log-ins that a jump host refuses hold nobody back at the server behind it") {
  SshServer outer;
  SshServer inner;
  Scenario panel;
  const auto anna = panel.user("anna");
  const auto outer_key = key_for(panel, outer, anna, "outer");
  const auto inner_key = key_for(panel, inner, anna, "inner");
  const auto jump = added(panel, with_address(outer, outer_key, {{"name", "gate"}}), anna);
  REQUIRE(tested(panel, jump, anna).at("connected") == true);
  const auto other = panel.post("/api/v1/ssh-keys", {{"name", "other"}, {"generate", "ed25519"}}, anna);
  const auto other_key = other.data().at("ssh_key").at("id");
  REQUIRE(panel.patch(place_of(jump), {{"ssh_key_id", other_key}}, anna).status == 200);
  const auto id = added(panel, with_address(inner, inner_key, {{"name", "web"}, {"jump_server_id", jump}}), anna);
  auto unsaved = with_address(inner, inner_key, {{"jump_server_id", jump}});
  unsaved["host_key_fingerprint"] = inner.host_key_fingerprint();
  const auto try_unsaved = [&] { return panel.post("/api/v1/servers/test-connection", unsaved, anna).data(); };
  for (int i = 0; i < 6; ++i) {
    for (const auto& data : {try_unsaved(), tested(panel, id, anna)}) {
      CHECK(data.at("error") == "jump_host_unreachable");
      CHECK(data.at("jump_host").at("error") == "credentials_refused");
    }
  }
  REQUIRE(panel.patch(place_of(jump), {{"ssh_key_id", outer_key}}, anna).status == 200);
  CHECK(try_unsaved().at("connected") == true);
  CHECK(tested(panel, id, anna).at("connected") == true);
}
