// WebSocket endpoints of plugins: sessions, the order of their callbacks, and channels.
#pragma once

#include "core/runtime/http_request.h"

#include <nexus/api/websocket.h>
#include <nexus/ws.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nexus::core {

// Messages of one session that wait for a worker. The window bounds their bytes; this bounds what small ones cost
// beside them.
inline constexpr std::size_t kMostQueuedMessages = 4096;
// Of one session; a channel is one thing that somebody looks at.
inline constexpr std::size_t kMostChannels = 64;
inline constexpr std::size_t kLongestChannel = 128;
inline constexpr std::size_t kLongestMessage = 16 * 1024 * 1024;

class WebSockets;

// What an endpoint calls.
struct EndpointTarget {
  RouteTarget route;  // owner and deferred requests, for nx_http
  nx_ws_endpoint table{};
  bool is_inline = false;
  WebSockets* sockets = nullptr;
};

// One socket as its plugin sees it: open, then messages one at a time, then closed, once. Where the plugin stops,
// closed does not wait for the client.
class WsSession final : public api::WebSocketHandler, public std::enable_shared_from_this<WsSession> {
 public:
  WsSession(std::shared_ptr<const EndpointTarget> target, std::shared_ptr<api::WebSocketSession> socket,
            const api::Exchange& exchange);

  void message(api::MessageKind kind, std::string_view data) override;
  void drained() override;
  void closed(std::uint16_t code, std::string_view reason) override;

  // open accepted. False where it must not begin any more; closed comes all the same.
  bool begin(void* session_data);
  // Nothing but closed is called any more.
  void mute();
  // closed is called next, whatever the client does.
  void withdraw(std::uint16_t code, std::string_view reason);

  const EndpointTarget& target() const noexcept { return *target_; }
  api::WebSocketSession& socket() const noexcept { return *socket_; }
  const api::Principal* principal() const noexcept { return origin_->principal.get(); }

  nx_handle handle = 0;            // set before anybody else sees the session
  std::set<std::string> channels;  // under the lock of WebSockets

 private:
  struct Event {
    enum class What : std::uint8_t { message, drained, closed } what = What::message;
    std::uint32_t kind = 0;  // of a message; the code of closed
    std::string text;
  };
  enum class State : std::uint8_t { opening, open, ended };

  void push(Event event);
  void run_some();
  void run(const Event& event);
  void run_message(std::uint32_t kind, std::string_view data, Phase phase);
  void run_drained();
  void run_closed(std::uint32_t code, const std::string& reason);
  bool enter_inline();
  void leave_inline();
  void post();
  std::shared_ptr<const Origin> origin_until(Deadline deadline) const;

  const std::shared_ptr<const EndpointTarget> target_;
  const std::shared_ptr<api::WebSocketSession> socket_;
  std::shared_ptr<const Origin> origin_;
  void* session_data_ = nullptr;  // written before the state becomes open

  std::mutex mutex_;
  State state_ = State::opening;
  bool muted_ = false;
  bool busy_ = true;  // open or an inline callback runs, or a turn on a worker is due
  std::deque<Event> events_;
};

// Thread-safe.
class WebSockets {
 public:
  // Runs open for an upgrade, and sees to it that the exchange is answered.
  void open(const std::shared_ptr<const EndpointTarget>& target, const std::shared_ptr<api::Exchange>& exchange);

  // NX_E_STALE where it is not `owner`'s.
  nx_status send(const Owner& owner, nx_handle session, std::uint32_t kind, std::string_view data) const;
  nx_status consumed(const Owner& owner, nx_handle session, std::uint64_t bytes) const;
  nx_status close(const Owner& owner, nx_handle session, std::uint32_t code, std::string_view reason) const;
  nx_status join(const Owner& owner, nx_handle session, std::string_view channel);
  nx_status leave(const Owner& owner, nx_handle session, std::string_view channel);
  nx_status broadcast(const Owner& owner, std::string_view channel, std::uint32_t kind, std::string_view data,
                      std::uint32_t* missed) const;

  // The session is stale and in no channel from now on; false where it was before.
  bool forget(WsSession& session);
  // Those of callers who `matches` hear of nothing but their end.
  void mute(const std::function<bool(const api::Principal&)>& matches);
  // Ends all sessions of the owner with 1001; answers how many. Repeat it when idle: what was opening may have come.
  std::size_t withdraw(const Owner& owner);

 private:
  void run_open(const std::shared_ptr<const EndpointTarget>& target, const std::shared_ptr<api::Exchange>& exchange);
  std::shared_ptr<WsSession> find(const Owner& owner, nx_handle session) const;
  void leave_all(WsSession& session);
  // Under the lock; the session's own list is the caller's.
  void remove_member(const Owner& owner, const std::string& channel, const std::shared_ptr<WsSession>& session);

  using ChannelKey = std::pair<const Owner*, std::string>;
  HandleTable<WsSession> sessions_{8};
  mutable std::shared_mutex channels_mutex_;
  std::map<ChannelKey, std::set<std::shared_ptr<WsSession>>> channels_;
};

}  // namespace nexus::core
