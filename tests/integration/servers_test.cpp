// One real SSH server managed end to end: key, server, connection test, metrics; and what happens when SSH goes wrong.
#include "integration/scenario.h"
#include "support/ssh_server.h"

#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <thread>

using nexus::test::difference;
using nexus::test::Json;
using nexus::test::Scenario;
using nexus::test::SshServer;

namespace {

// An ssh key that `server` accepts, and a server with it, as `token`'s user adds them; answers the server's id.
std::int64_t add_server(Scenario& panel, SshServer& server, const std::string& token,
                        const std::string& name = "Web服务器01") {
  const auto key =
      panel.post("/api/v1/ssh-keys", {{"name", name + " key"}, {"private_key", server.private_key()}}, token);
  REQUIRE(key.status == 201);
  const auto added = panel.post("/api/v1/servers",
                                {{"name", name},
                                 {"host", "127.0.0.1"},
                                 {"port", server.port()},
                                 {"ssh_user", server.user()},
                                 {"ssh_key_id", key.data().at("ssh_key").at("id")}},
                                token);
  REQUIRE(added.status == 201);
  return added.data().at("server").at("id").get<std::int64_t>();
}

std::string path_of(std::int64_t id, const std::string& rest = "") {
  return "/api/v1/servers/" + std::to_string(id) + rest;
}

// The kept connection may take a moment to end with its server.
bool goes_offline(Scenario& panel, std::int64_t id, const std::string& token) {
  for (int i = 0; i < 100; ++i) {
    if (panel.get(path_of(id), token).data().at("server").at("status") == "offline") return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return false;
}

}  // namespace

TEST_CASE("a server is added, tested and measured as documented") {
  SshServer sshd;
  Scenario panel;
  const auto admin = panel.admin();
  const auto id = add_server(panel, sshd, admin);

  const auto test = panel.send("POST", path_of(id, "/test-connection"), "", admin);
  CHECK(test.status == 200);
  CHECK(test.body.at("message") == "连接成功");
  CHECK(test.data().at("connected") == true);
  CHECK(test.data().at("latency_ms").is_number_integer());
  CHECK(test.data().at("os_info").get<std::string>() != "");

  const auto list = panel.get("/api/v1/servers", admin);
  const Json expected = {
      {"code", 200},
      {"message", "成功"},
      {"data",
       {{"servers",
         {{{"id", id},
           {"name", "Web服务器01"},
           {"host", "127.0.0.1"},
           {"port", sshd.port()},
           {"ssh_user", sshd.user()},
           {"status", "online"},
           {"os_info", "<string>"},
           {"last_heartbeat", "<time>"},
           {"created_at", "<time>"},
           {"status_reason", nullptr},
           {"status_message", nullptr}}}},
        {"pagination", Json::parse(R"({"current_page":1,"per_page":20,"total_pages":1,"total_count":1,
                               "has_next":false,"has_prev":false})")}}}};
  CHECK(difference(expected, list.body) == "");

  const auto metrics = panel.get(path_of(id, "/metrics"), admin);
  CHECK(metrics.status == 200);
  REQUIRE(metrics.body.contains("data"));
  auto shape = metrics.data();
  REQUIRE(shape.at("cpu").at("cores").size() >= 1);
  REQUIRE(shape.at("disk").size() >= 1);
  shape["cpu"]["cores"] = {shape["cpu"]["cores"][0]};
  shape["disk"] = {shape["disk"][0]};
  CHECK(difference(
            R"({"timestamp":"<time>","cpu":{"usage_percent":"<number>","cores":[{"core":0,"usage_percent":"<number>"}]},
      "memory":{"total":"<int>","used":"<int>","free":"<int>","usage_percent":"<number>"},
      "disk":[{"device":"<string>","mount_point":"<string>","total":"<int>","used":"<int>","free":"<int>","usage_percent":"<number>"}],
      "network":{"bytes_sent":"<int>","bytes_recv":"<int>","packets_sent":"<int>","packets_recv":"<int>"}})",
            shape) == "");
  const auto& memory = metrics.data().at("memory");
  CHECK(memory.at("total").get<std::int64_t>() > 64 * 1024 * 1024);
  CHECK(memory.at("used").get<std::int64_t>() + memory.at("free").get<std::int64_t>() ==
        memory.at("total").get<std::int64_t>());
  const auto used_percent = 100 * memory.at("used").get<double>() / memory.at("total").get<double>();
  // Rounded to one decimal.
  CHECK(std::abs(memory.at("usage_percent").get<double>() - used_percent) < 0.051);
  CHECK(metrics.data().at("cpu").at("usage_percent").get<double>() >= 0);
  CHECK(metrics.data().at("cpu").at("usage_percent").get<double>() <= 100);
}

TEST_CASE("the documented example of adding a server") {
  Scenario panel;
  const auto admin = panel.admin();
  const auto key = panel.post("/api/v1/ssh-keys", {{"name", "generated"}, {"generate", "ed25519"}}, admin);
  REQUIRE(key.status == 201);
  std::vector<std::int64_t> groups;
  for (const char* name : {"web", "db"}) {
    const auto group = panel.post("/api/v1/server-groups", {{"name", name}}, admin);
    REQUIRE(group.status == 201);
    groups.push_back(group.data().at("group").at("id"));
  }
  const auto added = panel.post("/api/v1/servers",
                                {{"name", "新服务器"},
                                 {"host", "192.168.1.200"},
                                 {"port", 22},
                                 {"ssh_user", "root"},
                                 {"ssh_key_id", key.data().at("ssh_key").at("id")},
                                 {"group_ids", groups}},
                                admin);
  CHECK(added.status == 201);
  CHECK(
      difference(
          R"({"code":201,"message":"服务器添加成功","data":{"server":{"id":"<int>","name":"新服务器","host":"192.168.1.200",
      "port":22,"ssh_user":"root","status":"unknown","created_at":"<time>"}}})",
          added.body) == "");

  const auto id = added.data().at("server").at("id").get<std::int64_t>();
  CHECK(panel.get("/api/v1/servers?group_id=" + std::to_string(groups[0]), admin).data().at("servers").size() == 1);
  CHECK(panel.get("/api/v1/servers?search=192.168", admin).data().at("servers").size() == 1);
  CHECK(panel.get("/api/v1/servers?status=online", admin).data().at("servers").empty());

  const auto in_use = panel.remove("/api/v1/ssh-keys/" + key.data().at("ssh_key").at("id").dump(), admin);
  CHECK(in_use.status == 409);
  CHECK(in_use.body.at("used_by") == Json::array({{{"id", added.data().at("server").at("id")}, {"name", "新服务器"}}}));

  const auto renamed = panel.patch(path_of(id), {{"name", "renamed"}}, admin);
  CHECK(renamed.status == 200);
  CHECK(renamed.data().at("server").at("name") == "renamed");
  CHECK(panel.remove(path_of(id), admin).status == 200);
  CHECK(panel.get(path_of(id), admin).status == 404);
}

