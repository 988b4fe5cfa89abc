// The whole plugin in a FakeHost, with a real sshd behind it.
#include "fake_users.h"
#include "support/ssh_server.h"

#include <nexus/cpp/contracts/ssh.h>
#include <nexus/testing/fake_host.h>

#include <doctest/doctest.h>

#include <chrono>
#include <set>
#include <thread>
#include <tuple>

using namespace nexus;
using nexus::test::SshServer;
using nexus::testing::Principal;

namespace {

struct Panel {
  explicit Panel(const std::string& config = R"({"host_keys":"first_use"})") : host(options()) {
    host.set_config(config);
    users.play_in(host);
    REQUIRE(host.load_file(SERVERS_PLUGIN).ok());
    REQUIRE(host.start().ok());
  }
  static testing::Options options() {
    testing::Options options;
    options.patience = std::chrono::seconds(30);
    return options;
  }
  std::int64_t add_key(const SshServer& server, Principal who = Principal::user()) {
    const auto name = "key " + std::to_string(server.port());
    const auto key = host.post("/api/v1/ssh-keys", {{"name", name}, {"private_key", server.private_key()}}, who);
    REQUIRE(key.http_status == 201);
    return key.data["ssh_key"]["id"];
  }
  std::int64_t add_server(const SshServer& server, const std::string& name = "Web服务器01") {
    const auto key_id = add_key(server);
    const auto added = host.post("/api/v1/servers", {{"name", name},
                                                     {"host", "127.0.0.1"},
                                                     {"port", server.port()},
                                                     {"ssh_user", server.user()},
                                                     {"ssh_key_id", key_id}});
    REQUIRE(added.http_status == 201);
    return added.data["server"]["id"];
  }
  testing::Answer test(std::int64_t id) { return host.post(path(id) + "/test-connection", nullptr); }
  static std::string path(std::int64_t id) { return "/api/v1/servers/" + std::to_string(id); }

  nexus::test::FakeUsers users;
  testing::FakeHost host;
};

std::vector<std::string> names_of(const Json& object) {
  std::vector<std::string> names;
  for (const auto& [name, value] : object.items()) names.push_back(name);
  return names;
}

const Json kPlain = {{"name", "a"}, {"host", "192.0.2.7"}, {"ssh_user", "root"}};

}  // namespace

TEST_CASE("a server is added, tested and listed with the documented members in their order") {
  SshServer sshd;
  Panel panel;
  const auto id = panel.add_server(sshd);
  const auto test = panel.test(id);
  CHECK(test.message == "Connected");
  CHECK(names_of(test.data) == std::vector<std::string>{"connected", "latency_ms", "os_info"});
  CHECK(test.data["connected"] == true);
  CHECK(test.data["os_info"] != "");

  const auto list = panel.host.get("/api/v1/servers");
  REQUIRE(list.data["servers"].size() == 1);
  CHECK(names_of(list.data["servers"][0]) == std::vector<std::string>{"id", "name", "host", "port", "ssh_user",
                                                                      "status", "os_info", "last_heartbeat",
                                                                      "created_at", "status_reason", "status_message"});
  CHECK(list.data["servers"][0]["status"] == "online");
  const auto keys = panel.host.get(Panel::path(id) + "/host-keys").data["host_keys"];
  REQUIRE(keys.size() == 1);
  CHECK(keys[0]["state"] == "trusted");
  CHECK(keys[0]["fingerprint"] == sshd.host_key_fingerprint());
}

TEST_CASE("a changed host key waits until somebody accepts it") {
  SshServer sshd;
  Panel panel;
  const auto id = panel.add_server(sshd);
  REQUIRE(panel.test(id).data["connected"] == true);
  sshd.swap_host_key();
  const auto refused = panel.test(id);
  CHECK(refused.http_status == 200);
  CHECK(refused.data["connected"] == false);
  CHECK(refused.data["stage"] == "host_key");
  CHECK(refused.data["host_key"]["status"] == "changed");
  const auto accept = Panel::path(id) + "/host-keys/accept";
  CHECK(panel.host.post(accept, {{"fingerprint", "SHA256:wrong"}}).field == "fingerprint");
  CHECK(panel.host.post(accept, {{"fingerprint", refused.data["host_key"]["fingerprint"]}}).http_status == 200);
  CHECK(panel.test(id).data["connected"] == true);
  const auto keys = panel.host.get(Panel::path(id) + "/host-keys").data["host_keys"];
  REQUIRE(keys.size() == 2);
  CHECK(keys[0]["state"] == "trusted");
  CHECK(keys[1]["state"] == "retired");
}

