// A way through a jump host: a direct-tcpip channel of its connection, whose bytes go to one end of a socket pair. The
// other end is the socket of the inner connection.
#pragma once

#include "ssh/socket.h"
#include "ssh/work.h"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace nexus::servers::ssh {

// Not counted by MaxSessions, so it may begin without a slot.
class Tunnel : public Work {
 public:
  // Runs once, on the jump connection's loop.
  using Opened = std::function<void(Outcome<Socket>)>;

  // `hop` is the jump host's id: a failure before it was asked for the way is its own (Failure::jump_host).
  Tunnel(std::int64_t hop, std::string host, std::uint16_t port, Opened opened)
      : hop_(hop), host_(std::move(host)), port_(port), opened_(std::move(opened)) {}

  void begin(const std::shared_ptr<Multiplexer>& session, Release release) override;
  void fail(const Failure& failure) override;
  // Before it is open only its caller hears: libssh2 cannot take the request back.
  void cancel(const Failure& why) override;
  bool ends_at_deadline() const override { return opening_; }
  // Asked for and not yet answered by the jump host: meanwhile it can open no other channel.
  bool opening() const noexcept { return opening_; }
  // Runs when the jump host has answered, whatever it said.
  void when_answered(std::function<void()> answered) { answered_ = std::move(answered); }

 private:
  // Bytes that wait on each side; SSH's own windows come on top.
  static constexpr std::size_t kBuffer = 64 * 1024;
  // Rounds before other operations of the connection have their turn.
  static constexpr int kMaxRounds = 16;

  // Bytes on their way from one side to the other.
  struct Flow {
    std::vector<char> buffer = std::vector<char>(kBuffer);
    std::size_t begin = 0;
    std::size_t end = 0;
    bool source_ended = false;

    bool empty() const noexcept { return begin == end; }
    const char* data() const noexcept { return buffer.data() + begin; }
    std::size_t size() const noexcept { return end - begin; }
    void taken(std::size_t count) noexcept { begin += count; }
    void filled(std::size_t count) noexcept {
      begin = 0;
      end = count;
    }
  };
  enum class Call { none, read, write };
  using Descriptor = boost::asio::posix::descriptor_base;

  int open_channel();
  void channel_opened(int code);
  int pump();
  bool would_block(ssize_t result, Call call, int& code);
  bool read_remote(int& code);
  bool write_remote(int& code);
  bool read_local();
  bool write_local();
  void await_local();
  void await(Descriptor::wait_type what, bool& awaits);
  void close();
  int close_channel();
  void answer(Outcome<Socket> outcome);
  Failure of_hop(Failure failure) const;
  Failure cannot_open() const;

  std::int64_t hop_;
  std::string host_;
  std::uint16_t port_;
  Opened opened_;
  bool opening_ = false;
  std::function<void()> answered_;
  std::shared_ptr<Multiplexer> session_;
  Release release_;
  LIBSSH2_CHANNEL* channel_ = nullptr;
  std::unique_ptr<boost::asio::posix::stream_descriptor> local_;
  bool awaits_reading_ = false;
  bool awaits_writing_ = false;
  bool cancelled_ = false;
  bool channel_closed_ = false;
  Call blocked_ = Call::none;  // the call that libssh2 wants repeated before any other
  Flow inward_;                // from the inner connection to the server
  Flow outward_;
};

}  // namespace nexus::servers::ssh
