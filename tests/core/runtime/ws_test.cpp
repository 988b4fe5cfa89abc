#include "panel.h"

#include <nexus/ws.h>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace nexus;
using test::eventually;
using test::Panel;

namespace {

// A socket without a network: what is sent is kept.
class Socket final : public api::WebSocketSession {
 public:
  Sent send(api::MessageKind, std::string_view data) override { return keep(data); }
  Sent send(const std::shared_ptr<const api::SharedFrame>&) override { return keep("frame"); }
  void consumed(std::size_t bytes) override { given_back += bytes; }
  void close(std::uint16_t code, std::string_view) override { closed_with = code; }
  std::string_view subprotocol() const noexcept override { return "v1"; }

  std::string text() {
    const std::lock_guard lock(mutex_);
    return sent_;
  }
  Sent answer = Sent::taken;
  std::atomic<std::size_t> given_back{0};
  std::atomic<int> closed_with{0};

 private:
  Sent keep(std::string_view data) {
    const std::lock_guard lock(mutex_);
    if (answer == Sent::taken) sent_.append(data).append(";");
    return answer;
  }
  std::mutex mutex_;
  std::string sent_;
};

// Echoes; "wait" waits for the gate. Keeps what it was called with: "open", "m:<text>", "closed:<code>".
struct EchoPlugin : test::RawPlugin {
  explicit EchoPlugin(Panel& panel, std::uint32_t flags = 0, std::uint32_t plugin_flags = NX_PLUGIN_CONCURRENT)
      : RawPlugin(plugin_flags), host(panel.make("echo", *this)), face(panel.host(host)) {
    endpoint.struct_size = sizeof endpoint;
    endpoint.flags = flags;
    endpoint.pattern = to_abi("/echo");
    endpoint.openapi_json = to_abi(R"({"responses":{"101":{}}})");
    endpoint.subprotocols = to_abi("v2, v1");
    endpoint.open = &EchoPlugin::open;
    endpoint.message = &EchoPlugin::message;
    endpoint.drained = [](void* self, nx_handle) { static_cast<EchoPlugin*>(self)->note("drained"); };
    endpoint.closed = &EchoPlugin::closed;
    endpoint.user_data = this;
    on_register = [this](nx_reg* reg, nx_call*) { return face.ws->add_endpoint(reg, &endpoint); };
  }
  ~EchoPlugin() { leave(); }
  void begin() {
    REQUIRE(host.register_plugin(table).ok());
    REQUIRE(host.start().ok());
  }

  static nx_status open(void* self, nx_call*, nx_http* http, nx_ws_opening* opening) {
    auto& me = *static_cast<EchoPlugin*>(self);
    me.note("open");
    nx_handle deferred = 0;
    me.defer_status = me.face.http->defer(http, &deferred);
    me.session = opening->session;
    opening->session_data = self;
    me.face.ws->send(me.face.raw, opening->session, NX_WS_TEXT, to_abi("welcome"));
    if (me.refuses) return test::reply(me.face, http, "{}");
    if (me.open_gate != nullptr) me.open_gate->wait();
    return me.open_status;
  }
  static void message(void* self, nx_call*, nx_handle session, std::uint32_t kind, nx_str data) {
    auto& me = *static_cast<EchoPlugin*>(self);
    CHECK(me.running.fetch_add(1) == 0);
    me.note("m:" + std::string(view(data)));
    if (view(data) == "wait") me.gate.wait();
    me.face.ws->send(me.face.raw, session, kind, data);
    me.running.fetch_sub(1);
  }
  static void closed(void* self, nx_call*, nx_handle session, std::uint32_t code, nx_str) {
    auto& me = *static_cast<EchoPlugin*>(self);
    CHECK(me.running.load() == 0);
    me.stale_status = me.face.ws->send(me.face.raw, session, NX_WS_TEXT, to_abi("late"));
    me.note("closed:" + std::to_string(code));
  }
  void note(const std::string& what) {
    const std::lock_guard lock(mutex);
    notes += what + " ";
  }
  std::string noted() {
    const std::lock_guard lock(mutex);
    return notes;
  }

