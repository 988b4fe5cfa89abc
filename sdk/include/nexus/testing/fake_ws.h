// nexus.ws of a FakeHost: the test plays the client.
#pragma once

#include <nexus/testing/fake_http.h>

#include <memory>
#include <optional>
#include <set>

namespace nexus::testing {

namespace detail {
class FakeWs;
}

// A client's socket, or the answer that its upgrade was refused with. What the plugin sends is kept; it counts against
// the plugin's send_limit only while `reads` is false.
class TestSocket {
 public:
  struct Message {
    bool is_binary = false;
    std::string data;
  };
  struct End {
    std::uint32_t code = 0;
    std::string reason;
  };

  TestSocket(detail::World& world, const nx_ws_endpoint& endpoint, nx_handle handle, Principal who)
      : world_(world), endpoint_(endpoint), handle_(handle), who_(std::move(who)) {}

  const Answer& answer() const noexcept { return answer_; }  // http_status 101 where it is open
  bool is_open() const {
    const auto guard = world_.lock();
    return opened_ && !closed_;
  }
  const std::string& subprotocol() const noexcept { return subprotocol_; }

  // The plugin's message() runs here.
  void send_text(std::string_view data) { send(NX_WS_TEXT, data); }
  void send_binary(std::string_view data) { send(NX_WS_BINARY, data); }
  // The client leaves; 1006: without a word.
  void close(std::uint32_t code = 1006, const std::string& reason = {}) {
    end(code, reason);
    world_.settle();
  }
  // The client takes what waits for it; the plugin's drained() runs here where it was refused.
  void read_all() {
    bool drained = false;
    {
      const auto guard = world_.lock();
      waiting_ = 0;
      drained = opened_ && !closed_ && std::exchange(wants_drained_, false);
    }
    if (drained && endpoint_.drained != nullptr) endpoint_.drained(session_data_, handle_);
    world_.settle();
  }

  bool wait(const std::function<bool()>& ready) { return world_.await(ready); }
  // All that came, of one kind or of both, joined.
  std::string all() const {
    return joined([](const Message&) { return true; });
  }
  std::string all_text() const {
    return joined([](const Message& message) { return !message.is_binary; });
  }
  std::string all_binary() const {
    return joined([](const Message& message) { return message.is_binary; });
  }
  bool wait_for(std::string_view text) {
    return wait([&] { return all().find(text) != std::string::npos; });
  }
  bool wait_closed() {
    return wait([&] { return closed_.has_value(); });
  }
  std::vector<Message> received() const {
    const auto guard = world_.lock();
    return received_;
  }
  std::optional<End> closed() const {
    const auto guard = world_.lock();
    return closed_;
  }

  // Bytes of the client's that the plugin was given and has not consumed, where it counts them (NX_WS_CREDIT).
  std::size_t unconsumed() const {
    const auto guard = world_.lock();
    return unconsumed_;
  }

  bool reads = true;

 private:
  friend class detail::FakeWs;

  template <class Wanted>
  std::string joined(Wanted&& wanted) const {
    const auto guard = world_.lock();
    std::string all;
    for (const auto& message : received_) {
      if (wanted(message)) all += message.data;
    }
    return all;
  }
  void send(std::uint32_t kind, std::string_view data) {
    if (!is_open()) return;
    if ((endpoint_.flags & NX_WS_CREDIT) != 0) {
      const auto guard = world_.lock();
      unconsumed_ += data.size();
    }
    auto& call = world_.new_call("a message", who_);
    endpoint_.message(session_data_, call.raw(), handle_, kind, to_abi(data));
    if (!call.error.empty()) world_.fail("message: " + call.error);
    world_.end_call(call);
    world_.settle();
  }
  nx_status take(std::uint32_t kind, nx_str data) {
    const auto guard = world_.lock();
    if (closed_) return NX_E_STALE;
    const std::size_t limit = endpoint_.send_limit == 0 ? 256 * 1024 : endpoint_.send_limit;
    if (waiting_ != 0 && waiting_ + data.len > limit) {
      wants_drained_ = true;
      return NX_E_BUSY;
    }
    if (!reads) waiting_ += data.len;
    received_.push_back({kind == NX_WS_BINARY, detail::text(data)});
    world_.notify();
    return NX_OK;
  }
  bool end(std::uint32_t code, const std::string& reason) {
    const auto guard = world_.lock();
    if (closed_) return false;
    closed_ = End{code, reason};
    if (opened_) tell_end();
    world_.notify();
    return true;
  }
  void tell_end() {
    world_.enqueue([this, end = *closed_] {
      auto& call = world_.new_call("closed", who_);
      endpoint_.closed(session_data_, call.raw(), handle_, end.code, to_abi(end.reason));
      world_.end_call(call);
    });
  }

