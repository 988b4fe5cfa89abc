// A connection is tried before its server is added: nobody gets a credential unasked, and nothing stays.
#include "integration/scenario.h"
#include "support/ssh_server.h"

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <thread>

using nexus::test::difference;
using nexus::test::Json;
using nexus::test::Scenario;
using nexus::test::SshServer;

namespace {

constexpr const char* kPath = "/api/v1/servers/test-connection";
constexpr const char* kSecret = "Gehe1m, mit Wörtern";

Json address_of(SshServer& server) {
  return {{"host", "127.0.0.1"}, {"port", server.port()}, {"ssh_user", server.user()}};
}

Json vouched(Json body, const SshServer& server) {
  body["host_key_fingerprint"] = server.host_key_fingerprint();
  return body;
}

Json add_key(Scenario& panel, const SshServer& server, const std::string& token, const std::string& name = "key") {
  const auto key = panel.post("/api/v1/ssh-keys", {{"name", name}, {"private_key", server.private_key()}}, token);
  REQUIRE_MESSAGE(key.status == 201, key.text);
  return key.data().at("ssh_key").at("id");
}

std::int64_t add_server(Scenario& panel, SshServer& server, const Json& key, const std::string& token,
                        Json body = Json::object()) {
  body.update(address_of(server));
  if (!body.contains("name")) body["name"] = "jump";
  body["ssh_key_id"] = key;
  const auto added = panel.post("/api/v1/servers", body, token);
  REQUIRE_MESSAGE(added.status == 201, added.text);
  return added.data().at("server").at("id").get<std::int64_t>();
}

Json tried(Scenario& panel, const Json& body, const std::string& token) {
  const auto answer = panel.post(kPath, body, token);
  REQUIRE_MESSAGE(answer.status == 200, answer.text);
  return answer.data();
}

// "auth credentials_refused"
std::string failure_in(const Json& data) {
  if (data.at("connected") == true) return "connected";
  return data.at("stage").get<std::string>() + " " + data.at("error").get<std::string>();
}

bool soon(const std::function<bool()>& holds) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!holds() && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return holds();
}

std::string saved_path(std::int64_t id, const std::string& rest = "") {
  return "/api/v1/servers/" + std::to_string(id) + rest;
}

Json test_saved(Scenario& panel, std::int64_t id, const std::string& token) {
  return panel.send("POST", saved_path(id, "/test-connection"), "", token).data();
}

Json host_keys_of(Scenario& panel, std::int64_t id, const std::string& token) {
  return panel.get(saved_path(id, "/host-keys"), token).data().at("host_keys");
}

// Of all servers, in every state.
std::size_t kept_host_keys(Scenario& panel) {
  std::size_t count = 0;
  for (const char* state : {"pending", "trusted", "retired", "rejected"}) {
    count += panel.get("/api/v1/servers/host-keys?status=" + std::string(state), panel.admin())
                 .data()
                 .at("host_keys")
                 .size();
  }
  return count;
}

}  // namespace

TEST_CASE("a connection is tried before its server is added, and nothing of it stays") {
  SshServer sshd({.account_password = kSecret});
  Scenario panel;
  const auto anna = panel.user("anna");
  auto by_key = address_of(sshd);
  by_key["ssh_key_id"] = add_key(panel, sshd, anna);
  auto by_password = address_of(sshd);
  by_password["password"] = kSecret;
  sshd.clear_log();

  // Nobody has vouched for the key: it is shown, and neither credential is.
  for (const auto& body : {by_key, by_password}) {
    const auto data = tried(panel, body, anna);
    CHECK(failure_in(data) == "host_key host_key_unknown");
    const Json shown = {{"type", "ssh-ed25519"}, {"fingerprint", sshd.host_key_fingerprint()}, {"status", "unknown"}};
    CHECK(difference(shown, data.at("host_key")) == "");
    CHECK(data.at("details").get<std::string>().find("host_key_fingerprint") != std::string::npos);
  }
  CHECK(sshd.log().find("userauth-request") == std::string::npos);

  for (const auto& body : {by_key, by_password}) {
    const auto answer = panel.post(kPath, vouched(body, sshd), anna);
    CHECK(answer.body.at("message") == "连接成功");
    CHECK(difference(R"({"connected":true,"latency_ms":"<int>","os_info":"<string>"})", answer.data()) == "");
  }
  CHECK(soon([&] { return sshd.session_count() == 0; }));
  CHECK(panel.get("/api/v1/servers", panel.admin()).data().at("pagination").at("total_count") == 0);
  CHECK(kept_host_keys(panel) == 0);
  // What was vouched for once counts for that once.
  CHECK(failure_in(tried(panel, by_password, anna)) == "host_key host_key_unknown");

  const auto found = std::system(("grep -raqF -e 'Gehe1m' '" + panel.data_dir() + "'").c_str());
  CHECK(WEXITSTATUS(found) == 1);
  CHECK(panel.log().find("Gehe1m") == std::string::npos);
  const auto audit = panel.get("/api/v1/audit?action=testUnsavedConnection", panel.admin());
  REQUIRE_MESSAGE(audit.status == 200, audit.text);
  REQUIRE(audit.data().at("entries").size() == 5);
  CHECK(audit.text.find("\"host\":\"127.0.0.1\"") != std::string::npos);
  CHECK(audit.text.find("\"connected\":true") != std::string::npos);
  CHECK(audit.text.find("host_key_unknown") != std::string::npos);
  CHECK(audit.text.find("Gehe1m") == std::string::npos);
}

