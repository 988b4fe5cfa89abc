#include "ssh/exec.h"

#include "ssh/command.h"

#include <algorithm>
#include <array>

namespace nexus::servers::ssh {
namespace {

constexpr unsigned kWindow = 256 * 1024;
constexpr unsigned kPacket = 32 * 1024;
constexpr std::size_t kReadSize = 32 * 1024;
// Room for the markers beside the command's own errors.
constexpr std::size_t kMarkerRoom = 256;
// Background children of a command may write a little after its last marker.
constexpr std::size_t kTailSize = 4096;
// For the request to end a command whose time is up; the caller's own time is over by then.
constexpr milliseconds kKillTimeout{1'000};

// Keeps the first `limit` bytes and the last kTailSize.
class Output {
 public:
  explicit Output(std::size_t limit) noexcept : limit_(limit) {}

  void add(std::string_view bytes) {
    const auto room = limit_ - std::min(limit_, head_.size());
    head_ += bytes.substr(0, room);
    dropped_ = dropped_ || bytes.size() > room;
    tail_ += bytes;
    if (tail_.size() > 2 * kTailSize) tail_.erase(0, tail_.size() - kTailSize);
  }
  std::string& head() noexcept { return head_; }
  const std::string& tail() const noexcept { return tail_; }
  bool dropped() const noexcept { return dropped_; }

 private:
  std::size_t limit_;
  std::string head_;
  std::string tail_;
  bool dropped_ = false;
};

class Command {
 public:
  Command(Session& session, const Watch& watch, std::size_t limit) noexcept
      : session_(session), watch_(watch), out_(limit), err_(limit + kMarkerRoom) {}
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;
  ~Command() {
    if (channel_ == nullptr) return;
    // Of a broken session its own end frees the channel. Elsewhere it is at its end, and this does not wait.
    if (!session_.broken()) {
      (void)session_.run(Stage::exec, Watch::lasting(kKillTimeout), [this] { return libssh2_channel_free(channel_); });
    }
  }

  Outcome<void> start(std::string_view text) {
    NEXUS_TRY(open());
    const auto code = session_.run(Stage::exec, watch_, [&] {
      return libssh2_channel_process_startup(channel_, "exec", 4, text.data(), static_cast<unsigned>(text.size()));
    });
    if (!code.ok()) return code.error();
    if (code.value() != 0) return Failure{Stage::exec, Fault::no_shell, session_.last_error(), {}};
    return {};
  }

  Outcome<void> finish() {
    const auto read = session_.run(Stage::exec, watch_, [this] { return read_both(); });
    if (!read.ok()) return read.error();
    if (read.value() != 0) return session_.dropped(Stage::exec);
    // The exit status comes between the end of the output and the end of the channel.
    const auto closed = session_.run(Stage::exec, watch_, [this] { return libssh2_channel_wait_closed(channel_); });
    if (!closed.ok()) return closed.error();
    return {};
  }

  std::string exit_signal() {
    char* name = nullptr;
    std::size_t size = 0;
    libssh2_channel_get_exit_signal(channel_, &name, &size, nullptr, nullptr, nullptr, nullptr);
    if (name == nullptr) return {};
    std::string signal(name, size);
    libssh2_free(session_.raw(), name);
    return signal;
  }

  Output& out() noexcept { return out_; }
  Output& err() noexcept { return err_; }

 private:
  Outcome<void> open() {
    const auto attempt = [this] {
      return libssh2_channel_open_ex(session_.raw(), "session", 7, kWindow, kPacket, nullptr, 0);
    };
    int code = 0;
    auto opened = session_.make(Stage::exec, watch_, attempt, code);
    if (opened.ok() && opened.value() == nullptr) {
      // A server that allows one channel at a time needs the one of SFTP back.
      session_.release_sftp(watch_);
      opened = session_.make_patiently(watch_, attempt, code);
    }
    if (!opened.ok()) return std::move(opened).error();
    channel_ = opened.value();
    if (channel_ == nullptr) return Failure{Stage::exec, Fault::no_channel, session_.last_error(), {}};
    return {};
  }

  // Both streams share one window: reading only one of them would stop the command.
  int read_both() {
    std::array<char, kReadSize> buffer;
    for (bool progress = true; progress;) {
      progress = false;
      for (const int stream : {0, SSH_EXTENDED_DATA_STDERR}) {
        const auto got = libssh2_channel_read_ex(channel_, stream, buffer.data(), buffer.size());
        if (got < 0 && got != LIBSSH2_ERROR_EAGAIN) return static_cast<int>(got);
        // A half-sent packet: only this very call may go on.
        if (got < 0 && (libssh2_session_block_directions(session_.raw()) & LIBSSH2_SESSION_BLOCK_OUTBOUND) != 0) {
          return LIBSSH2_ERROR_EAGAIN;
        }
        if (got <= 0) continue;
        (stream == 0 ? out_ : err_).add({buffer.data(), static_cast<std::size_t>(got)});
        progress = true;
      }
      // An endless command would keep us here.
      if (progress && (watch_.expired() || watch_.cancelled())) return LIBSSH2_ERROR_EAGAIN;
    }
    return libssh2_channel_eof(channel_) == 1 ? 0 : LIBSSH2_ERROR_EAGAIN;
  }

  Session& session_;
  const Watch& watch_;
  Output out_;
  Output err_;
  LIBSSH2_CHANNEL* channel_ = nullptr;
};

// Closing a channel ends no process, so the group is told to go over another channel of the same session.
void terminate_group(Session& session, std::int64_t process) {
  const auto watch = Watch::lasting(kKillTimeout);
  const auto group = std::to_string(process);
  Command kill(session, watch, kMarkerRoom);
  if (kill.start("kill -TERM -- -" + group).ok()) (void)kill.finish();
}

}  // namespace

Outcome<CommandResult> run_command(Session& session, std::string_view text, std::size_t output_limit,
                                   const Watch& watch) {
  const auto nonce = make_nonce();
  Command command(session, watch, output_limit);
  NEXUS_TRY(command.start(wrap_command(text, nonce)));
  const auto finished = command.finish();
  auto parts = unwrap(command.err().head(), command.err().tail(), nonce);
  if (!finished.ok()) {
    const auto fault = finished.error().fault;
    if (parts.process && (fault == Fault::timed_out || fault == Fault::cancelled)) {
      terminate_group(session, *parts.process);
    }
    session.give_up();
    return finished.error();
  }
  CommandResult result;
  result.signal = command.exit_signal();
  if (!parts.process) return Failure{Stage::exec, Fault::no_shell, "the command's first marker is missing", {}};
  if (!parts.status && result.signal.empty()) {
    session.give_up();
    return Failure{Stage::exec, Fault::dropped, "the command's last marker is missing", {}};
  }
  result.exit_status = parts.status.value_or(-1);
  if (result.signal.empty()) result.signal = signal_of_status(result.exit_status);
  result.truncated = command.out().dropped() || parts.err.size() > output_limit || command.err().dropped();
  parts.err.resize(std::min(parts.err.size(), output_limit));
  result.out = std::move(command.out().head());
  result.err = std::move(parts.err);
  return result;
}

}  // namespace nexus::servers::ssh