  detail::World& world_;
  const nx_ws_endpoint endpoint_;
  const nx_handle handle_;
  const Principal who_;
  Answer answer_;
  std::string subprotocol_;
  void* session_data_ = nullptr;
  bool opened_ = false;
  std::vector<Message> received_;
  std::optional<End> closed_;
  std::size_t waiting_ = 0;
  std::size_t unconsumed_ = 0;
  bool wants_drained_ = false;
};

namespace detail {

class FakeWs {
 public:
  explicit FakeWs(World& world) : world_(world) {
    world.ws = this;
    table.struct_size = sizeof table;
    table.add_endpoint = &add_endpoint;
    table.send = [](const nx_host* host, nx_handle session, std::uint32_t kind, nx_str data) noexcept {
      return of(host, session, "ws.send", [&](TestSocket& socket) { return socket.take(kind, data); });
    };
    table.consumed = [](const nx_host* host, nx_handle session, std::uint64_t bytes) noexcept {
      return of(host, session, "ws.consumed", [&](TestSocket& socket) {
        if (bytes > socket.unconsumed_) World::of(host).fail("ws.consumed: more than was given");
        socket.unconsumed_ -= std::min<std::size_t>(bytes, socket.unconsumed_);
        return nx_status{NX_OK};
      });
    };
    table.close = [](const nx_host* host, nx_handle session, std::uint32_t code, nx_str reason) noexcept {
      return of(host, session, "ws.close", [&](TestSocket& socket) {
        return socket.end(code, text(reason)) ? nx_status{NX_OK} : nx_status{NX_E_STALE};
      });
    };
    table.join = [](const nx_host* host, nx_handle session, nx_str channel) noexcept {
      return of(host, session, "ws.join", [&](TestSocket&) {
        World::of(host).ws->channels_[text(channel)].insert(session);
        return nx_status{NX_OK};
      });
    };
    table.leave = [](const nx_host* host, nx_handle session, nx_str channel) noexcept {
      return of(host, session, "ws.leave", [&](TestSocket&) {
        World::of(host).ws->channels_[text(channel)].erase(session);
        return nx_status{NX_OK};
      });
    };
    table.broadcast = &broadcast;
  }

  // An upgrade: the same way as a request, and then a socket.
  std::shared_ptr<TestSocket> connect(HttpRequest request) {
    opening_ = nullptr;
    const auto answer = world_.http->send(std::move(request));
    auto socket = opening_ != nullptr ? std::exchange(opening_, nullptr)
                                      : std::make_shared<TestSocket>(world_, nx_ws_endpoint{}, 0, Principal::nobody());
    socket->answer_ = answer;
    world_.settle();
    return socket;
  }
  void close_all() {
    const auto guard = world_.lock();
    for (const auto& [handle, socket] : sockets_) socket->end(1001, "the plugin is stopping");
  }

  nx_ws_api table{};

 private:
  struct Endpoint {
    nx_ws_endpoint raw{};
    std::string subprotocols;
  };

  template <class Work>
  static nx_status of(const nx_host* host, nx_handle session, const char* function, Work&& work) noexcept {
    auto& world = World::of(host);
    if (const auto status = world.enter(function); status != NX_OK) return status;
    const auto guard = world.lock();
    const auto found = world.ws->sockets_.find(session);
    return found == world.ws->sockets_.end() ? NX_E_STALE : work(*found->second);
  }