TEST_CASE("a server behind a jump host is reached through it, and only there does anybody get a credential") {
  SshServer outer, inner;
  Panel panel;
  const auto jump = panel.add_server(outer);
  const auto behind = panel.add_server(inner, "inner");
  REQUIRE(panel.host.patch(Panel::path(behind), {{"jump_server_id", jump}}).http_status == 200);
  inner.clear_log();
  // Nobody has vouched for the jump host's key yet.
  const auto refused = panel.test(behind);
  CHECK(refused.data["connected"] == false);
  CHECK(refused.data["error"] == "jump_host_unreachable");
  CHECK(refused.data["jump_host"]["error"] == "host_key_unknown");
  CHECK(inner.log().find("Connection from") == std::string::npos);
  REQUIRE(panel.test(jump).data["connected"] == true);
  CHECK(panel.test(behind).data["connected"] == true);
  CHECK(outer.log().find("direct-tcpip") != std::string::npos);

  CHECK(panel.host.get(Panel::path(behind)).data["server"]["jump_server_id"] == jump);
  const auto in_use = panel.host.del(Panel::path(jump));
  CHECK(in_use.app_code == 40903);
  CHECK(in_use.extra["used_by"][0]["id"] == behind);
  CHECK(panel.host.patch(Panel::path(jump), {{"jump_server_id", behind}}).field == "jump_server_id");
  CHECK(panel.host.patch(Panel::path(jump), {{"jump_server_id", jump}}).field == "jump_server_id");
  CHECK(panel.host.patch(Panel::path(jump), {{"jump_server_id", 999}}).field == "jump_server_id");
  REQUIRE(panel.host.patch(Panel::path(behind), {{"jump_server_id", nullptr}}).http_status == 200);
  CHECK(panel.host.del(Panel::path(jump)).http_status == 200);
}

