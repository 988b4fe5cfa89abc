// Who is calling, on its way through the ABI; and permissions, scopes and what is forgotten of a caller.
#include "core/runtime/permissions.h"
#include "panel.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <sstream>

using namespace nexus;
using nlohmann::json;
using test::eventually;
using test::Panel;

namespace {

// What a plugin sees of a principal, in one line.
std::string line_of(const nx_principal& who) {
  std::ostringstream out;
  out << who.struct_size << ' ' << who.flags << ' ' << who.user_id << ' ' << view(who.role) << ' '
      << who.elevated_until_us;
  for (std::uint32_t i = 0; i < who.scope_count; ++i) out << ' ' << view(who.scopes[i]);
  return out.str();
}

std::string expected(std::uint32_t flags, const std::string& rest) {
  return std::to_string(sizeof(nx_principal)) + ' ' + std::to_string(flags) + ' ' + rest;
}

std::shared_ptr<api::Principal> someone(const std::string& role) {
  auto who = std::make_shared<api::Principal>();
  who->user_id = 7;
  who->role = role;
  who->elevated_until_us = 1234567;
  return who;
}

std::shared_ptr<api::Principal> api_token(const std::string& role, std::vector<std::string> scopes) {
  auto who = someone(role);
  who->is_scoped = true;
  who->scopes = std::move(scopes);
  return who;
}

// A plugin "things" with two permissions, and a route whose handler a test gives.
struct Things : test::RawPlugin {
  using Handler = std::function<void(nx_call*)>;
  explicit Things(Panel& panel) : host(panel.make("things", *this)), face(panel.host(host)) {
    on_register = [this](nx_reg* reg, nx_call*) -> nx_status {
      for (const auto* locale : {"en", "zh-CN"}) {
        const auto text = std::string(R"({"things.permission.read":"read )") + locale + "\"}";
        REQUIRE(face.i18n->add_catalogue(reg, to_abi(locale), to_abi(text)) == NX_OK);
      }
      REQUIRE(declare(reg, "things.write", "things.permission.write", "operator") == NX_OK);
      REQUIRE(declare(reg, "things.read", "things.permission.read", "operator, user") == NX_OK);
      return test::add_route(face, reg, "/thing", &handle, this);
    };
    REQUIRE(host.register_plugin(table).ok());
    REQUIRE(host.start().ok());
  }
  nx_status declare(nx_reg* reg, const char* name, const char* title, const char* roles) const {
    const nx_permission out{sizeof out, 0, to_abi(name), to_abi(title), to_abi(roles)};
    return face.auth->declare_permission(reg, &out);
  }
  static nx_status handle(void* self, nx_call* call, nx_http* http) {
    auto& me = *static_cast<Things*>(self);
    me.handler(call);
    return test::reply(me.face, http, "1");
  }
  void run(Panel& panel, std::shared_ptr<const api::Principal> who, Handler work, const std::string& locale = "en") {
    handler = std::move(work);
    auto request = std::make_shared<test::Request>();
    request->who = std::move(who);
    request->locale_text = locale;
    panel.routes.call("/thing", request)->answer();
  }
  json permissions(Panel& panel, const std::string& locale) {
    std::string text;
    run(
        panel, nullptr, [&](nx_call* call) { CHECK(face.auth->permissions(call, append_to(text)) == NX_OK); }, locale);
    return json::parse(text);
  }