TEST_CASE("a server belongs to who added it") {
  SshServer sshd;
  Scenario panel;
  const auto anna = panel.user("anna");
  const auto bert = panel.user("bert");
  const auto id = add_server(panel, sshd, anna);

  CHECK(panel.get("/api/v1/servers", bert).data().at("servers").empty());
  for (const auto& [method, rest] : std::vector<std::pair<std::string, std::string>>{
           {"GET", ""}, {"DELETE", ""}, {"POST", "/test-connection"}, {"GET", "/metrics"}, {"GET", "/host-keys"}}) {
    CAPTURE(method + rest);
    const auto answer = panel.send(method, path_of(id, rest), "", bert);
    CHECK(answer.status == 404);
    CHECK(answer.code() == 40401);
  }
  CHECK(panel.get(path_of(id), panel.admin()).status == 200);
}

TEST_CASE("secrets come out of no answer and lie in no file") {
  SshServer sshd;
  Scenario panel;
  const auto admin = panel.admin();
  const auto id = add_server(panel, sshd, admin);
  REQUIRE(panel.patch(path_of(id), {{"password", "Gehe1m-und-einmalig"}}, admin).status == 200);

  const auto body = sshd.private_key().substr(sshd.private_key().find('\n') + 1, 40);
  for (const auto& path : {path_of(id), std::string("/api/v1/servers"), std::string("/api/v1/ssh-keys")}) {
    const auto text = panel.get(path, admin).text;
    CHECK(text.find(body) == std::string::npos);
    CHECK(text.find("Gehe1m") == std::string::npos);
  }
  CHECK(panel.log().find("Gehe1m") == std::string::npos);
  CHECK(panel.log().find(body) == std::string::npos);
  const auto found = std::system(("grep -raq -e 'Gehe1m' -e 'PRIVATE KEY' '" + panel.data_dir() + "'").c_str());
  CHECK(WEXITSTATUS(found) == 1);
}