TEST_CASE("going online and offline is told once") {
  SshServer sshd;
  Panel panel;
  const auto id = panel.add_server(sshd);
  REQUIRE(panel.test(id).data["connected"] == true);
  REQUIRE(panel.test(id).data["connected"] == true);
  sshd.stop();
  CHECK(panel.test(id).data["connected"] == false);
  // The kept connection may take a moment to end with its server.
  const auto status = [&] { return panel.host.get(Panel::path(id)).data["server"]["status"]; };
  for (int i = 0; i < 100 && status() != "offline"; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  CHECK(status() == "offline");
  std::vector<std::string> told;
  for (const auto& event : panel.host.events()) {
    if (event.topic == "servers.online/1" || event.topic == "servers.offline/1") told.push_back(event.topic);
  }
  CHECK(told == std::vector<std::string>{"servers.online/1", "servers.offline/1"});
}

TEST_CASE("strict: a person's test trusts no unknown key, but shows it for review") {
  SshServer sshd;
  Panel panel(R"({"host_keys":"strict"})");
  const auto id = panel.add_server(sshd);
  const auto refused = panel.test(id);
  CHECK(refused.data["connected"] == false);
  CHECK(refused.data["host_key"]["status"] == "unknown");
  CHECK(panel.host.get(Panel::path(id) + "/host-keys").data["host_keys"][0]["state"] == "pending");
}

TEST_CASE("others' servers, keys and groups do not exist for a user") {
  Panel panel;
  const auto added = panel.host.post("/api/v1/servers", kPlain);
  const auto path = Panel::path(added.data["server"]["id"]);
  const auto key = panel.host.post("/api/v1/ssh-keys", {{"name", "k"}, {"generate", "ed25519"}});
  const auto bert = Principal::user(3, "bert");
  CHECK(panel.host.get(path, bert).app_code == code::kNotFound);
  CHECK(panel.host.patch(path, {{"name", "x"}}, bert).app_code == code::kNotFound);
  CHECK(panel.host.del(path, bert).app_code == code::kNotFound);
  CHECK(panel.host.post(path + "/test-connection", nullptr, bert).app_code == code::kNotFound);
  CHECK(panel.host.get(path + "/host-keys", bert).app_code == code::kNotFound);
  CHECK(panel.host.get("/api/v1/servers", bert).data["servers"].empty());
  auto stolen = kPlain;
  stolen["ssh_key_id"] = key.data["ssh_key"]["id"];
  CHECK(panel.host.post("/api/v1/servers", stolen, bert).field == "ssh_key_id");
  CHECK(panel.host.get(path, Principal::admin()).http_status == 200);
  CHECK(panel.host.get(path, Principal::with_role("operator")).http_status == 200);
}

TEST_CASE("what people enter is checked, and named where it is wrong") {
  Panel panel;
  const auto field_of = [&](const char* field, const Json& value) {
    auto body = kPlain;
    body[field] = value;
    return panel.host.post("/api/v1/servers", body).field;
  };
  CHECK(field_of("host", "-oProxyCommand=touch x") == "host");
  CHECK(field_of("ssh_user", "-root") == "ssh_user");
  CHECK(field_of("name", " ") == "name");
  CHECK(field_of("group_ids", {99}) == "group_ids");
  CHECK(field_of("tags", {"a\nb"}) == "tags");
  REQUIRE(panel.host.post("/api/v1/servers", kPlain).http_status == 201);
  CHECK(panel.host.post("/api/v1/servers", kPlain).app_code == code::kExists);
}

TEST_CASE("a password is never shown, and does not follow to another address") {
  Panel panel;
  auto body = kPlain;
  body["password"] = "Gehe1m";
  const auto path = Panel::path(panel.host.post("/api/v1/servers", body).data["server"]["id"]);
  const auto detail = panel.host.get(path);
  CHECK(detail.data["server"]["has_password"] == true);
  CHECK(detail.data.dump().find("Gehe1m") == std::string::npos);
  CHECK(panel.host.patch(path, {{"host", "192.0.2.66"}}).field == "password");
  CHECK(panel.host.patch(path, {{"host", "192.0.2.66"}, {"password", "again"}}).http_status == 200);
  CHECK(panel.host.patch(path, {{"password", nullptr}}).data["server"]["has_password"] == false);
}

TEST_CASE("a key that servers use stays, and says who uses it") {
  Panel panel;
  const auto key = panel.host.post("/api/v1/ssh-keys", {{"name", "k"}, {"generate", "ed25519"}}).data["ssh_key"];
  auto body = kPlain;
  body["ssh_key_id"] = key["id"];
  const auto server = panel.host.post("/api/v1/servers", body).data["server"];
  const auto path = "/api/v1/ssh-keys/" + key["id"].dump();
  const auto refused = panel.host.del(path);
  CHECK(refused.http_status == 409);
  CHECK(refused.extra["used_by"][0]["id"] == server["id"]);
  CHECK(panel.host.del(Panel::path(server["id"])).http_status == 200);
  CHECK(panel.host.del(path).http_status == 200);
  CHECK(panel.host.events().back().topic == "servers.removed/1");
}

TEST_CASE("groups hold servers, filter the list, and go without them") {
  Panel panel;
  const auto group = panel.host.post("/api/v1/server-groups", {{"name", "web"}}).data["group"];
  auto body = kPlain;
  body["group_ids"] = {group["id"]};
  const auto server = panel.host.post("/api/v1/servers", body).data["server"];
  const auto filter = "/api/v1/servers?group_id=" + group["id"].dump();
  CHECK(panel.host.get(filter).data["servers"].size() == 1);
  const auto path = "/api/v1/server-groups/" + group["id"].dump();
  CHECK(panel.host.get(path).data["group"]["server_count"] == 1);
  CHECK(panel.host.get("/api/v1/servers?search=0.2.7").data["servers"].size() == 1);
  CHECK(panel.host.get("/api/v1/servers?search=%25").data["servers"].empty());
  CHECK(panel.host.del(path).http_status == 200);
  CHECK(panel.host.get(Panel::path(server["id"])).data["server"]["group_ids"].empty());
}

namespace {

constexpr const char* kSsh = "servers.ssh/1";

Json control_of(const testing::TestStream& stream, const char* name) {
  for (const auto& message : stream.received()) {
    if (message.kind != contracts::kSshControl) continue;
    const auto value = contracts::from_cbor(message.bytes);
    if (value.ok() && value->contains(name)) return value->at(name);
  }
  return nullptr;
}

std::string shell_on(std::int64_t id) {
  contracts::ShellRequest request;
  request.server_id = id;
  request.cols = 91;
  request.rows = 33;
  return contracts::to_cbor(contracts::to_json(request));
}

std::string file_on(std::int64_t id, const std::string& path) {
  contracts::FileRequest request;
  request.server_id = id;
  request.path = path;
  return contracts::to_cbor(contracts::to_json(request));
}

// Why a stream was closed: the code of the error in its reason.
std::int32_t code_of(testing::TestStream& stream) {
  REQUIRE(stream.wait_closed());
  const auto answer = contracts::decode_cbor_answer(stream.closed()->reason);
  return answer.ok() ? 0 : answer.error().app_code();
}

}  // namespace

TEST_CASE("two changes at the same microsecond are two states") {
  Panel panel;  // its clock stands
  const Json key = {{"name", "a"}, {"generate", "ed25519"}};
  const std::vector<std::tuple<std::string, std::string, Json>> kinds = {
      {"server", "/api/v1/servers", kPlain},
      {"group", "/api/v1/server-groups", {{"name", "a"}}},
      {"ssh_key", "/api/v1/ssh-keys", key}};
  for (const auto& [member, collection, body] : kinds) {
    CAPTURE(member);
    const auto added = panel.host.post(collection, body);
    REQUIRE(added.http_status == 201);
    const auto path = collection + "/" + added.data[member]["id"].dump();
    std::set<std::string> tags{added.headers.at("ETag")};
    for (const char* name : {"b", "c"}) tags.insert(panel.host.patch(path, {{"name", name}}).headers.at("ETag"));
    CHECK(tags.size() == 3);
  }
}

TEST_CASE("what a server is made of is known once it was connected") {
  SshServer sshd;
  Panel panel;
  const auto id = panel.add_server(sshd);
  CHECK(panel.host.get(Panel::path(id) + "/facts").data["facts"].is_null());
  REQUIRE(panel.test(id).data["connected"] == true);
  Json facts;
  for (int turn = 0; turn < 500 && (facts.is_null()); ++turn) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    panel.host.settle();
    facts = panel.host.get(Panel::path(id) + "/facts").data["facts"];
  }
  REQUIRE(facts.is_object());
  CHECK(facts["kernel"].get<std::string>().starts_with("Linux "));
  CHECK(facts["cpu_count"] > 0);
  CHECK(facts["memory_bytes"] > 1'000'000);
  CHECK(facts["booted_at"].is_string());
  CHECK(panel.host.get(Panel::path(id) + "/facts", Principal::user(9, "other")).app_code == 40401);
}

