#include "core/runtime/current_plugin.h"
#include "panel.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <thread>

using namespace nexus;
using test::Panel;
using test::RawPlugin;

namespace {

nx_status nothing(void*, nx_call*, nx_http*) { return NX_OK; }
bool says(const Result<void>& result, std::string_view text) {
  return !result.ok() && std::string_view(result.error().what()).find(text) != std::string_view::npos;
}

}  // namespace

TEST_CASE("every interface is found by its exact id, with a table of its own size, and nothing else is") {
  Panel panel;
  auto& host = panel.make("a");
  CHECK(Host::from(host.abi()).ok());
  const void* table = nullptr;
  for (const char* id : {"nexus.draft.http/1", "nexus.http/2", "", "nexus.http/1 "}) {
    CHECK(host.abi()->get_interface(host.abi(), to_abi(id), 0, &table) == NX_E_UNSUPPORTED);
    CHECK(table == nullptr);
  }
  CHECK(host.abi()->get_interface(host.abi(), to_abi(NX_HTTP_ID), 1, &table) == NX_E_UNSUPPORTED);
  REQUIRE(host.abi()->get_interface(host.abi(), to_abi(NX_HTTP_ID), 0, &table) == NX_OK);
  CHECK(static_cast<const nx_http_api*>(table)->struct_size == sizeof(nx_http_api));
  CHECK(view(host.abi()->data_dir) == panel.folder + "/plugins/a");
}

TEST_CASE("a registration that fails keeps nothing, and says why") {
  Panel panel;
  RawPlugin plugin;
  auto& host = panel.make("a", plugin);
  const auto face = panel.host(host);
  plugin.on_register = [&](nx_reg* reg, nx_call* call) -> nx_status {
    test::add_route(face, reg, "/x", &nothing, nullptr);
    test::declare_topic(face, reg, "a.x/1");
    face.call->set_error(call, to_abi("I do not want to"));
    return NX_E_UNSUPPORTED;
  };
  const auto failed = host.register_plugin(plugin.table);
  CHECK(says(failed, "plugin a 1.0.0: the registration failed"));
  CHECK(says(failed, "I do not want to"));
  CHECK(host.declarations().routes.empty());
  // What it had claimed is free again.
  RawPlugin second;
  auto& other = panel.make("b", second);
  second.on_register = [&](nx_reg* reg, nx_call*) {
    return test::add_route(panel.host(other), reg, "/x", &nothing, nullptr);
  };
  CHECK(other.register_plugin(second.table).ok());
}

TEST_CASE("what exists already, belongs to another or is not understood is refused with a name") {
  Panel panel;
  RawPlugin first, second;
  auto& one = panel.make("one", first);
  auto& two = panel.make("two", second);
  const auto face = panel.host(one);
  const auto other = panel.host(two);
  first.on_register = [&](nx_reg* reg, nx_call*) { return test::add_route(face, reg, "/x/:id/y", &nothing, nullptr); };
  REQUIRE(one.register_plugin(first.table).ok());
  const auto refused = [&](auto work) {
    second.on_register = [&, work](nx_reg* reg, nx_call*) { return work(reg); };
    return two.register_plugin(second.table);
  };
  CHECK(says(refused([&](nx_reg* reg) { return test::add_route(other, reg, "/x/:name/y", &nothing, nullptr); }),
             "GET /x/:name/y exists already"));
  CHECK(says(refused([&](nx_reg* reg) { return test::add_route(other, reg, "/z", &nothing, nullptr, 64); }),
             "a flag of"));
  CHECK(says(refused([&](nx_reg* reg) { return test::add_route(other, reg, "/z", nullptr, nullptr); }), "no function"));
  CHECK(says(refused([&](nx_reg* reg) { return test::add_route(other, reg, "/z", &nothing, nullptr, 0, "two.no"); }),
             "two.no of GET /z is not declared"));
  CHECK(says(refused([&](nx_reg* reg) { return test::declare_topic(other, reg, "one.x/1"); }), "one.x/1"));
  CHECK(says(refused([&](nx_reg* reg) { return test::declare_topic(other, reg, "two.x"); }), "two.x"));
  CHECK(says(refused([&](nx_reg* reg) { return test::declare_topic(other, reg, "two.x/1", R"({"type": 1})"); }),
             "the schema of topic two.x/1"));
  CHECK(says(refused([&](nx_reg* reg) { return test::declare_topic(other, reg, "two.x/1", "{}", 1); }),
             "a flag of the topic two.x/1"));
  CHECK(says(
      refused([&](nx_reg* reg) { return other.i18n->add_catalogue(reg, to_abi("en"), to_abi(R"({"one.x":"1"})")); }),
      "one.x does not begin"));
  CHECK(says(
      refused([&](nx_reg* reg) { return other.i18n->add_catalogue(reg, to_abi("en"), to_abi(R"({"two.x":"1"})")); }),
      "two.x is missing in zh-CN"));
}

