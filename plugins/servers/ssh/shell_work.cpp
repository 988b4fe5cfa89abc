#include "ssh/shell_work.h"

#include "ssh/session_channel.h"

#include <utility>

namespace nexus::servers::ssh {
namespace {

// What the server sends at most while nobody reads here.
constexpr unsigned kShellWindow = 128 * 1024;

class ShellWork final : public ChannelCore {
 public:
  ShellWork(boost::asio::io_context& loop, ShellOptions options, std::shared_ptr<ChannelEvents> events)
      : ChannelCore(loop, std::move(events)), options_(std::move(options)) {}

  void begin(const std::shared_ptr<Multiplexer>& session, Release release) override {
    release_ = std::move(release);
    channel_ = std::make_shared<SessionChannel>(session, kShellWindow);
    channel_->open([self = self_pointer()](int code) { self->opened(code); });
  }
  void cancel(const Failure& why) override {
    tell_closed(&why);
    if (channel_ == nullptr || !running_) return;
    if (release_) release_(End::zombie);
    channel_->session()->kick();
  }

 private:
  std::shared_ptr<ShellWork> self_pointer() { return std::static_pointer_cast<ShellWork>(shared_from_this()); }

  void opened(int code) {
    if (code == LIBSSH2_ERROR_CHANNEL_FAILURE) {
      return std::exchange(release_, nullptr)(is_closed() ? End::done : End::refused);
    }
    if (code != 0 || is_closed()) return end(code);
    // A size that was set since counts from the beginning.
    const auto size = take_size().value_or(Size{options_.cols, options_.rows});
    channel_->request_terminal(options_.term, size.cols, size.rows, [self = self_pointer()](int asked) {
      if (asked != 0) return self->refused(asked);
      self->channel_->start("shell", "", [self](int started) {
        if (started != 0) return self->refused(started);
        self->run();
      });
    });
  }

  void run() {
    running_ = true;
    tell_opened({});
    channel_->session()->run([self = self_pointer()] { return self->pump(); },
                             [self = self_pointer()](int code) { self->ended(code); });
  }

  // Until the output ends or nobody wants it any more.
  int pump() {
    if (is_closed()) return 0;
    if (const int code = send_size(); code != 0) return code;
    if (const int code = send_input(); code != 0) return code;
    std::size_t taken = 0;
    // What comes here counts until it was consumed; what stays there stops the server. Packets are taken from the
    // socket all the same (a terminal has no stderr), or waiting for it would spin.
    const auto limit = room(1);
    const int code = limit != 0 ? channel_->read(
                                      0, limit, [this](std::string_view bytes) { give(bytes); }, taken)
                                : channel_->read(
                                      SSH_EXTENDED_DATA_STDERR, 1, [](std::string_view) {}, taken);
    if (code != 0) return code;
    return channel_->at_end() ? 0 : LIBSSH2_ERROR_EAGAIN;
  }

  // Before what was typed after it, but not into the middle of a packet.
  int send_size() {
    if (!size_ && sent_ == out_.size()) size_ = take_size();
    if (!size_) return 0;
    const int code = libssh2_channel_request_pty_size_ex(channel_->raw(), static_cast<int>(size_->cols),
                                                         static_cast<int>(size_->rows), 0, 0);
    if (code == LIBSSH2_ERROR_EAGAIN) return code;
    size_.reset();
    return 0;  // a dead connection shows when it is read
  }

  int send_input() {
    take_input(out_);
    if (sent_ == out_.size() || !channel_->may_write(out_.size() - sent_)) return 0;
    std::size_t written = 0;
    const int code = channel_->write(std::string_view(out_).substr(sent_), written);
    sent_ += written;
    if (sent_ != out_.size()) return code;
    out_.clear();
    sent_ = 0;
    return code;
  }

  void ended(int code) {
    if (code != 0 || is_closed()) return end(code);
    channel_->wait_closed([self = self_pointer()](int closed) {
      if (closed == 0) self->tell_exited(self->channel_->exit_status(), self->channel_->exit_signal());
      self->end(closed);
    });
  }

  void refused(int code) {
    if (channel_->session()->usable() && code != LIBSSH2_ERROR_SOCKET_DISCONNECT) {
      const Failure failure{Stage::exec, Fault::no_shell, channel_->session()->last_error(), {}};
      tell_closed(&failure);
    }
    end(code);
  }

  void end(int code) {
    running_ = false;
    if (code == 0) {
      tell_closed(nullptr);
    } else {
      const auto failure = channel_->dropped();
      tell_closed(&failure);
    }
    channel_->free([self = self_pointer()](int) {
      if (const auto release = std::exchange(self->release_, nullptr)) release(End::done);
    });
  }

  void woken() override {
    if (running_ && channel_ != nullptr) channel_->session()->kick();
  }

  const ShellOptions options_;
  Release release_;
  std::shared_ptr<SessionChannel> channel_;
  std::string out_;
  std::size_t sent_ = 0;
  std::optional<Size> size_;  // to be told, or half told
  bool running_ = false;
};

}  // namespace

std::shared_ptr<ChannelCore> make_shell_work(boost::asio::io_context& loop, ShellOptions options,
                                             std::shared_ptr<ChannelEvents> events) {
  return std::make_shared<ShellWork>(loop, std::move(options), std::move(events));
}

}  // namespace nexus::servers::ssh