TEST_CASE("another host key than the one vouched for, and credentials that are wrong") {
  SshServer sshd({.account_password = kSecret});
  Scenario panel;
  const auto anna = panel.user("anna");
  auto body = vouched(address_of(sshd), sshd);
  body["password"] = kSecret;
  sshd.swap_host_key();
  sshd.clear_log();
  const auto swapped = tried(panel, body, anna);
  CHECK(failure_in(swapped) == "host_key host_key_changed");
  CHECK(swapped.at("host_key").at("status") == "changed");
  CHECK(swapped.at("host_key").at("fingerprint") == sshd.host_key_fingerprint());
  CHECK(sshd.log().find("userauth-request") == std::string::npos);

  body = vouched(body, sshd);
  auto nothing = body;
  nothing.erase("password");
  CHECK(failure_in(tried(panel, nothing, anna)) == "auth credentials_missing");
  // The machine may ban who guesses, and so does the panel: for each caller and machine.
  body["password"] = "wrong";
  for (int i = 0; i < 5; ++i) CHECK(failure_in(tried(panel, body, anna)) == "auth credentials_refused");
  sshd.clear_log();
  body["password"] = kSecret;
  CHECK(failure_in(tried(panel, body, anna)) == "auth held_back");
  CHECK(sshd.log().find("Connection from") == std::string::npos);
  CHECK(failure_in(tried(panel, body, panel.user("bert"))) == "connected");
  sshd.stop();
  CHECK(failure_in(tried(panel, body, panel.user("bert"))) == "connect refused");
}

TEST_CASE("a test of an unsaved server goes through a jump host as it was accepted, and no other") {
  SshServer outer;
  SshServer inner({.account_password = kSecret});
  Scenario panel;
  const auto anna = panel.user("anna");
  const auto jump = add_server(panel, outer, add_key(panel, outer, anna), anna);
  auto body = vouched(address_of(inner), inner);
  body["password"] = kSecret;
  body["jump_server_id"] = jump;
  inner.clear_log();
  // Nobody has accepted the jump host's key, and the caller vouches for the other one only.
  const auto unknown = tried(panel, body, anna);
  CHECK(failure_in(unknown) == "host_key jump_host_unreachable");
  CHECK(unknown.at("jump_host").at("error") == "host_key_unknown");
  CHECK_FALSE(unknown.contains("host_key"));
  REQUIRE(test_saved(panel, jump, anna).at("connected") == true);
  CHECK(failure_in(tried(panel, body, anna)) == "connected");
  CHECK(outer.log().find("direct-tcpip") != std::string::npos);

  outer.swap_host_key();
  inner.clear_log();
  CHECK(
      soon([&] { return tried(panel, body, anna).value("/jump_host/error"_json_pointer, "") == "host_key_changed"; }));
  CHECK(inner.log().find("Connection from") == std::string::npos);
}