TEST_CASE("declarations are copies, in the words of this database") {
  Panel panel;
  RawPlugin plugin;
  auto& host = panel.make("a", plugin);
  const auto face = panel.host(host);
  plugin.on_register = [&](nx_reg* reg, nx_call*) {
    auto text = std::make_unique<std::string>("CREATE TABLE a_x (id INTEGER)");
    nx_migration step{};
    step.struct_size = sizeof step;
    step.version = 1;
    step.name = to_abi("first");
    step.sqlite_up = to_abi(*text);
    step.mysql_up = to_abi("nonsense");
    const auto status = face.db->add_migration(reg, &step);
    text->assign(text->size(), '?');
    step.version = 3;
    CHECK(face.db->add_migration(reg, &step) == NX_E_INVALID);
    return status;
  };
  REQUIRE(host.register_plugin(plugin.table).ok());
  REQUIRE(host.declarations().migrations.size() == 1);
  CHECK(host.declarations().migrations[0].up == "CREATE TABLE a_x (id INTEGER)");
}

TEST_CASE("a phase that is over, or not there yet, is refused") {
  Panel panel;
  RawPlugin plugin;
  auto& host = panel.make("a", plugin);
  const auto face = panel.host(host);
  nx_reg* kept = nullptr;
  plugin.on_register = [&](nx_reg* reg, nx_call* call) -> nx_status {
    kept = reg;
    nx_query query{};
    query.struct_size = sizeof query;
    query.sql = to_abi("SELECT 1");
    CHECK(face.db->exec(call, &query, nullptr) == NX_E_PHASE);
    nx_call* child = nullptr;
    CHECK(face.call->child(call, &child) == NX_E_PHASE);
    CHECK_FALSE(face.config_section().ok());
    CHECK_FALSE(face.after(0, [](Call&) {}).ok());
    return NX_OK;
  };
  REQUIRE(host.register_plugin(plugin.table).ok());
  CHECK(test::add_route(face, kept, "/x", &nothing, nullptr) == NX_E_PHASE);
  host.set_config(R"({"a":1})");
  CHECK(face.config_section().value() == R"({"a":1})");
}

TEST_CASE("start makes everything visible or nothing") {
  Panel panel;
  int stops = 0;
  RawPlugin plugin;
  auto& host = panel.make("a", plugin);
  const auto face = panel.host(host);
  plugin.on_stop = [&] { ++stops; };
  plugin.on_register = [&](nx_reg* reg, nx_call*) -> nx_status {
    test::add_route(face, reg, "/x", &nothing, nullptr);
    return test::add_route(face, reg, "/y", &nothing, nullptr);
  };
  REQUIRE(host.register_plugin(plugin.table).ok());
  SUBCASE("the plugin fails") {
    plugin.on_start = [&](nx_call* call) -> nx_status {
      face.call->set_error(call, to_abi("no disk"));
      return NX_E_UNAVAILABLE;
    };
    CHECK(says(host.start(), "start failed: no disk"));
    CHECK(stops == 0);
  }
  SUBCASE("it throws") {
    plugin.on_start = [](nx_call*) -> nx_status { throw std::runtime_error("oh no"); };
    CHECK(says(host.start(), "start failed: exception"));
  }
  SUBCASE("the edge refuses the second route") {
    panel.routes.refused_pattern = "/y";
    CHECK(says(host.start(), "/y: a bad fragment"));
    CHECK(stops == 1);
  }
  CHECK(panel.routes.count() == 0);
  CHECK(panel.routes.suspended("a") == std::vector<std::string>{"/x", "/y"});
}

TEST_CASE("the folder of a plugin is its own before start") {
  Panel panel;
  RawPlugin plugin;
  struct stat status {};
  plugin.on_start = [&](nx_call*) {
    return ::stat((panel.folder + "/plugins/a").c_str(), &status) == 0 ? NX_OK : NX_E_INTERNAL;
  };
  panel.add("a", plugin);
  CHECK((status.st_mode & 0777) == 0700);
}

TEST_CASE("whatever throws is caught and named, and the thread is marked while plugin code runs") {
  Panel panel;
  RawPlugin plugin;
  std::string marked;
  plugin.on_start = [&](nx_call*) {
    marked = core::current_plugin;
    return NX_OK;
  };
  plugin.on_quiesce = [] { throw 1; };
  plugin.on_stop = [] { throw std::runtime_error("at stop"); };
  plugin.on_destroy = [] { throw std::runtime_error("at destroy"); };
  panel.remove(panel.add("a", plugin));
  CHECK(marked == "a");
  CHECK(core::current_plugin == nullptr);
  for (const char* line : {"quiesce an exception of an unknown type", "stop at stop", "destroy at destroy"}) {
    CHECK(panel.lines.contain(std::string("a the plugin let an exception out of a callback ") + line));
  }
}

