// A server with one WebSocket route, "/echo", and what its handlers see.
#pragma once

#include "../edge_fixture.h"
#include "ws_client.h"

#include <doctest/doctest.h>

namespace nexus::api::test {

// Answers each message with itself, until a test tells it otherwise.
class EchoHandler final : public WebSocketHandler {
 public:
  explicit EchoHandler(std::shared_ptr<WebSocketSession> its_session) : session(std::move(its_session)) {}

  void message(MessageKind kind, std::string_view data) override {
    {
      const std::lock_guard lock(mutex_);
      ++messages_;
      changed_.notify_all();
    }
    if (echoes) session->send(kind, data);
    if (on_message) on_message();
    if (consumes) session->consumed(data.size());
  }
  void drained() override {
    const std::lock_guard lock(mutex_);
    ++drained_;
    changed_.notify_all();
  }
  void closed(std::uint16_t code, std::string_view reason) override {
    const std::lock_guard lock(mutex_);
    ++closed_;
    code_ = code;
    reason_ = reason;
    changed_.notify_all();
  }

  template <class Ready>
  bool wait(Ready&& ready) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(15), [&] { return ready(*this); });
  }
  // The code it was closed with; 0: it was not, in time.
  int wait_closed() {
    return wait([](auto& me) { return me.closed_ > 0; }) ? code_ : 0;
  }
  int messages() {
    const std::lock_guard lock(mutex_);
    return messages_;
  }
  int drains() {
    const std::lock_guard lock(mutex_);
    return drained_;
  }
  int closes() {
    const std::lock_guard lock(mutex_);
    return closed_;
  }

  const std::shared_ptr<WebSocketSession> session;
  std::atomic<bool> echoes{true};
  std::atomic<bool> consumes{true};
  std::function<void()> on_message;  // before the client says anything
  int messages_ = 0, drained_ = 0, closed_ = 0, code_ = 0;
  std::string reason_;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
};

struct SocketServer {
  explicit SocketServer(const RateLimits& limits = {0, 0, 0}, unsigned threads = 4) {
    ServerOptions options;
    options.engine.port = 0;
    options.engine.threads = threads;
    options.rate_limits = limits;
    server = Server::create(options, host).value();
    server->start();
    host.add_token("good", 7, "admin");
    host.add_token("other", 8, "admin");
  }

  static RouteSpec spec(const std::string& pattern = "/echo") {
    auto route = Edge::route("GET", pattern, R"({"responses":{"101":{}}})");
    route.is_public = false;
    route.websocket = WebSocketSpec{};
    return route;
  }
  void add(RouteSpec route = spec()) {
    route.handler = [this](const std::shared_ptr<Exchange>& exchange) {
      seen_ticket = seen_ticket || exchange->query("ticket").has_value();
      auto socket = exchange->websocket();
      if (!socket) {
        exchange->respond(Response::from(Error(Status::unavailable)));
        return;
      }
      auto handler = std::make_shared<EchoHandler>(socket);
      if (before_accept) before_accept(*handler);
      const std::lock_guard lock(mutex);
      handlers.push_back(handler);
      exchange->accept(handler);
    };
    REQUIRE(server->add_route(std::move(route)).ok());
  }
  nexus::test::WsClient connect(const std::string& target = "/echo?ticket=good", int receive_buffer = 0) {
    nexus::test::WsClient client(server->port(), receive_buffer);
    REQUIRE(client.open(target).status == 101);
    return client;
  }
  std::shared_ptr<EchoHandler> handler(std::size_t number) {
    const std::lock_guard lock(mutex);
    return handlers.at(number);
  }
  std::shared_ptr<EchoHandler> last() {
    const std::lock_guard lock(mutex);
    return handlers.back();
  }

  // Before the host and the server, whose threads use them.
  std::function<void(EchoHandler&)> before_accept;
  std::atomic<bool> seen_ticket{false};
  std::mutex mutex;
  std::vector<std::shared_ptr<EchoHandler>> handlers;
  Host host;
  std::unique_ptr<Server> server;
};

}  // namespace nexus::api::test
