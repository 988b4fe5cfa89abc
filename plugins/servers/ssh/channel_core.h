// The part of a channel that both its user and the loop touch: bytes to be written, bytes that were not consumed yet.
#pragma once

#include "ssh/channel.h"
#include "ssh/engine.h"
#include "ssh/work.h"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace nexus::servers::ssh {

// Work whose user holds a Channel. The functions above the line are for any thread; what is below it is for the loop.
class ChannelCore : public Work {
 public:
  struct Size {
    std::uint32_t cols = 0;
    std::uint32_t rows = 0;
  };

  ChannelCore(boost::asio::io_context& loop, std::shared_ptr<ChannelEvents> events)
      : loop_(loop), events_(std::move(events)) {}

  bool write(std::string_view bytes);
  void consumed(std::size_t bytes);
  void resize(std::uint32_t cols, std::uint32_t rows);
  void send_eof();

 protected:
  // Something is to be written, may be read again or has another size.
  virtual void woken() = 0;

  // -- loop

  void fail(const Failure& failure) override { tell_closed(&failure); }
  // Appends what the user wrote to `out` unless more than a window waits there; tells him where there is room again.
  void take_input(std::string& out);
  bool eof_wanted() const;
  std::optional<Size> take_size();
  // Bytes that may be given to the user now; where that is less than `wanted`, woken() runs when it is not.
  std::size_t room(std::size_t wanted);
  void give(std::string_view bytes);
  void tell_opened(const Opened& opened);
  void tell_exited(std::int64_t status, std::string_view signal);
  void tell_closed(const Failure* failure);
  bool is_closed() const noexcept { return events_ == nullptr; }
  bool ends_at_deadline() const override { return !opened_; }

 private:
  void wake();

  boost::asio::io_context& loop_;
  std::shared_ptr<ChannelEvents> events_;  // null once closed() was told
  bool opened_ = false;
  mutable std::mutex mutex_;
  std::string input_;
  std::size_t unconsumed_ = 0;
  std::size_t wanted_room_ = 0;  // what the loop waits for
  std::optional<Size> size_;
  bool eof_ = false;
  bool refused_write_ = false;
  bool waking_ = false;
};

// The user's end. Its destruction closes. `loops` keeps what the core posts to, because a user may outlive the engine.
std::shared_ptr<Channel> make_channel(std::shared_ptr<ChannelCore> core, Ticket ticket,
                                      std::shared_ptr<const void> loops);

}  // namespace nexus::servers::ssh
