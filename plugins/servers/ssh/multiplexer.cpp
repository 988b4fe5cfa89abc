#include "ssh/multiplexer.h"

#include "ssh/libssh2_session.h"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <deque>
#include <list>
#include <utility>

namespace nexus::servers::ssh {
namespace {

using boost::asio::posix::descriptor_base;
using ErrorCode = boost::system::error_code;

// Receives of a log-in and a first command.
constexpr std::uint64_t kHastyReceives = 64;
// How soon a full send buffer is looked at again.
constexpr milliseconds kGateTime{5};
// libssh2_session_free answers EAGAIN while it ends channels; the socket is shut by then, so it soon stops.
constexpr int kFreeTries = 1'000;

// After these the session's state is not to be trusted.
bool is_fatal(int code) noexcept {
  switch (code) {
    case LIBSSH2_ERROR_SOCKET_DISCONNECT:
    case LIBSSH2_ERROR_SOCKET_RECV:
    case LIBSSH2_ERROR_SOCKET_SEND:
    case LIBSSH2_ERROR_BAD_USE:
    case LIBSSH2_ERROR_INVALID_MAC:
    case LIBSSH2_ERROR_DECRYPT: return true;
    default: return false;
  }
}

// Things of which one at a time may be under way, in the order in which they were asked for.
class Turnstile {
 public:
  void enter(std::function<void()> task) {
    if (busy_) return waiting_.push_back(std::move(task));
    busy_ = true;
    task();
  }
  void leave() {
    if (waiting_.empty()) {
      busy_ = false;
      return;
    }
    const auto task = std::move(waiting_.front());
    waiting_.pop_front();
    task();
  }

 private:
  bool busy_ = false;
  std::deque<std::function<void()>> waiting_;
};

class LoopMultiplexer final : public Multiplexer {
 public:
  LoopMultiplexer(boost::asio::io_context& loop, Socket socket, std::function<void()> broken)
      : loop_(loop), socket_(std::move(socket)), broken_(std::move(broken)), ready_(loop), gate_(loop) {
    raw_ = make_session(this);
    libssh2_session_set_blocking(raw_, 0);
    set_callback(raw_, LIBSSH2_CALLBACK_RECV, &LoopMultiplexer::receive);
    ready_.assign(socket_.descriptor());
  }
  LoopMultiplexer(const LoopMultiplexer&) = delete;
  LoopMultiplexer& operator=(const LoopMultiplexer&) = delete;
  ~LoopMultiplexer() override {
    ready_.release();
    socket_.shut_down();
    for (int i = 0; i < kFreeTries && libssh2_session_free(raw_) == LIBSSH2_ERROR_EAGAIN; ++i) {
    }
  }

  LIBSSH2_SESSION* raw() const noexcept override { return raw_; }
  int descriptor() const noexcept override { return socket_.descriptor(); }
  boost::asio::io_context& loop() const noexcept override { return loop_; }
  bool usable() const noexcept override { return !ended_; }
  Clock::time_point last_heard() const noexcept override { return last_heard_; }
  std::string last_error() const override { return last_error_of(raw_); }
  void keep_received(std::size_t most) override { kept_most_ = most; }
  std::string take_received() override {
    kept_most_ = 0;
    return std::exchange(kept_, {});
  }

  void run(Step step, Done done) override {
    operations_.push_back(std::make_shared<Operation>(Operation{std::move(step), std::move(done)}));
    kick();
  }
  void run_opening(Step step, Done done) override { run_alone(openings_, std::move(step), std::move(done)); }
  void run_request(Step step, Done done) override { run_alone(requests_, std::move(step), std::move(done)); }
  bool blocked_outbound() const noexcept override {
    return (libssh2_session_block_directions(raw_) & LIBSSH2_SESSION_BLOCK_OUTBOUND) != 0;
  }

  bool may_write_bulk() override {
    int queued = 0;
    ::ioctl(socket_.descriptor(), SIOCOUTQ, &queued);
    if (queued <= static_cast<int>(kBulkWriteLimit)) return true;
    if (std::exchange(gated_, true)) return false;
    gate_.expires_after(kGateTime);
    gate_.async_wait([self = self_pointer()](const ErrorCode&) {
      self->gated_ = false;
      self->run_all();
    });
    return false;
  }

  void kick() override {
    if (std::exchange(kicked_, true)) return;
    boost::asio::post(loop_, [self = self_pointer()] {
      self->kicked_ = false;
      self->run_all();
    });
  }

  void shut_down() override {
    broken_ = nullptr;
    end();
  }

 private:
  struct Operation {
    Step step;
    Done done;
  };
  using Operations = std::list<std::shared_ptr<Operation>>;

