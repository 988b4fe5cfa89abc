// One WebSocket: Beast reads, answers control frames and closes; data frames are written by us.
//
// The loop's thread does everything but queueing. A frame that finds nothing waiting goes out from the thread that
// sends it, at once; what follows closely is gathered for the loop.
#pragma once

#include "ws/hub.h"
#include "ws/loop.h"
#include "ws/output.h"
#include "ws/upgrade.h"

#include <nexus/api/http_engine.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

namespace nexus::api::ws {

// Of the upgrade's request and answer.
struct Handshake {
  std::string key;
  std::string request_id;
};

class Session final : public WebSocketSession, public std::enable_shared_from_this<Session> {
 public:
  Session(std::shared_ptr<Loop> loop, std::shared_ptr<Pass> pass, const WebSocketSpec& spec, Agreement agreement);
  ~Session() override;

  Sent send(MessageKind kind, std::string_view data) override;
  Sent send(const std::shared_ptr<const SharedFrame>& frame) override;
  void consumed(std::size_t bytes) override;
  void close(std::uint16_t code, std::string_view reason) override;
  std::string_view subprotocol() const noexcept override { return agreement_.subprotocol; }

  // Who hears of it; before begin.
  void attach(std::shared_ptr<WebSocketHandler> handler) {
    handler_ = std::move(handler);
    pass_->opened();
  }
  // From any thread: the socket is this session's from now on.
  void begin(int socket, std::string received, Handshake handshake);
  // From any thread: there will be no handshake.
  void fail();
  // From any thread: no message is delivered any more, and it closes.
  void revoke(std::uint16_t code, std::string_view reason);

  // Of the loop's thread.
  void turn();
  void check_time(Clock::time_point now);
  void cut(std::uint16_t code);

 private:
  class Layer;
  struct Beast;
  enum class State : std::uint8_t { made, handshake, open, closing, closed };

  void take(int socket, std::string received, const Handshake& handshake);
  void on_accepted(bool ok);
  void on_client_close();
  void read();
  void on_read(bool ended);
  void deliver();
  bool unpack(std::string_view& bytes, std::string& room);
  void on_ended();
  void start_close();
  void let_beast_go();
  void finish(std::uint16_t code, std::string_view reason);
  void wait_writable();
  void ask_for_turn();
  void write_unit(std::string bytes, std::unique_ptr<Written> written);
  Packing pack(std::string_view& data, std::string& room) const;
  bool accepts(std::size_t size, Sent& answer);
  bool write_at_once(std::string_view header, std::string_view data);
  void schedule();

  const std::shared_ptr<Loop> loop_;
  const WebSocketSpec spec_;
  const Agreement agreement_;
  std::shared_ptr<Pass> pass_;
  std::shared_ptr<WebSocketHandler> handler_;
  std::atomic<bool> muted_{false};

  std::mutex mutex_;  // of the members up to the next comment
  State state_ = State::made;
  Output output_;
  int socket_ = -1;
  bool scheduled_ = false;
  bool blocked_ = false;        // the socket takes no more
  bool broken_ = false;         // it never will
  bool wants_drained_ = false;  // a send was refused
  bool close_asked_ = false;
  std::uint16_t close_code_ = 0;
  std::string close_reason_;
  std::size_t unconsumed_ = 0;
  Clock::time_point last_direct_{};

  // Of the loop's thread.
  std::unique_ptr<Beast> beast_;  // from take to finish
  bool waits_writable_ = false;
  bool paused_ = false;
  bool ping_on_way_ = false;
  std::size_t taken_seen_ = 0;
  Clock::time_point last_heard_{};
  Clock::time_point last_taken_{};
  Clock::time_point close_began_{};  // of ours, or of the client's that is answered
};

}  // namespace nexus::api::ws