  Handler handler;
  ~Things() { leave(); }
  core::PluginHost& host;
  Host face;
};

// Gives tokens as the test's principal says.
struct PrincipalProvider : test::RawPlugin {
  explicit PrincipalProvider(Panel& panel) : host(panel.make("auth", *this)), face(panel.host(host)) {
    on_register = [this](nx_reg* reg, nx_call*) {
      const nx_identity_provider provider{sizeof provider, 0, &authenticate, this};
      return face.auth->provide_identity(reg, &provider);
    };
    REQUIRE(host.register_plugin(table).ok());
    REQUIRE(host.start().ok());
    who.struct_size = sizeof who;
    who.user_id = 7;
    who.session_id = to_abi("session-1");
    who.token_id = to_abi("token-1");
  }
  static nx_status authenticate(void* self, nx_call*, nx_handle request, std::uint32_t kind, nx_str) {
    auto& me = *static_cast<PrincipalProvider*>(self);
    CHECK(kind == NX_CREDENTIAL_BEARER);
    const nx_identity identity{sizeof identity, 0, me.face.now_us() + 3'600'000'000, &me.who};
    me.completed = me.face.auth->complete_identity(me.face.raw, request, 0, &identity);
    return me.completed == NX_OK ? NX_OK : NX_E_INTERNAL;
  }
  api::Authentication ask(Panel& panel) {
    struct State {
      api::Authentication answer;
      std::atomic<bool> done{false};
    };
    const auto state = std::make_shared<State>();
    test::Request request;
    panel.runtime->hooks().authenticate(api::CredentialKind::bearer, "t", request, [state](api::Authentication answer) {
      state->answer = std::move(answer);
      state->done = true;
    });
    REQUIRE(eventually([&] { return state->done.load(); }));
    return state->answer;
  }

  nx_principal who{};
  std::atomic<nx_status> completed{NX_OK};
  ~PrincipalProvider() { leave(); }
  core::PluginHost& host;
  Host face;
};

}  // namespace

TEST_CASE("scopes, flags and the end of an elevation reach a handler and the children of its call") {
  Panel panel;
  Things things(panel);
  std::string seen;
  std::string seen_later;
  nx_call* child = nullptr;
  const auto look = [&](nx_call* call) {
    seen = line_of(*things.face.call->principal(call));
    REQUIRE(things.face.call->child(call, &child) == NX_OK);
  };
  const auto look_later = [&] {
    seen_later = line_of(*things.face.call->principal(child));
    CHECK(things.face.auth->check(child, to_abi("things.read")) == NX_OK);
    CHECK(things.face.auth->check(child, to_abi("things.write")) == NX_E_DENIED);
    things.face.call->release(child);
  };
  SUBCASE("of an API token") {
    things.run(panel, api_token("user", {"things.read", "other.thing"}), look);
    look_later();
    CHECK(seen == expected(NX_PRINCIPAL_SCOPED, "7 user 1234567 things.read other.thing"));
  }
  SUBCASE("of a person") {
    things.run(panel, someone("user"), look);
    look_later();
    CHECK(seen == expected(0, "7 user 1234567"));
  }
  CHECK(seen_later == seen);
}

TEST_CASE("an API token holds a permission only where its scopes name it too") {
  Panel panel;
  Things things(panel);
  const auto holds = [&](std::shared_ptr<const api::Principal> who, const char* permission) {
    nx_status status = NX_E_INTERNAL;
    const auto access = panel.runtime->hooks().access_to(*who, permission);
    things.run(panel, std::move(who),
               [&](nx_call* call) { status = things.face.auth->check(call, to_abi(permission)); });
    // A handler and the edge must not disagree.
    CHECK((status == NX_OK) == (access == api::Access::granted));
    return status == NX_OK;
  };
  CHECK(holds(someone("admin"), "things.write"));
  CHECK(holds(api_token("admin", {"things.write"}), "things.write"));
  CHECK(holds(api_token("admin", {"*"}), "things.write"));
  CHECK_FALSE(holds(api_token("admin", {"things.read"}), "things.write"));
  CHECK_FALSE(holds(api_token("admin", {"things"}), "things.write"));
  CHECK_FALSE(holds(api_token("admin", {}), "things.read"));
  CHECK_FALSE(holds(api_token("user", {"*"}), "things.write"));
  CHECK_FALSE(holds(api_token("user", {"things.write"}), "things.write"));
  CHECK(panel.runtime->hooks().access_to(*api_token("admin", {}), "things.read") == api::Access::out_of_scope);
  CHECK(panel.runtime->hooks().access_to(*api_token("user", {}), "things.write") == api::Access::not_held);
}

TEST_CASE("permissions are listed by name, in the call's language, the host's own among them") {
  Panel panel;
  Things things(panel);
  const auto english = things.permissions(panel, "en");
  CHECK(english == json::parse(R"([
    {"name": "host.audit", "title": "Read the audit trail", "roles": []},
    {"name": "host.plugins", "title": "See all installed plugins", "roles": []},
    {"name": "things.read", "title": "read en", "roles": ["operator", "user"]},
    {"name": "things.write", "title": "things.permission.write", "roles": ["operator"]}])"));
  const auto chinese = things.permissions(panel, "zh-CN");
  CHECK(chinese[1]["title"] == "查看所有已安装的插件");
  CHECK(chinese[2]["title"] == "read zh-CN");
}

TEST_CASE("the host's own permissions are an administrator's, and may be scopes") {
  Panel panel;
  auto& hooks = panel.runtime->hooks();
  for (const auto* name : {core::kPluginsPermission, core::kAuditPermission}) {
    CHECK(hooks.access_to(*someone("admin"), name) == api::Access::granted);
    CHECK(hooks.access_to(*api_token("admin", {name}), name) == api::Access::granted);
    CHECK(hooks.access_to(*api_token("admin", {"things.read"}), name) == api::Access::out_of_scope);
    CHECK(hooks.access_to(*someone("operator"), name) == api::Access::not_held);
  }
}

TEST_CASE("a permission's name is of letters, digits, dots and underscores, because it goes into answers as it is") {
  Panel panel;
  test::RawPlugin plugin;
  auto& host = panel.make("things", plugin);
  const auto face = panel.host(host);
  const auto declare = [&](std::string name) {
    plugin.on_register = [&face, name](nx_reg* reg, nx_call*) {
      const nx_permission out{sizeof out, 0, to_abi(name), to_abi(""), to_abi("")};
      return face.auth->declare_permission(reg, &out);
    };
    const auto done = host.register_plugin(plugin.table);
    return done.ok() ? std::string() : std::string(done.error().what());
  };
  for (const auto* name : {"things.a\"b", "things.A", "things.a b", "things.*", "things.a-b", "things.\xC3\xA9"}) {
    CAPTURE(name);
    CHECK(declare(name).find("is not of [a-z0-9_.]") != std::string::npos);
  }
  CHECK(declare("things.keys_2.read").empty());
}

TEST_CASE("an identity crosses the ABI whole, and one with a flag that nobody knows is refused") {
  Panel panel;
  PrincipalProvider provider(panel);
  const std::array scopes{to_abi("a.read"), to_abi("*")};
  provider.who.flags = NX_PRINCIPAL_SCOPED;
  provider.who.elevated_until_us = 99;
  provider.who.scopes = scopes.data();
  provider.who.scope_count = scopes.size();
  SUBCASE("known flags") {
    provider.who.flags |= NX_PRINCIPAL_SECOND_FACTOR;
    const auto who = provider.ask(panel).principal;
    REQUIRE(who != nullptr);
    CHECK(who->is_scoped);
    CHECK(who->has_second_factor);
    CHECK(who->elevated_until_us == 99);
    CHECK(who->scopes == std::vector<std::string>{"a.read", "*"});
  }
  SUBCASE("an unknown flag") {
    provider.who.flags |= 4;
    CHECK(provider.ask(panel).app_code == code::kUnavailable);
    CHECK(provider.completed == NX_E_UNSUPPORTED);
    CHECK_FALSE(panel.runtime->hooks().remembered("t"));
  }
  SUBCASE("a provider of 1.0 has no such members") {
    provider.who.struct_size = offsetof(nx_principal, elevated_until_us);
    provider.who.flags = 0;
    const auto who = provider.ask(panel).principal;
    REQUIRE(who != nullptr);
    CHECK(who->elevated_until_us == 0);
    CHECK(who->scopes.empty());
    CHECK(who->user_id == 7);
  }
}

TEST_CASE("any plugin may have a user forgotten; tokens and sessions are the provider's") {
  Panel panel;
  PrincipalProvider provider(panel);
  Things things(panel);
  const auto& auth = *things.face.auth;
  REQUIRE(provider.ask(panel).principal != nullptr);
  CHECK(auth.invalidate(things.face.raw, NX_INVALIDATE_TOKEN, to_abi("token-1")) == NX_E_DENIED);
  CHECK(auth.invalidate(things.face.raw, NX_INVALIDATE_SESSION, to_abi("session-1")) == NX_E_DENIED);
  CHECK(panel.runtime->hooks().remembered("t"));
  CHECK(auth.invalidate(things.face.raw, NX_INVALIDATE_USER, to_abi("7")) == NX_OK);
  CHECK_FALSE(panel.runtime->hooks().remembered("t"));
}

TEST_CASE("an interface is found up to its revision, not beyond") {
  Panel panel;
  auto& host = panel.make("a");
  const void* table = nullptr;
  const auto find = [&](const char* id, std::uint32_t minor) {
    return host.abi()->get_interface(host.abi(), to_abi(id), minor, &table);
  };
  CHECK(find(NX_AUTH_ID, 1) == NX_OK);
  CHECK(NX_HAS(static_cast<const nx_auth_api*>(table), permissions));
  CHECK(find(NX_AUTH_ID, 2) == NX_E_UNSUPPORTED);
  CHECK(table == nullptr);
  CHECK(find(NX_COMMANDS_ID, 0) == NX_OK);
  CHECK(find(NX_COMMANDS_ID, 1) == NX_E_UNSUPPORTED);
}

TEST_CASE("a route's flags reach the edge and the plugin's declarations") {
  Panel panel;
  test::RawPlugin plugin;
  auto& host = panel.make("a", plugin);
  const auto face = panel.host(host);
  const auto nothing = [](void*, nx_call*, nx_http*) { return nx_status{NX_OK}; };
  plugin.on_register = [&](nx_reg* reg, nx_call*) -> nx_status {
    CHECK(test::add_route(face, reg, "/plain", nothing, nullptr) == NX_OK);
    CHECK(test::add_route(face, reg, "/step", nothing, nullptr, NX_ROUTE_STEP_UP) == NX_OK);
    return test::add_route(face, reg, "/session", nothing, nullptr, NX_ROUTE_SESSION);
  };
  REQUIRE(host.register_plugin(plugin.table).ok());
  REQUIRE(host.start().ok());
  const auto& declared = host.declarations().routes;
  REQUIRE(declared.size() == 3);
  for (const auto& route : declared) {
    CAPTURE(route.pattern);
    const auto at_edge = panel.routes.spec(route.pattern);
    CHECK(at_edge.needs_step_up == (route.pattern == "/step"));
    CHECK(at_edge.needs_session == (route.pattern == "/session"));
    CHECK(route.needs_step_up == at_edge.needs_step_up);
    CHECK(route.needs_session == at_edge.needs_session);
  }
}