  std::shared_ptr<LoopMultiplexer> self_pointer() {
    return std::static_pointer_cast<LoopMultiplexer>(shared_from_this());
  }

  // libssh2 takes an end of the stream for a reason to ask again; here it is an error.
  static ssize_t receive(libssh2_socket_t socket, void* buffer, size_t length, int flags, void** abstract) {
    const auto got = ::recv(socket, buffer, length, flags);
    if (got < 0) return -errno;
    if (got == 0) return -ECONNRESET;
    auto& self = *static_cast<LoopMultiplexer*>(*abstract);
    self.last_heard_ = Clock::now();
    // The kernel goes back to delaying acknowledgements by itself, and a log-in is many small packets in turn.
    if (++self.received_ <= kHastyReceives) self.socket_.acknowledge_quickly();
    if (self.kept_.size() < self.kept_most_)
      self.kept_.append(static_cast<const char*>(buffer), static_cast<std::size_t>(got));
    return got;
  }

  void run_alone(Turnstile& turnstile, Step step, Done done) {
    turnstile.enter([this, &turnstile, self = self_pointer(), step = std::move(step), done = std::move(done)] {
      run(step, [&turnstile, self, done](int code) {
        turnstile.leave();
        done(code);
      });
    });
  }

  void run_all() {
    const auto keep = self_pointer();
    if (ended_) return end_next();
    if (sender_) run_pass();
    // What one operation received may have been for another that ran before it, so bytes are progress too.
    for (bool progress = true; progress && !ended_ && !sender_;) {
      const auto received = received_;
      progress = run_pass() || received != received_;
    }
    arm();
  }

  // True where an operation ended. While a packet is half sent, only the operation that sends it runs.
  bool run_pass() {
    bool progress = false;
    for (auto at = operations_.begin(); at != operations_.end() && !ended_;) {
      const auto operation = *at;
      if (sender_ && sender_ != operation) {
        ++at;
        continue;
      }
      const int code = operation->step();
      if (code == LIBSSH2_ERROR_EAGAIN) {
        if (blocked_outbound()) {
          sender_ = operation;
          return progress;
        }
        progress = std::exchange(sender_, nullptr) != nullptr || progress;
        ++at;
        continue;
      }
      sender_ = nullptr;
      at = operations_.erase(at);
      progress = true;
      if (is_fatal(code)) fall();
      operation->done(code);
    }
    return progress;
  }

  void fall() {
    if (auto broken = std::exchange(broken_, nullptr)) boost::asio::post(loop_, std::move(broken));
    end();
  }

  void end() {
    if (std::exchange(ended_, true)) return;
    socket_.shut_down();
    ErrorCode ignored;
    ready_.cancel(ignored);
    sender_ = nullptr;
    kick();
  }

  // One in each turn: whoever hears of the end may do anything.
  void end_next() {
    if (operations_.empty()) return;
    const auto operation = operations_.front();
    operations_.pop_front();
    operation->done(LIBSSH2_ERROR_SOCKET_DISCONNECT);
    kick();
  }

  // Never waits for bytes that no operation would read: that would spin.
  void arm() {
    if (ended_) return;
    if (!reading_ && !operations_.empty() && !sender_) watch(descriptor_base::wait_read, reading_);
    if (!writing_ && sender_) watch(descriptor_base::wait_write, writing_);
  }

  void watch(descriptor_base::wait_type what, bool& watching) {
    watching = true;
    ready_.async_wait(what, [self = self_pointer(), &watching](const ErrorCode& error) {
      watching = false;
      if (!error) self->run_all();
    });
  }

  boost::asio::io_context& loop_;
  Socket socket_;
  std::function<void()> broken_;
  LIBSSH2_SESSION* raw_ = nullptr;
  boost::asio::posix::stream_descriptor ready_;
  boost::asio::steady_timer gate_;
  Operations operations_;
  std::shared_ptr<Operation> sender_;  // it has half a packet on its way
  Turnstile openings_;
  Turnstile requests_;
  Clock::time_point last_heard_ = Clock::now();
  std::uint64_t received_ = 0;
  std::string kept_;
  std::size_t kept_most_ = 0;
  bool ended_ = false;
  bool kicked_ = false;
  bool reading_ = false;
  bool writing_ = false;
  bool gated_ = false;
};

}  // namespace

std::shared_ptr<Multiplexer> Multiplexer::create(boost::asio::io_context& loop, Socket socket,
                                                 std::function<void()> broken) {
  return std::make_shared<LoopMultiplexer>(loop, std::move(socket), std::move(broken));
}

}  // namespace nexus::servers::ssh
