#include "ssh/command_work.h"

#include "ssh/command.h"
#include "ssh/output_buffer.h"
#include "ssh/session_channel.h"

#include <utility>

namespace nexus::servers::ssh {
namespace {

constexpr unsigned kCommandWindow = 256 * 1024;
// Room for the markers beside the command's own errors.
constexpr std::size_t kMarkerRoom = 256;

std::string kill_command(std::int64_t process) {
  const auto group = " -- -" + std::to_string(process) + " 2>/dev/null";
  return "kill -TERM" + group + "; for second in 1 2 3 4 5; do kill -0" + group +
         " || exit 0; sleep 1; done; kill -KILL" + group;
}

class CommandWork : public Work {
 public:
  CommandWork(std::string command, std::size_t limit, std::function<void(Outcome<CommandResult>)> done)
      : command_(std::move(command)), limit_(limit), done_(std::move(done)), out_(limit), err_(limit + kMarkerRoom) {}

  void begin(const std::shared_ptr<Multiplexer>& session, Release release) override {
    release_ = std::move(release);
    channel_ = std::make_shared<SessionChannel>(session, kCommandWindow);
    channel_->open([self = self_pointer()](int code) { self->opened(code); });
  }
  void fail(const Failure& failure) override { tell(failure); }
  void cancel(const Failure& why) override {
    if (done_ == nullptr) return;
    tell(why);
    if (running_) stop_remote_process();
  }

 private:
  std::shared_ptr<CommandWork> self_pointer() { return std::static_pointer_cast<CommandWork>(shared_from_this()); }

  void opened(int code) {
    if (code == LIBSSH2_ERROR_CHANNEL_FAILURE) {
      // Cancelled meanwhile: there is nobody for whom it would wait.
      return std::exchange(release_, nullptr)(done_ == nullptr ? End::done : End::refused);
    }
    if (code != 0) return end(channel_->dropped());
    if (done_ == nullptr) return end(Failure{});
    nonce_ = make_nonce();
    channel_->start("exec", wrap_command(command_, nonce_), [self = self_pointer()](int started) {
      if (started != 0) {
        return self->end(Failure{Stage::exec, Fault::no_shell, self->channel_->session()->last_error(), {}});
      }
      self->read();
    });
  }

  void read() {
    running_ = true;
    if (done_ == nullptr) stop_remote_process();
    channel_->session()->run([self = self_pointer()] { return self->read_both(); },
                             [self = self_pointer()](int code) {
                               if (code != 0) return self->end(self->channel_->dropped());
                               // The exit status comes between the end of the output and the end of the channel.
                               self->channel_->wait_closed([self](int closed) {
                                 self->end(closed == 0 ? self->result() : self->channel_->dropped());
                               });
                             });
  }

  // Both streams share one window: reading only one of them would stop the command.
  int read_both() {
    for (const int stream : {0, SSH_EXTENDED_DATA_STDERR}) {
      std::size_t taken = 0;
      auto& kept = stream == 0 ? out_ : err_;
      const int code = channel_->read(
          stream, SessionChannel::kShare, [&kept](std::string_view bytes) { kept.add(bytes); }, taken);
      if (code != 0) return code;
    }
    note_process();
    return channel_->at_end() ? 0 : LIBSSH2_ERROR_EAGAIN;
  }

  void note_process() {
    if (process_ || err_.head().empty()) return;
    process_ = unwrap(err_.head(), {}, nonce_).process;
    if (done_ == nullptr) stop_remote_process();
  }

  Outcome<CommandResult> result() {
    auto parts = unwrap(err_.head(), err_.tail(), nonce_);
    CommandResult result;
    result.signal = channel_->exit_signal();
    if (!parts.process) return Failure{Stage::exec, Fault::no_shell, "the command's first marker is missing", {}};
    if (!parts.status && result.signal.empty()) {
      return Failure{Stage::exec, Fault::dropped, "the command's last marker is missing", {}};
    }
    result.exit_status = parts.status.value_or(-1);
    if (result.signal.empty()) result.signal = signal_of_status(result.exit_status);
    result.truncated = out_.dropped() || parts.err.size() > limit_ || err_.dropped();
    parts.err.resize(std::min(parts.err.size(), limit_));
    result.out = std::move(out_.head());
    result.err = std::move(parts.err);
    return result;
  }

  void end(Outcome<CommandResult> outcome) {
    running_ = false;
    tell(std::move(outcome));
    channel_->free([self = self_pointer()](int) { self->release(End::done); });
  }

  // Closing a channel ends no process, so the group is told to go over another one. Where there is none, the channel is
  // a zombie until the command ends by itself.
  void stop_remote_process() {
    if (!std::exchange(is_zombie_, true)) release(End::zombie);
    if (!process_ || killer_ != nullptr) return;
    killer_ = std::make_shared<SessionChannel>(channel_->session(), kCommandWindow);
    killer_->open([self = self_pointer()](int code) {
      if (code != 0) return;
      self->killer_->start("exec", kill_command(*self->process_), [self](int) { self->killer_->free([](int) {}); });
    });
  }

  void tell(Outcome<CommandResult> outcome) {
    if (const auto done = std::exchange(done_, nullptr)) done(std::move(outcome));
  }
  void release(End how) {
    if (how == End::zombie) {
      if (release_) release_(how);
    } else if (const auto release = std::exchange(release_, nullptr)) {
      release(how);
    }
  }

  const std::string command_;
  const std::size_t limit_;
  std::function<void(Outcome<CommandResult>)> done_;
  Release release_;
  std::shared_ptr<SessionChannel> channel_;
  std::shared_ptr<SessionChannel> killer_;
  std::string nonce_;
  OutputBuffer out_;
  OutputBuffer err_;
  std::optional<std::int64_t> process_;
  bool running_ = false;
  bool is_zombie_ = false;
};

}  // namespace

std::shared_ptr<Work> make_command_work(std::string command, std::size_t output_limit,
                                        std::function<void(Outcome<CommandResult>)> done) {
  return std::make_shared<CommandWork>(std::move(command), output_limit, std::move(done));
}

}  // namespace nexus::servers::ssh