TEST_CASE("a changed host key is refused everywhere until it is accepted") {
  SshServer sshd;
  Scenario panel;
  const auto admin = panel.admin();
  const auto id = add_server(panel, sshd, admin);

  // Background work never trusts a key that nobody has seen.
  CHECK(panel.get(path_of(id, "/metrics"), admin).status != 200);
  REQUIRE(panel.send("POST", path_of(id, "/test-connection"), "", admin).data().at("connected") == true);
  REQUIRE(panel.get(path_of(id, "/metrics"), admin).status == 200);

  sshd.swap_host_key();
  const auto test = panel.send("POST", path_of(id, "/test-connection"), "", admin);
  CHECK(test.status == 200);
  CHECK(test.data().at("connected") == false);
  CHECK(test.data().at("stage") == "host_key");
  CHECK(test.data().at("host_key").at("status") == "changed");
  const auto metrics = panel.get(path_of(id, "/metrics"), admin);
  CHECK(metrics.status == 409);
  CHECK(metrics.code() == 40902);

  const auto fingerprint = test.data().at("host_key").at("fingerprint");
  CHECK(panel.post(path_of(id, "/host-keys/accept"), {{"fingerprint", "SHA256:wrong"}}, admin).status >= 400);
  CHECK(panel.post(path_of(id, "/host-keys/accept"), {{"fingerprint", fingerprint}}, admin).status == 200);
  CHECK(panel.send("POST", path_of(id, "/test-connection"), "", admin).data().at("connected") == true);
  CHECK(panel.get(path_of(id, "/metrics"), admin).status == 200);
}

TEST_CASE("host keys that wait are reviewed in one list, and one that was rejected is trusted by nobody") {
  SshServer sshd;
  Scenario panel;
  const auto anna = panel.user("anna");
  const auto id = add_server(panel, sshd, anna);
  const auto list = [&](const std::string& query, const std::string& token) {
    const auto answer = panel.get("/api/v1/servers/host-keys" + query, token);
    REQUIRE_MESSAGE(answer.status == 200, answer.text);
    return answer.data().at("host_keys");
  };
  const auto decide = [&](const std::string& verb, const Json& fingerprint) {
    return panel.post(path_of(id, "/host-keys/" + verb), {{"fingerprint", fingerprint}}, anna);
  };
  const auto connects = [&] { return panel.send("POST", path_of(id, "/test-connection"), "", anna).data(); };
  // Background work leaves the key for a person to decide.
  CHECK(panel.get(path_of(id, "/metrics"), anna).status != 200);
  const auto waiting = list("", anna);
  REQUIRE(waiting.size() == 1);
  CHECK(waiting == list("?status=pending&per_page=1", anna));
  CHECK(difference(Json{{"id", id}, {"name", "Web服务器01"}}, waiting[0].at("server")) == "");
  CHECK(list("", panel.user("bert")).empty());
  CHECK(list("", panel.admin()).size() == 1);
  CHECK(panel.get("/api/v1/servers/host-keys?status=odd", anna).code() == 40000);

  const auto fingerprint = waiting[0].at("fingerprint");
  CHECK(decide("reject", "SHA256:wrong").code() == 42201);
  REQUIRE(decide("reject", fingerprint).status == 200);
  CHECK(decide("reject", fingerprint).code() == 42201);
  CHECK(list("", anna).empty());
  CHECK(list("?status=rejected", anna)[0].at("fingerprint") == fingerprint);
  for (int i = 0; i < 2; ++i) {
    CHECK(connects().at("connected") == false);
    CHECK(panel.get(path_of(id, "/metrics"), anna).status != 200);
    CHECK(list("", anna).empty());
  }
  // Who changes his mind accepts it; another key later is another decision.
  REQUIRE(decide("accept", fingerprint).status == 200);
  CHECK(connects().at("connected") == true);
  CHECK(decide("reject", fingerprint).code() == 42201);
  sshd.swap_host_key();
  CHECK(connects().at("host_key").at("status") == "changed");
  const auto other = list("", anna);
  REQUIRE(other.size() == 1);
  REQUIRE(decide("reject", other[0].at("fingerprint")).status == 200);
  CHECK(connects().at("host_key").at("status") == "changed");
  CHECK(list("?status=trusted", anna)[0].at("fingerprint") == fingerprint);
  CHECK(list("", anna).empty());
}