TEST_CASE("a test of an unsaved server is for who may add it so") {
  SshServer sshd;
  Scenario panel;
  const auto anna = panel.user("anna");
  const auto bert = panel.user("bert");
  const auto key = add_key(panel, sshd, anna);
  const auto jump = add_server(panel, sshd, key, anna);
  const auto group = panel.post("/api/v1/server-groups", {{"name", "web"}}, anna).data().at("group").at("id");
  const auto jump_path = "/api/v1/servers/" + std::to_string(jump);
  REQUIRE(panel.patch(jump_path, {{"group_ids", {group}}}, anna).status == 200);
  sshd.clear_log();

  const auto refused = [&](const char* field, const Json& value, const std::string& token) {
    CAPTURE(field);
    auto body = vouched(address_of(sshd), sshd);
    body[field] = value;
    const auto answer = panel.post(kPath, body, token);
    CHECK_MESSAGE(answer.status == 422, answer.text);
    CHECK(answer.body.at("errors").at(0).at("field") == field);
  };
  refused("ssh_key_id", key, bert);
  refused("jump_server_id", jump, bert);
  refused("jump_server_id", 424242, anna);
  refused("host", "-oProxyCommand=x", anna);
  refused("ssh_user", "a b", anna);
  refused("port", 70000, anna);
  refused("host_key_fingerprint", "SHA256:short", anna);
  refused("name", "one", anna);
  // To see a server is not enough to go through it.
  const auto bert_id = panel.get("/api/v1/users/me", bert).data().at("user").at("id");
  const auto grant = [&](const char* level) {
    REQUIRE(panel
                .send("PUT", "/api/v1/server-groups/" + group.dump() + "/grants",
                      Json{{"grants", {{{"user_id", bert_id}, {"level", level}}}}}.dump(), anna)
                .status == 200);
  };
  grant("view");
  refused("jump_server_id", jump, bert);
  CHECK(sshd.log().find("Connection from") == std::string::npos);
  grant("operate");
  auto through = address_of(sshd);
  through["jump_server_id"] = jump;
  CHECK(panel.post(kPath, through, bert).status == 200);

  // A token needs both scopes: the one for adding, and the one for connecting.
  const auto with_scopes = [&](const Json& scopes) {
    const auto made = panel.post("/api/v1/users/me/tokens", {{"name", scopes.dump()}, {"scopes", scopes}}, anna);
    REQUIRE_MESSAGE(made.status == 201, made.text);
    return panel.post(kPath, address_of(sshd), made.data().at("secret").get<std::string>()).status;
  };
  CHECK(with_scopes({"servers.read", "servers.connect"}) == 403);
  CHECK(with_scopes({"servers.read", "servers.write"}) == 403);
  CHECK(with_scopes({"servers.write", "servers.connect"}) == 200);
  CHECK(panel.post(kPath, address_of(sshd), "").status == 401);
}

TEST_CASE("a host key that is vouched for when its server is added is what the server must show") {
  SshServer sshd;
  SshServer other;
  Scenario panel({.config = "servers: {host_keys: strict}"});
  const auto anna = panel.user("anna");
  const auto key = add_key(panel, sshd, anna);
  const auto id = add_server(panel, sshd, key, anna, vouched({{"name", "vouched"}}, sshd));
  CHECK(host_keys_of(panel, id, anna).empty());
  // Background work may begin with it, and it counts from then on as one that was accepted.
  CHECK(panel.get(saved_path(id, "/metrics"), anna).status == 200);
  const auto keys = host_keys_of(panel, id, anna);
  REQUIRE(keys.size() == 1);
  CHECK(keys[0].at("state") == "trusted");
  CHECK(keys[0].at("fingerprint") == sshd.host_key_fingerprint());
  CHECK(keys[0].at("decided_by") == panel.get("/api/v1/users/me", anna).data().at("user").at("id"));
  CHECK_FALSE(keys[0].at("decided_at").is_null());
  const auto audit = panel.get("/api/v1/audit?action=addServer", panel.admin());
  CHECK(audit.text.find(sshd.host_key_fingerprint()) != std::string::npos);

  // It was vouched for at that address, and not at another one.
  REQUIRE(panel.patch(saved_path(id), {{"port", other.port()}}, anna).status == 200);
  CHECK(failure_in(test_saved(panel, id, anna)) == "host_key host_key_unknown");
  REQUIRE(panel.patch(saved_path(id), {{"port", sshd.port()}}, anna).status == 200);
  CHECK(test_saved(panel, id, anna).at("connected") == true);
  sshd.swap_host_key();
  CHECK(failure_in(test_saved(panel, id, anna)) == "host_key host_key_changed");

  auto wrong = address_of(sshd);
  wrong["name"] = "wrong";
  wrong["host_key_fingerprint"] = "SHA256:short";
  CHECK(panel.post("/api/v1/servers", wrong, anna).code() == 42201);
  CHECK(panel.patch(saved_path(id), {{"host_key_fingerprint", sshd.host_key_fingerprint()}}, anna).code() == 42201);
}

TEST_CASE("another host key than the one vouched for waits for a person, and gets no credential") {
  SshServer sshd;
  Scenario panel;
  const auto anna = panel.user("anna");
  const auto key = add_key(panel, sshd, anna);
  const auto id = add_server(panel, sshd, key, anna, vouched({{"name", "swapped"}}, sshd));
  sshd.swap_host_key();
  sshd.clear_log();
  // Not even a person's first connection begins with it.
  const auto refused = test_saved(panel, id, anna);
  CHECK(failure_in(refused) == "host_key host_key_changed");
  CHECK(refused.at("host_key").at("status") == "changed");
  CHECK(panel.get(saved_path(id, "/metrics"), anna).code() == 40902);
  CHECK(sshd.log().find("userauth-request") == std::string::npos);
  const auto waiting = panel.get("/api/v1/servers/host-keys", anna).data().at("host_keys");
  REQUIRE(waiting.size() == 1);
  CHECK(waiting[0].at("fingerprint") == sshd.host_key_fingerprint());
  const Json shown = {{"fingerprint", waiting[0].at("fingerprint")}};
  REQUIRE(panel.post(saved_path(id, "/host-keys/accept"), shown, anna).status == 200);
  CHECK(test_saved(panel, id, anna).at("connected") == true);
}