TEST_CASE("another plugin has a shell on a server") {
  SshServer sshd;
  Panel panel;
  const auto id = panel.add_server(sshd);
  REQUIRE(panel.test(id).data["connected"] == true);
  const auto shell = panel.host.open_stream(kSsh, "shell", shell_on(id));
  shell->send(contracts::kSshBytes, "stty size; echo $((40+2))\n");
  REQUIRE(shell->wait_for(contracts::kSshBytes, "33 91"));
  REQUIRE(shell->wait_for(contracts::kSshBytes, "42"));
  CHECK(control_of(*shell, "opened").is_object());
  shell->send(contracts::kSshControl, contracts::to_cbor({{"resize", {{"cols", 100}, {"rows", 40}}}}));
  shell->send(contracts::kSshBytes, "stty size; exit 3\n");
  REQUIRE(shell->wait_closed());
  CHECK(shell->all(contracts::kSshBytes).find("40 100") != std::string::npos);
  CHECK(control_of(*shell, "exit")["status"] == 3);
  CHECK(shell->closed()->why == Status::ok);
  CHECK(shell->unconsumed() == 0);
}

TEST_CASE("a shell that nobody reads from stops, and goes on when it is read") {
  SshServer sshd;
  Panel panel;
  const auto id = panel.add_server(sshd);
  REQUIRE(panel.test(id).data["connected"] == true);
  const auto shell = panel.host.open_stream(kSsh, "shell", shell_on(id));
  shell->consumes = false;
  shell->send(contracts::kSshBytes, "head -c 3000000 /dev/zero | tr '\\0' x; echo; echo the-end\n");
  const auto size = [&] { return shell->all(contracts::kSshBytes).size(); };
  // The stream's window without one message of the largest size, which may be the one that no longer fits.
  constexpr std::size_t kLeast = 256 * 1024 - 64 * 1024;
  const bool has_filled = shell->wait([&] { return size() >= kLeast; });
  INFO("received ", size());
  REQUIRE(has_filled);
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  const auto held = size();
  CHECK(held <= 300'000);
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  CHECK(size() == held);
  shell->consumes = true;
  shell->consume(held);
  REQUIRE(shell->wait_for(contracts::kSshBytes, "\nthe-end"));
  CHECK(size() > 3'000'000);
  shell->close();
}

TEST_CASE("a shell is for those who may have one") {
  SshServer sshd;
  Panel panel;
  const auto id = panel.add_server(sshd);
  CHECK(code_of(*panel.host.open_stream(kSsh, "shell", shell_on(id), Principal::user(9, "other"))) == 40401);
  CHECK(code_of(*panel.host.open_stream(kSsh, "shell", shell_on(id), Principal::nobody())) == 40401);
  CHECK(code_of(*panel.host.open_stream(kSsh, "shell", shell_on(999))) == 40401);
  // Nobody has vouched for the server's key, and this is not where that happens.
  CHECK(code_of(*panel.host.open_stream(kSsh, "shell", shell_on(id))) == 50201);
  contracts::ShellRequest odd;
  odd.server_id = id;
  odd.term = "x;reboot";
  const auto bad = panel.host.open_stream(kSsh, "shell", contracts::to_cbor(contracts::to_json(odd)));
  REQUIRE(bad->wait_closed());
  CHECK(bad->closed()->why == Status::invalid);
  CHECK(panel.host.open_stream(kSsh, "sing", shell_on(id))->closed()->why == Status::unsupported);
  CHECK(panel.host.open_stream(kSsh, "shell", "\xFF")->closed()->why == Status::invalid);
}

TEST_CASE("a shell ends within seconds when its caller has lost the right to it") {
  SshServer sshd;
  Panel panel;
  const auto id = panel.add_server(sshd);
  REQUIRE(panel.test(id).data["connected"] == true);
  const auto group =
      panel.host.post("/api/v1/server-groups", {{"name", "web"}}).data["group"]["id"].get<std::int64_t>();
  REQUIRE(panel.host.patch(Panel::path(id), {{"group_ids", {group}}}).http_status == 200);
  const auto grants = "/api/v1/server-groups/" + std::to_string(group) + "/grants";
  const auto anna = Principal::user(21, "anna");
  const auto grant = [&](const char* level) {
    return panel.host.put(grants, {{"grants", {{{"user_id", 21}, {"level", level}}}}}).http_status;
  };
  REQUIRE(grant("shell") == 200);
  const auto shell = panel.host.open_stream(kSsh, "shell", shell_on(id), anna);
  shell->send(contracts::kSshBytes, "echo here-$((1+1))\n");
  REQUIRE(shell->wait_for(contracts::kSshBytes, "here-2"));
  panel.host.advance(std::chrono::seconds(6));
  CHECK_FALSE(shell->closed());
  REQUIRE(grant("operate") == 200);
  panel.host.advance(std::chrono::seconds(6));
  CHECK(code_of(*shell) == 40301);
}

TEST_CASE("another plugin writes a file and reads it again; what breaks off leaves what was there") {
  SshServer sshd;
  Panel panel;
  const auto id = panel.add_server(sshd);
  REQUIRE(panel.test(id).data["connected"] == true);
  const auto path = sshd.folder() + "/a file";
  std::string content;
  while (content.size() < 1'000'000) content += "line " + std::to_string(content.size()) + "\n";
  const auto put = panel.host.open_stream(kSsh, "put_file", file_on(id, path));
  for (std::size_t at = 0; at < content.size();) {
    const auto part = content.substr(at, 50'000);
    if (put->send(contracts::kSshBytes, part) == Status::ok) {
      at += part.size();
    } else {
      REQUIRE(put->wait([&] { return put->unconsumed() < 200'000; }));
    }
  }
  put->send(contracts::kSshControl, contracts::to_cbor({{"end", Json::object()}}));
  REQUIRE(put->wait_closed());
  CHECK(put->closed()->why == Status::ok);
  CHECK(control_of(*put, "done")["size"] == content.size());

  const auto broken = panel.host.open_stream(kSsh, "put_file", file_on(id, path));
  broken->send(contracts::kSshBytes, "half");
  REQUIRE(broken->wait([&] { return control_of(*broken, "opened").is_object(); }));
  broken->close();

  const auto get = panel.host.open_stream(kSsh, "get_file", file_on(id, path));
  REQUIRE(get->wait_closed());
  CHECK(get->closed()->why == Status::ok);
  CHECK(control_of(*get, "opened")["size"] == content.size());
  CHECK(get->all(contracts::kSshBytes) == content);
  CHECK(code_of(*panel.host.open_stream(kSsh, "get_file", file_on(id, path + " that is not there"))) != 0);
}
