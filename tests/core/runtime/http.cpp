#include "panel.h"

#include <nexus/cpp/plugin.h>

#include <doctest/doctest.h>

#include <thread>

using namespace nexus;
using test::eventually;
using test::Panel;

namespace {

// One route "/thing/:id" as raw C with a handler that the test gives.
struct Thing : test::RawPlugin {
  using Handler = std::function<nx_status(nx_call*, nx_http*)>;
  Thing(Panel& panel, Handler its_handler, std::uint32_t flags = NX_PLUGIN_CONCURRENT, std::uint32_t route_flags = 0)
      : RawPlugin(flags), handler(std::move(its_handler)), host(panel.make("thing", *this)), face(panel.host(host)) {
    on_register = [this, route_flags](nx_reg* reg, nx_call*) {
      return test::add_route(face, reg, "/thing/:id", &Thing::handle, this, route_flags);
    };
    REQUIRE(host.register_plugin(table).ok());
    REQUIRE(host.start().ok());
  }
  static nx_status handle(void* self, nx_call* call, nx_http* http) {
    return static_cast<Thing*>(self)->handler(call, http);
  }

  Handler handler;
  ~Thing() { leave(); }
  core::PluginHost& host;
  Host face;
};

class Face : public Plugin {
  void setup(Registrar& registrar) override {
    static constexpr OperationText kOperations[] = {{"GET", "/face/{id}", "{}"}, {"GET", "/later/{id}", "{}"}};
    static constexpr Resources kResources{{}, {}, kOperations, {}, {}};
    registrar.resources(kResources);
    registrar.route("GET", "/face/:id", {}, [](nexus::Request& request) -> Result<Response> {
      NEXUS_ASSIGN(const auto id, request.id());
      if (request.call().principal().user_id == 0) throw Error(Status::denied);
      return Response::ok(std::to_string(id));
    });
    registrar.deferred_route("GET", "/later/:id", {},
                             [](nexus::Request&, const Reply& reply) { reply.send(Response::ok("1")); });
  }
};

}  // namespace

TEST_CASE("a handler reads the request and answers; a second answer is refused") {
  Panel panel;
  nx_status second = NX_OK;
  Thing* self = nullptr;
  Thing thing(panel, [&](nx_call* call, nx_http* http) -> nx_status {
    const auto& api = *self->face.http;
    CHECK(view(api.path_param(http, to_abi("id"))) == "7");
    CHECK_FALSE(present(api.path_param(http, to_abi("no"))));
    CHECK(present(api.query(http, to_abi("empty"))));
    CHECK_FALSE(present(api.query(http, to_abi("absent"))));
    CHECK(view(self->face.call->request_id(call)) == "request-1");
    CHECK(view(self->face.call->remote_address(call)) == "192.0.2.1");
    CHECK_FALSE(present(self->face.call->trace_parent(call)));
    CHECK(self->face.call->principal(call)->user_id == 0);
    test::reply(self->face, http, "[1]");
    second = test::reply(self->face, http, "[2]");
    return NX_OK;
  });
  self = &thing;
  const auto request = panel.routes.call("/thing/:id");
  CHECK(request->answer().data_json == "[1]");
  CHECK(request->answers() == 1);
  CHECK(second == NX_E_PHASE);
}

TEST_CASE("a failure without an answer is the error of its status") {
  Panel panel;
  nx_status status = NX_OK;
  Thing thing(panel, [&](nx_call*, nx_http*) -> nx_status {
    if (status == NX_E_EXCEPTION) throw std::runtime_error("oh no");
    return status;
  });
  const std::map<nx_status, std::int32_t> expected{
      {NX_E_NOT_FOUND, 40401}, {NX_E_CONFLICT, 40901},  {NX_E_BUSY, 50301},    {NX_E_UNAVAILABLE, 50301},
      {NX_E_TIMEOUT, 50401},   {NX_E_DENIED, 40301},    {NX_E_INVALID, 40000}, {NX_E_LIMIT, 50001},
      {NX_OK, 50001},          {NX_E_EXCEPTION, 50001}, {-99, 50001},          {5, 50001}};
  for (const auto& [given, app_code] : expected) {
    CAPTURE(given);
    status = given;
    CHECK(panel.routes.call("/thing/:id")->answer().app_code == app_code);
  }
  CHECK(panel.lines.contain("thing the plugin let an exception out of a callback route oh no"));
}

