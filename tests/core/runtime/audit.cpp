// Plugins record what happens without a request; the host records requests.
#include "core/audit/store.h"
#include "panel.h"

#include <nexus/cpp/audit.h>

#include <doctest/doctest.h>

using namespace nexus;
using core::audit::ReadingStore;
using core::audit::StoredEntry;
using test::Panel;
using test::RawPlugin;

namespace {

std::vector<StoredEntry> wait_for(Panel& panel, std::size_t count) {
  std::vector<StoredEntry> found;
  test::eventually([&] {
    found = ReadingStore(*panel.database, test::in(test::kPatience)).after(0, 100).value();
    return found.size() >= count;
  });
  return found;
}

nx_audit_entry entry_of(std::string_view action, std::string_view details = {}) {
  nx_audit_entry entry{};
  entry.struct_size = sizeof entry;
  entry.action = to_abi(action);
  entry.details = to_abi(details);
  return entry;
}

struct Recording : RawPlugin {
  ~Recording() { leave(); }
  std::optional<Host> host;
};

nx_status record_and_reply(void* user_data, nx_call* call, nx_http* http) {
  const auto& host = *static_cast<Recording*>(user_data)->host;
  auto entry = entry_of("rotateKeys", R"({"keys":2})");
  entry.target = to_abi("keys");
  entry.result = NX_AUDIT_DENIED;
  CHECK(host.audit->record(host.raw, call, &entry) == NX_OK);
  return test::reply(host, http, "{}");
}

}  // namespace

TEST_CASE("what a plugin records carries its name, and user, address and request of the call") {
  Panel panel;
  Recording plugin;
  plugin.on_register = [&](nx_reg* reg, nx_call*) {
    return test::add_route(*plugin.host, reg, "/rotate", record_and_reply, &plugin);
  };
  auto& made = panel.make("first", plugin);
  plugin.host.emplace(panel.host(made));
  auto entry = entry_of("early");
  CHECK(plugin.host->audit->record(plugin.host->raw, nullptr, &entry) == NX_E_PHASE);
  REQUIRE(made.register_plugin(plugin.table).ok());
  REQUIRE(made.start().ok());
  auto who = std::make_shared<api::Principal>();
  who->user_id = 7;
  who->user_name = "anna";
  who->session_id = "s";
  who->token_id = "t";
  auto request = std::make_shared<test::Request>();
  request->who = who;
  panel.routes.call("/rotate", request)->answer();
  REQUIRE(record_audit(*plugin.host, nullptr, "createInitialAdmin", "users/1").ok());

  const auto found = wait_for(panel, 2);
  REQUIRE(found.size() == 2);
  const auto& first = found[0].entry;
  CHECK(first.plugin == "first");
  CHECK(first.action == "rotateKeys");
  CHECK(first.target == "keys");
  CHECK(first.details == R"({"keys":2})");
  CHECK(first.result == "denied");
  CHECK(first.user_id == 7);
  CHECK(first.user_name == "anna");
  CHECK(first.session_id == "s");
  CHECK(first.token_id == "t");
  CHECK(first.remote_address == "192.0.2.1");
  CHECK(first.request_id == "request-1");
  CHECK(first.status == 0);
  CHECK(first.time_us > 1'700'000'000'000'000);
  const auto& second = found[1].entry;
  CHECK(second.action == "createInitialAdmin");
  CHECK(second.user_id == 0);
  CHECK(second.result == "ok");
}

TEST_CASE("an entry that breaks a bound is refused") {
  Panel panel;
  RawPlugin plugin;
  const auto host = panel.host(panel.add("first", plugin));
  const auto record = [&](const nx_audit_entry& entry) { return host.audit->record(host.raw, nullptr, &entry); };
  CHECK(record(entry_of(std::string(64, 'a'))) == NX_OK);
  CHECK(record(entry_of(std::string(65, 'a'))) == NX_E_INVALID);
  CHECK(record(entry_of("")) == NX_E_INVALID);
  CHECK(record(entry_of("no spaces")) == NX_E_INVALID);
  CHECK(record(entry_of("a", "[]")) == NX_E_INVALID);
  CHECK(record(entry_of("a", R"({"a":")" + std::string(4096, 'x') + R"("})")) == NX_E_INVALID);
  auto entry = entry_of("a");
  const std::string target(257, 't');
  entry.target = to_abi(target);
  CHECK(record(entry) == NX_E_INVALID);
  entry = entry_of("a");
  entry.result = 3;
  CHECK(record(entry) == NX_E_INVALID);
  entry = entry_of("a");
  entry.flags = 1;
  CHECK(record(entry) == NX_E_UNSUPPORTED);
  CHECK(host.audit->record(host.raw, nullptr, nullptr) == NX_E_INVALID);
  CHECK(wait_for(panel, 1).size() == 1);
}

TEST_CASE("a runtime that shuts down has written what was recorded") {
  Panel panel;
  RawPlugin plugin;
  const auto host = panel.host(panel.add("first", plugin));
  for (int i = 0; i < 200; ++i) REQUIRE(record_audit(host, nullptr, "a", {}).ok());
  panel.remove(plugin);
  panel.runtime->shutdown();
  CHECK(ReadingStore(*panel.database, test::in(test::kPatience)).ends().value().newest == 200);
}
