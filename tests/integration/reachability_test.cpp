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
  const auto added = panel.post("/api/v1/servers", body, token);
  REQUIRE_MESSAGE(added.status == 201, added.text);
  return added.data().at("server").at("id").get<std::int64_t>();
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