  core::PluginHost& host;
  Host face;
  nx_ws_endpoint endpoint{};
  std::mutex mutex;
  std::string notes;
  test::Gate gate;
  test::Gate* open_gate = nullptr;
  bool refuses = false;
  nx_status open_status = NX_OK;
  std::atomic<nx_status> defer_status{0}, stale_status{0};
  std::atomic<nx_handle> session{0};
  std::atomic<int> running{0};
};

std::shared_ptr<test::Request> upgrade(std::shared_ptr<Socket> socket, std::int64_t user = 7) {
  auto request = std::make_shared<test::Request>();
  request->socket = std::move(socket);
  auto who = std::make_shared<api::Principal>();
  who->user_id = user;
  request->who = std::move(who);
  return request;
}

}  // namespace

TEST_CASE("a session is opened, hears its messages in order and its end once") {
  for (const std::uint32_t flags : {0U, std::uint32_t{NX_WS_INLINE}}) {
    for (const std::uint32_t plugin_flags : {std::uint32_t{NX_PLUGIN_CONCURRENT}, 0U}) {
      CAPTURE(flags);
      CAPTURE(plugin_flags);
      Panel panel;
      EchoPlugin echo(panel, flags, plugin_flags);
      echo.begin();
      CHECK(panel.routes.spec("/echo").websocket->subprotocols == std::vector<std::string>{"v2", "v1"});
      const auto socket = std::make_shared<Socket>();
      const auto request = panel.routes.call("/echo", upgrade(socket));
      REQUIRE(eventually([&] { return request->answered(); }));
      REQUIRE(request->accepted != nullptr);
      CHECK(echo.defer_status == NX_E_PHASE);
      for (int i = 0; i < 50; ++i) request->accepted->message(api::MessageKind::text, std::to_string(i));
      REQUIRE(eventually([&] { return socket->given_back == 90; }));
      request->accepted->drained();
      REQUIRE(eventually([&] { return echo.noted().ends_with("drained "); }));
      request->accepted->closed(4001, "bye");
      request->accepted->closed(1006, "");
      std::string expected = "open ";
      std::string sent = "welcome;";
      for (int i = 0; i < 50; ++i) {
        expected += "m:" + std::to_string(i) + " ";
        sent += std::to_string(i) + ";";
      }
      CHECK(eventually([&] { return echo.noted() == expected + "drained closed:4001 "; }));
      CHECK(socket->text() == sent);
      CHECK(echo.stale_status == NX_E_STALE);
    }
  }
}

TEST_CASE("open may refuse, or fail, and then nothing follows") {
  Panel panel;
  EchoPlugin echo(panel);
  echo.begin();
  echo.refuses = true;
  auto request = panel.routes.call("/echo", upgrade(std::make_shared<Socket>()));
  CHECK(request->answer().data_json == "{}");
  echo.refuses = false;
  echo.open_status = NX_E_NOT_FOUND;
  request = panel.routes.call("/echo", upgrade(std::make_shared<Socket>()));
  CHECK(request->answer().app_code == code::kNotFound);
  echo.open_status = NX_OK;
  request = panel.routes.call("/echo", upgrade(nullptr));
  CHECK(request->answer().app_code == code::kUnavailable);
  CHECK(echo.noted() == "open open ");
  CHECK(echo.face.ws->send(echo.face.raw, echo.session, NX_WS_TEXT, to_abi("x")) == NX_E_STALE);
}

TEST_CASE("an upgrade that time has ended is closed all the same") {
  Panel panel;
  EchoPlugin echo(panel);
  echo.begin();
  const auto request = upgrade(std::make_shared<Socket>());
  request->respond({});
  panel.routes.call("/echo", request);
  CHECK(eventually([&] { return echo.noted() == "open closed:1006 "; }));
}