TEST_CASE("strict host keys: not even a person's test trusts an unknown one") {
  SshServer sshd;
  Scenario panel({.config = "servers: {host_keys: strict}"});
  const auto admin = panel.admin();
  const auto id = add_server(panel, sshd, admin);
  const auto test = panel.send("POST", path_of(id, "/test-connection"), "", admin);
  CHECK(test.data().at("connected") == false);
  CHECK(test.data().at("stage") == "host_key");
}

TEST_CASE("a server that refuses says where it went wrong") {
  SshServer sshd;
  Scenario panel;
  const auto admin = panel.admin();
  const auto id = add_server(panel, sshd, admin);
  REQUIRE(panel.send("POST", path_of(id, "/test-connection"), "", admin).data().at("connected") == true);

  SUBCASE("nobody listens there") {
    sshd.stop();
    const auto test = panel.send("POST", path_of(id, "/test-connection"), "", admin);
    CHECK(test.status == 200);
    CHECK(test.data().at("connected") == false);
    CHECK(test.data().at("stage") == "connect");
    CHECK(goes_offline(panel, id, admin));
    const auto metrics = panel.get(path_of(id, "/metrics"), admin);
    CHECK(metrics.status == 502);
    CHECK(metrics.code() == 50201);
  }
  SUBCASE("the key is not accepted") {
    const auto key = panel.post("/api/v1/ssh-keys", {{"name", "other"}, {"generate", "ed25519"}}, admin);
    REQUIRE(panel.patch(path_of(id), {{"ssh_key_id", key.data().at("ssh_key").at("id")}}, admin).status == 200);
    const auto test = panel.send("POST", path_of(id, "/test-connection"), "", admin);
    CHECK(test.data().at("connected") == false);
    CHECK(test.data().at("stage") == "auth");
  }
}

TEST_CASE("a server that is not online says why, and no longer when it is back") {
  SshServer sshd;
  Scenario panel;
  const auto admin = panel.admin();
  const auto id = add_server(panel, sshd, admin);
  // "offline refused 连接被拒绝", the same in the list and alone
  const auto status = [&] {
    const auto listed = panel.get("/api/v1/servers", panel.admin()).data().at("servers").at(0);
    const auto alone = panel.get(path_of(id), panel.admin()).data().at("server");
    for (const char* member : {"status", "status_reason", "status_message"})
      CHECK(listed.at(member) == alone.at(member));
    CHECK(alone.at("status_message").is_null() == alone.at("status_reason").is_null());
    if (alone.at("status_reason").is_null()) return alone.at("status").get<std::string>();
    CHECK(alone.at("status_message").get<std::string>().find("servers.") == std::string::npos);
    return alone.at("status").get<std::string>() + " " + alone.at("status_reason").get<std::string>();
  };
  const auto test = [&] { return panel.send("POST", path_of(id, "/test-connection"), "", panel.admin()).data(); };
  CHECK(status() == "unknown never_connected");
  CHECK(test().at("connected") == true);
  CHECK(status() == "online");

  panel.restart();
  panel.forget_tokens();
  CHECK(status() == "unknown panel_restarted");
  sshd.stop();
  CHECK(test().at("error") == "refused");
  CHECK(status() == "offline refused");
  CHECK(panel.get(path_of(id), panel.admin()).data().at("server").at("status_message") == "连接被拒绝");
  sshd.start();
  CHECK(test().at("connected") == true);
  CHECK(status() == "online");

  // It is down in another way now than it was: the newer reason counts, though it is no news that it is down.
  const auto other = panel.post("/api/v1/ssh-keys", {{"name", "other"}, {"generate", "ed25519"}}, panel.admin());
  REQUIRE(panel.patch(path_of(id), {{"ssh_key_id", other.data().at("ssh_key").at("id")}}, panel.admin()).status == 200);
  CHECK(status() == "online");
  sshd.stop();
  test();
  CHECK(status() == "offline refused");
  sshd.start();
  CHECK(test().at("error") == "credentials_refused");
  CHECK(status() == "offline credentials_refused");
  sshd.swap_host_key();
  CHECK(test().at("error") == "host_key_changed");
  CHECK(status() == "offline host_key_changed");

  REQUIRE(panel.patch(path_of(id), {{"host", "localhost"}, {"ssh_key_id", nullptr}}, panel.admin()).status == 200);
  CHECK(status() == "unknown address_changed");
}