TEST_CASE("an answer of a newer plugin is taken as far as it is known, one of an older is filled with zeros") {
  Panel panel;
  Thing* self = nullptr;
  std::uint32_t size = 0;
  Thing thing(panel, [&](nx_call*, nx_http* http) -> nx_status {
    struct Newer {
      nx_response response{};
      std::uint64_t unknown = 1;
    } newer;
    newer.response.struct_size = size;
    newer.response.app_code = 40401;
    newer.response.field = to_abi("beyond");
    return self->face.http->reply(http, &newer.response);
  });
  self = &thing;
  size = sizeof(nx_response) + 8;
  CHECK(panel.routes.call("/thing/:id")->answer().field == "beyond");
  size = offsetof(nx_response, field);
  const auto answer = panel.routes.call("/thing/:id")->answer();
  CHECK(answer.app_code == 40401);
  CHECK(answer.field.empty());
}

TEST_CASE("a deferred request is answered later, once, and not when its client is gone") {
  Panel panel;
  Thing* self = nullptr;
  nx_handle handle = 0;
  Thing thing(panel, [&](nx_call*, nx_http* http) { return self->face.http->defer(http, &handle); });
  self = &thing;
  const auto request = panel.routes.call("/thing/:id");
  CHECK_FALSE(request->answered());
  nx_response response{};
  response.struct_size = sizeof response;
  response.data_json = to_abi("[3]");
  SUBCASE("answered") {
    CHECK(thing.face.http->complete(thing.face.raw, handle, &response) == NX_OK);
    CHECK(request->answer().data_json == "[3]");
  }
  SUBCASE("past its deadline the edge was faster") {
    request->respond(api::Response::from(Error(Status::timeout)));
    CHECK(thing.face.http->complete(thing.face.raw, handle, &response) == NX_E_STALE);
    CHECK(request->answer().app_code == 50401);
  }
  SUBCASE("the plugin goes without an answer") {
    panel.remove(thing.host);
    CHECK(request->answer().app_code == 50301);
    return;
  }
  CHECK(thing.face.http->complete(thing.face.raw, handle, &response) == NX_E_STALE);
}

TEST_CASE("an inline route has no database; the same route of a serialised plugin runs on a worker") {
  Panel panel;
  Thing* self = nullptr;
  nx_status status = NX_OK;
  std::thread::id ran_on;
  const Thing::Handler handler = [&](nx_call* call, nx_http* http) {
    ran_on = std::this_thread::get_id();
    nx_query query{};
    query.struct_size = sizeof query;
    query.sql = to_abi("SELECT 1");
    status = self->face.db->exec(call, &query, nullptr);
    return test::reply(self->face, http, "1");
  };
  SUBCASE("concurrent") {
    Thing thing(panel, handler, NX_PLUGIN_CONCURRENT, NX_ROUTE_INLINE);
    self = &thing;
    panel.routes.call("/thing/:id")->answer();
    CHECK(ran_on == std::this_thread::get_id());
    CHECK(status == NX_E_PHASE);
  }
  SUBCASE("serialised") {
    Thing thing(panel, handler, 0, NX_ROUTE_INLINE);
    self = &thing;
    panel.routes.call("/thing/:id")->answer();
    CHECK(ran_on != std::this_thread::get_id());
    CHECK(status == NX_OK);
  }
}

TEST_CASE("requests of a serialised plugin run one at a time") {
  Panel panel;
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  Thing* self = nullptr;
  Thing thing(
      panel,
      [&](nx_call*, nx_http* http) {
        most = std::max(most.load(), ++inside);
        std::this_thread::yield();
        --inside;
        return test::reply(self->face, http, "1");
      },
      0);
  self = &thing;
  std::vector<std::shared_ptr<test::Request>> requests;
  for (int i = 0; i < 300; ++i) requests.push_back(panel.routes.call("/thing/:id"));
  for (const auto& request : requests) request->answer();
  CHECK(most == 1);
}

TEST_CASE("a plugin in C++ answers through its face") {
  Panel panel;
  auto& host = panel.make("face");
  const nx_plugin* plugin = nullptr;
  REQUIRE(nexus::detail::Adapter<Face>::create(host.abi(), &plugin) == NX_OK);
  const auto registered = host.register_plugin(*plugin);
  REQUIRE_MESSAGE(registered.ok(), registered.error().what());
  REQUIRE(host.start().ok());
  CHECK(panel.routes.call("/face/:id")->answer().app_code == 40301);
  auto request = std::make_shared<test::Request>();
  auto who = std::make_shared<api::Principal>();
  who->user_id = 3;
  request->who = who;
  CHECK(panel.routes.call("/face/:id", request)->answer().data_json == "7");
  CHECK(panel.routes.call("/later/:id")->answer().data_json == "1");
}