TEST_CASE("what a plugin gets wrong is refused") {
  Panel panel;
  EchoPlugin echo(panel);
  echo.begin();
  const auto socket = std::make_shared<Socket>();
  panel.routes.call("/echo", upgrade(socket));
  const auto& ws = *echo.face.ws;
  const auto* raw = echo.face.raw;
  const nx_handle session = echo.session;
  CHECK(ws.send(raw, session, 3, to_abi("x")) == NX_E_INVALID);
  CHECK(ws.send(raw, session, NX_WS_TEXT, to_abi("\xC3\x28")) == NX_E_INVALID);
  CHECK(ws.send(raw, session, NX_WS_BINARY, to_abi("\xC3\x28")) == NX_OK);
  CHECK(ws.send(raw, session, NX_WS_BINARY, to_abi(std::string(16 * 1024 * 1024 + 1, 'x'))) == NX_E_LIMIT);
  CHECK(ws.close(raw, session, 1005, to_abi("")) == NX_E_INVALID);
  CHECK(ws.close(raw, session, 1000, to_abi(std::string(124, 'x'))) == NX_E_INVALID);
  CHECK(ws.consumed(raw, session, 1) == NX_E_INVALID);
  CHECK(ws.join(raw, session, to_abi("")) == NX_E_INVALID);
  CHECK(ws.join(raw, session, to_abi(std::string(129, 'x'))) == NX_E_INVALID);
  CHECK(ws.close(raw, session, 4000, to_abi("bye")) == NX_OK);
  CHECK(socket->closed_with == 4000);
  socket->answer = api::WebSocketSession::Sent::full;
  CHECK(ws.send(raw, session, NX_WS_TEXT, to_abi("x")) == NX_E_BUSY);

  test::RawPlugin stranger;
  auto& other = panel.add("other", stranger);
  CHECK(ws.send(panel.host(other).raw, session, NX_WS_TEXT, to_abi("x")) == NX_E_STALE);
  CHECK(ws.join(panel.host(other).raw, session, to_abi("x")) == NX_E_STALE);
}

TEST_CASE("an endpoint is checked when it is declared") {
  Panel panel;
  EchoPlugin echo(panel);
  echo.on_register = [&](nx_reg* reg, nx_call*) {
    const auto wrong = [&](auto change) {
      auto endpoint = echo.endpoint;
      change(endpoint);
      return echo.face.ws->add_endpoint(reg, &endpoint);
    };
    CHECK(wrong([](auto& e) { e.flags = 64; }) == NX_E_UNSUPPORTED);
    CHECK(wrong([](auto& e) { e.pattern = to_abi("echo"); }) == NX_E_INVALID);
    CHECK(wrong([](auto& e) { e.closed = nullptr; }) == NX_E_INVALID);
    CHECK(wrong([](auto& e) { e.openapi_json = to_abi(""); }) == NX_E_INVALID);
    CHECK(wrong([](auto& e) { e.max_message = 1024 * 1024 + 1; }) == NX_E_INVALID);
    CHECK(wrong([](auto& e) { e.send_limit = 16 * 1024 * 1024 + 1; }) == NX_E_INVALID);
    CHECK(wrong([](auto&) {}) == NX_OK);
    CHECK(wrong([](auto&) {}) == NX_E_CONFLICT);
    return NX_OK;
  };
  echo.begin();
}