TEST_CASE("a server is managed with a password, which stays out of the answers") {
  SshServer sshd({.account_password = "Gehe1m, mit Wörtern"});
  Scenario panel;
  const auto admin = panel.admin();
  const auto added = panel.post("/api/v1/servers",
                                {{"name", "by password"},
                                 {"host", "127.0.0.1"},
                                 {"port", sshd.port()},
                                 {"ssh_user", sshd.user()},
                                 {"password", "Gehe1m, mit Wörtern"}},
                                admin);
  REQUIRE(added.status == 201);
  CHECK(added.text.find("Gehe1m") == std::string::npos);
  const auto id = added.data().at("server").at("id").get<std::int64_t>();
  CHECK(panel.send("POST", path_of(id, "/test-connection"), "", admin).data().at("connected") == true);
  CHECK(panel.get(path_of(id, "/metrics"), admin).status == 200);
  CHECK(panel.get(path_of(id), admin).text.find("Gehe1m") == std::string::npos);

  REQUIRE(panel.patch(path_of(id), {{"password", "another"}}, admin).status == 200);
  const auto refused = panel.send("POST", path_of(id, "/test-connection"), "", admin);
  CHECK(refused.data().at("connected") == false);
  CHECK(refused.data().at("stage") == "auth");
}

TEST_CASE("a group goes without its servers, and is there for nobody but its owner") {
  Scenario panel;
  const auto anna = panel.user("anna");
  const auto bert = panel.user("bert");
  const auto key = panel.post("/api/v1/ssh-keys", {{"name", "generated"}, {"generate", "ed25519"}}, anna);
  const auto key_id = key.data().at("ssh_key").at("id");
  const auto group = panel.post("/api/v1/server-groups", {{"name", "web"}}, anna).data().at("group").at("id");
  const auto group_path = "/api/v1/server-groups/" + group.dump();
  const auto key_path = "/api/v1/ssh-keys/" + key_id.dump();
  const Json server = {{"name", "one"},      {"host", "192.0.2.1"},  {"port", 22},
                       {"ssh_user", "root"}, {"ssh_key_id", key_id}, {"group_ids", {group}}};
  const auto added = panel.post("/api/v1/servers", server, anna);
  REQUIRE(added.status == 201);
  const auto id = added.data().at("server").at("id").get<std::int64_t>();
  CHECK(panel.get(group_path, anna).data().at("group").at("server_count") == 1);

  for (const auto& path : {group_path, key_path}) {
    CAPTURE(path);
    CHECK(panel.get(path, bert).status == 404);
    CHECK(panel.patch(path, {{"name", "taken over"}}, bert).status == 404);
    CHECK(panel.remove(path, bert).status == 404);
    CHECK(panel.get(path, panel.admin()).status == 200);
  }
  CHECK(panel.get("/api/v1/server-groups", bert).data().at("groups").empty());
  CHECK(panel.get("/api/v1/ssh-keys", bert).data().at("ssh_keys").empty());
  // Nor may he use what is not his.
  for (const char* others : {"ssh_key_id", "group_ids"}) {
    CAPTURE(others);
    auto with_others = server;
    with_others.erase(others == std::string("ssh_key_id") ? "group_ids" : "ssh_key_id");
    const auto refused = panel.post("/api/v1/servers", with_others, bert);
    CHECK(refused.status == 422);
    CHECK(refused.body.at("errors").at(0).at("field") == others);
  }
  CHECK(panel.post("/api/v1/server-groups", {{"name", "web"}}, anna).status == 409);

  CHECK(panel.remove(group_path, anna).status == 200);
  CHECK(panel.get(group_path, anna).status == 404);
  const auto left = panel.get(path_of(id), anna);
  CHECK(left.status == 200);
  CHECK(left.data().at("server").at("group_ids").empty());
  CHECK(panel.get("/api/v1/servers", anna).data().at("servers").size() == 1);
}

TEST_CASE("a stored password does not follow to another address") {
  Scenario panel;
  const auto admin = panel.admin();
  const auto added = panel.post(
      "/api/v1/servers",
      {{"name", "one"}, {"host", "192.0.2.1"}, {"port", 22}, {"ssh_user", "root"}, {"password", "Gehe1m"}}, admin);
  REQUIRE(added.status == 201);
  const auto id = added.data().at("server").at("id").get<std::int64_t>();
  const auto moved = panel.patch(path_of(id), {{"host", "192.0.2.66"}}, admin);
  CHECK(moved.status == 422);
  CHECK(moved.body.at("errors").at(0).at("field") == "password");
  CHECK(panel.get(path_of(id), admin).data().at("server").at("host") == "192.0.2.1");
  CHECK(panel.patch(path_of(id), {{"host", "192.0.2.66"}, {"password", "Gehe1m"}}, admin).status == 200);
}