TEST_CASE("a stop that hangs ends at the deadline, and what it may still touch stays") {
  test::Gate gate;
  std::atomic<bool> over{false};
  Panel panel;
  bool destroyed = false;
  RawPlugin plugin;
  plugin.on_destroy = [&] { destroyed = true; };
  auto& host = panel.add("a", plugin);
  const auto face = panel.host(host);
  plugin.on_stop = [&, face] {
    gate.wait();
    face.now_us();
    face.log->write(face.raw, nullptr, NX_LOG_INFO, to_abi("still here"), nullptr, 0);
    over = true;
  };
  CHECK(host.drain(test::in(test::kPatience)));
  CHECK_FALSE(host.stop(test::in(std::chrono::milliseconds(30))));
  host.destroy();
  CHECK_FALSE(destroyed);
  CHECK(panel.lines.contain("a the plugin did not stop in time"));
  gate.open();
  CHECK(test::eventually([&] { return over.load(); }));
}

TEST_CASE("a start that hangs ends at the deadline, and what it may still touch stays") {
  test::Gate gate;
  std::atomic<bool> over{false};
  Panel panel({.start_deadline = std::chrono::milliseconds(50)});
  bool destroyed = false;
  RawPlugin plugin;
  plugin.on_destroy = [&] { destroyed = true; };
  auto& host = panel.make("a", plugin);
  const auto face = panel.host(host);
  plugin.on_start = [&, face](nx_call* call) -> nx_status {
    gate.wait();
    face.call->set_error(call, to_abi("too late"));
    face.log->write(face.raw, nullptr, NX_LOG_INFO, to_abi("still here"), nullptr, 0);
    over = true;
    return NX_OK;
  };
  REQUIRE(host.register_plugin(plugin.table).ok());
  CHECK(says(host.start(), "plugin a 1.0.0: start failed: it has not returned in time"));
  CHECK(host.stuck());
  host.destroy();
  CHECK_FALSE(destroyed);
  gate.open();
  CHECK(test::eventually([&] { return over.load(); }));
}

TEST_CASE("drain waits for what is in flight, and refuses what comes") {
  Panel panel;
  test::Gate gate;
  RawPlugin plugin;
  auto& host = panel.make("a", plugin);
  struct Both {
    nexus::Host face;
    test::Gate& gate;
  } both{panel.host(host), gate};
  plugin.on_register = [&](nx_reg* reg, nx_call*) {
    return test::add_route(
        both.face, reg, "/x",
        [](void* user_data, nx_call*, nx_http* http) {
          const auto& mine = *static_cast<Both*>(user_data);
          mine.gate.wait();
          return test::reply(mine.face, http, "1");
        },
        &both);
  };
  REQUIRE(host.register_plugin(plugin.table).ok());
  REQUIRE(host.start().ok());
  const auto request = std::make_shared<test::Request>();
  std::thread client([&] { panel.routes.call("/x", request); });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  CHECK_FALSE(host.drain(test::in(std::chrono::milliseconds(20))));
  gate.open();
  client.join();
  CHECK(host.drain(test::in(test::kPatience)));
  CHECK(request->answer().data_json == "1");
  CHECK(panel.routes.count() == 0);
  CHECK(panel.routes.suspended("a") == std::vector<std::string>{"/x"});
}

TEST_CASE("the routes of a plugin that registered and went without a start stay known, those of a refused one do not") {
  Panel panel;
  RawPlugin registered, refused;
  const auto with = [&](core::PluginHost& host, const char* pattern, nx_status status) {
    return [&panel, &host, pattern, status](nx_reg* reg, nx_call*) {
      test::add_route(panel.host(host), reg, pattern, &nothing, nullptr);
      return status;
    };
  };
  auto& one = panel.make("one", registered);
  auto& two = panel.make("two", refused);
  registered.on_register = with(one, "/one", NX_OK);
  refused.on_register = with(two, "/two", NX_E_INVALID);
  REQUIRE(one.register_plugin(registered.table).ok());
  REQUIRE_FALSE(two.register_plugin(refused.table).ok());
  one.withdraw();
  two.withdraw();
  CHECK(panel.routes.suspended("one") == std::vector<std::string>{"/one"});
  CHECK(panel.routes.suspended("two").empty());
}

TEST_CASE("a changed configuration is offered; refused, the old one stays") {
  Panel panel;
  RawPlugin plugin;
  auto& host = panel.make("a", plugin);
  const auto face = panel.host(host);
  static nx_status verdict = NX_OK;
  plugin.on_register = [&](nx_reg* reg, nx_call*) {
    return face.config->on_change(
        reg, [](void*, nx_call*) { return verdict; }, nullptr);
  };
  REQUIRE(host.register_plugin(plugin.table).ok());
  host.set_config("1");
  REQUIRE(host.start().ok());
  verdict = NX_OK;
  CHECK(host.change_config("2").ok());
  verdict = NX_E_INVALID;
  CHECK_FALSE(host.change_config("3").ok());
  CHECK(face.config_section().value() == "2");
  verdict = NX_E_RESTART_NEEDED;
  CHECK(host.change_config("4").error().status() == Status::restart_needed);
}