TEST_CASE("a channel reaches its members, counts who misses it, and forgets who is gone") {
  Panel panel;
  EchoPlugin echo(panel);
  echo.begin();
  std::vector<std::shared_ptr<Socket>> sockets;
  std::vector<std::shared_ptr<test::Request>> requests;
  const auto& ws = *echo.face.ws;
  for (int i = 0; i < 3; ++i) {
    sockets.push_back(std::make_shared<Socket>());
    requests.push_back(panel.routes.call("/echo", upgrade(sockets.back())));
    REQUIRE(ws.join(echo.face.raw, echo.session, to_abi("news")) == NX_OK);
  }
  REQUIRE(ws.leave(echo.face.raw, echo.session, to_abi("news")) == NX_OK);
  sockets[1]->answer = api::WebSocketSession::Sent::full;
  CHECK(broadcast(echo.face, "news", NX_WS_TEXT, "hello") == 1);
  CHECK(sockets[0]->text() == "welcome;frame;");
  CHECK(sockets[1]->text() == "welcome;");
  CHECK(sockets[2]->text() == "welcome;");
  requests[0]->accepted->closed(1000, "");
  CHECK(broadcast(echo.face, "news", NX_WS_TEXT, "hello") == 1);
  CHECK(sockets[0]->text() == "welcome;frame;");
  CHECK(ws.broadcast(echo.face.raw, to_abi("nobody"), NX_WS_TEXT, to_abi("x"), nullptr) == NX_OK);
}

TEST_CASE("a plugin that stops hears the end of its sessions first") {
  Panel panel;
  EchoPlugin echo(panel);
  echo.begin();
  const auto socket = std::make_shared<Socket>();
  const auto request = panel.routes.call("/echo", upgrade(socket));
  request->accepted->message(api::MessageKind::text, "wait");
  request->accepted->message(api::MessageKind::text, "never heard");
  echo.on_stop = [&] { echo.note("stop"); };
  REQUIRE(eventually([&] { return echo.noted() == "open m:wait "; }));
  std::thread remover([&] { echo.leave(); });
  REQUIRE(eventually([&] { return socket->closed_with == 1001; }));
  echo.gate.open();
  remover.join();
  CHECK(echo.noted() == "open m:wait closed:1001 stop ");
  request->accepted->message(api::MessageKind::text, "late");
  request->accepted->closed(1001, "");
  CHECK(echo.noted() == "open m:wait closed:1001 stop ");
}

TEST_CASE("a plugin that stops while a session opens hears its end too") {
  Panel panel;
  EchoPlugin echo(panel);
  test::Gate gate;
  echo.open_gate = &gate;
  echo.begin();
  const auto request = upgrade(std::make_shared<Socket>());
  std::thread opener([&] { panel.routes.call("/echo", request); });
  REQUIRE(eventually([&] { return echo.noted() == "open "; }));
  std::thread remover([&] { echo.leave(); });
  REQUIRE(eventually([&] { return std::static_pointer_cast<Socket>(request->socket)->closed_with == 1001; }));
  gate.open();
  remover.join();
  opener.join();
  CHECK(request->answer().app_code == code::kUnavailable);
  CHECK(echo.noted() == "open closed:1001 ");
}

TEST_CASE("a log-out silences the user's sessions and has the edge close them") {
  Panel panel;
  std::atomic<int> closed{0};
  panel.routes.on_close_websockets = [&](const auto& matches, std::uint16_t code) {
    api::Principal who;
    who.user_id = 7;
    if (matches(who) && code == 1008) ++closed;
  };
  EchoPlugin echo(panel);
  echo.begin();
  const auto socket = std::make_shared<Socket>();
  const auto mine = panel.routes.call("/echo", upgrade(socket));
  const auto other = panel.routes.call("/echo", upgrade(std::make_shared<Socket>(), 8));
  REQUIRE(echo.face.auth->invalidate(echo.face.raw, NX_INVALIDATE_USER, to_abi("7")) == NX_OK);
  CHECK(closed == 1);
  mine->accepted->message(api::MessageKind::text, "mine");
  other->accepted->message(api::MessageKind::text, "other");
  mine->accepted->closed(1008, "");
  CHECK(eventually([&] { return echo.noted().find("closed:1008") != std::string::npos; }));
  CHECK(eventually([&] { return echo.noted().find("m:other") != std::string::npos; }));
  CHECK(echo.noted().find("m:mine") == std::string::npos);
}