  static nx_status add_endpoint(nx_reg* reg, const nx_ws_endpoint* given) noexcept {
    auto& world = World::of(reg);
    auto& me = *world.ws;
    auto& endpoint = me.endpoints_.emplace_back();
    endpoint.raw = copy_in(*given);
    endpoint.subprotocols = text(endpoint.raw.subprotocols);
    nx_route route{};
    route.struct_size = sizeof route;
    route.method = to_abi("GET");
    route.pattern = endpoint.raw.pattern;
    route.permission = endpoint.raw.permission;
    route.openapi_json = endpoint.raw.openapi_json;
    if ((endpoint.raw.flags & NX_WS_PUBLIC) != 0) route.flags |= NX_ROUTE_PUBLIC;
    if ((endpoint.raw.flags & NX_WS_STEP_UP) != 0) route.flags |= NX_ROUTE_STEP_UP;
    if ((endpoint.raw.flags & NX_WS_SESSION) != 0) route.flags |= NX_ROUTE_SESSION;
    route.fn = &open;
    route.user_data = &endpoint;
    return world.http->table.add_route(reg, &route);
  }

  static nx_status open(void* user_data, nx_call* call, nx_http* http) noexcept {
    const auto& endpoint = *static_cast<const Endpoint*>(user_data);
    auto& exchange = Exchange::of(http);
    auto& world = *exchange.world;
    auto& me = *world.ws;
    const auto& who = exchange.request.who;
    const bool needs_step_up = (endpoint.raw.flags & NX_WS_SECOND_FACTOR) != 0 && who.has_second_factor;
    if (needs_step_up && who.elevated_until_us <= world.now_us) {
      exchange.answer = FakeHttp::refused(code::kStepUpNeeded);
      return NX_OK;
    }
    const auto handle = world.next_handle++;
    auto socket = std::make_shared<TestSocket>(world, endpoint.raw, handle, who);
    socket->subprotocol_ = chosen(endpoint.subprotocols, exchange.request.headers["sec-websocket-protocol"]);
    me.sockets_[handle] = socket;
    nx_ws_opening opening{sizeof opening, 0, handle, {}, nullptr};
    if (!socket->subprotocol_.empty()) opening.subprotocol = to_abi(socket->subprotocol_);
    const auto status = endpoint.raw.open(endpoint.raw.user_data, call, http, &opening);
    if (status != NX_OK || exchange.answer) {
      me.sockets_.erase(handle);
      return status;
    }
    const auto guard = world.lock();
    socket->session_data_ = opening.session_data;
    socket->opened_ = true;
    if (socket->closed_) socket->tell_end();
    me.opening_ = std::move(socket);
    exchange.answer.emplace().http_status = 101;
    return NX_OK;
  }

  static std::string chosen(const std::string& ours, const std::string& offered) {
    const auto trimmed = [](std::string name) {
      name.erase(0, name.find_first_not_of(' '));
      name.erase(name.find_last_not_of(' ') + 1);
      return name;
    };
    for (const auto& own : split(ours, ',')) {
      for (const auto& other : split(offered, ',')) {
        if (!trimmed(own).empty() && trimmed(own) == trimmed(other)) return trimmed(own);
      }
    }
    return {};
  }

  static nx_status broadcast(const nx_host* host, nx_str channel, std::uint32_t kind, nx_str data,
                             std::uint32_t* missed) noexcept {
    auto& world = World::of(host);
    if (const auto status = world.enter("ws.broadcast"); status != NX_OK) return status;
    const auto guard = world.lock();
    std::uint32_t count = 0;
    for (const auto session : world.ws->channels_[text(channel)]) {
      if (world.ws->sockets_.at(session)->take(kind, data) == NX_E_BUSY) ++count;
    }
    if (missed != nullptr) *missed = count;
    return NX_OK;
  }

  World& world_;
  std::deque<Endpoint> endpoints_;  // addresses stay
  std::map<nx_handle, std::shared_ptr<TestSocket>> sockets_;
  std::map<std::string, std::set<nx_handle>> channels_;
  std::shared_ptr<TestSocket> opening_;
};

}  // namespace detail
}  // namespace nexus::testing
