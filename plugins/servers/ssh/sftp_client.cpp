#include "ssh/sftp_client.h"

#include <utility>

namespace nexus::servers::ssh {
namespace {

constexpr unsigned kSftpWindow = 2 * 1024 * 1024;

}  // namespace

SftpClient::SftpClient(const std::shared_ptr<Multiplexer>& session)
    : channel_(std::make_shared<SessionChannel>(session, kSftpWindow)) {}

void SftpClient::open(std::function<void(Opening)> done) {
  const auto self = shared_from_this();
  channel_->open([self, done = std::move(done)](int code) {
    if (code == LIBSSH2_ERROR_CHANNEL_FAILURE) {
      self->state_ = State::closed;
      return done(Opening::refused);
    }
    if (code != 0) {
      self->state_ = State::closed;
      return done(Opening::broken);
    }
    self->channel_->start("subsystem", "sftp", [self, done](int started) { self->started(started, done); });
  });
}

void SftpClient::started(int code, const std::function<void(Opening)>& done) {
  const auto self = shared_from_this();
  if (code != 0) {
    state_ = State::closed;
    const auto opening = channel_->session()->usable() ? Opening::unsupported : Opening::broken;
    return channel_->free([done, opening](int) { done(opening); });
  }
  on_version_ = done;
  out_ = sftp::init_packet();
  channel_->session()->run([self] { return self->pump(); }, [self](int) { self->ended(); });
}

std::uint32_t SftpClient::expect(OnReply on_reply) {
  while (waiting_.contains(next_id_)) ++next_id_;
  waiting_.emplace(next_id_, std::move(on_reply));
  return next_id_++;
}

void SftpClient::queue(std::string_view packet) {
  if (state_ != State::ready) return;
  out_ += packet;
  channel_->session()->kick();
}

// A permanent operation: ends with the channel only.
int SftpClient::pump() {
  for (bool wrote = true; wrote && sent_ < out_.size();) {
    if (!channel_->may_write(out_.size() - sent_)) break;
    const auto piece = std::string_view(out_).substr(sent_, 4 * sftp::kBlock);
    std::size_t written = 0;
    const int code = channel_->write(piece, written);
    sent_ += written;
    if (code != 0) return code;
    wrote = written != 0;
  }
  if (sent_ == out_.size()) {
    out_.clear();
    sent_ = 0;
  }
  std::size_t taken = 0;
  const int code = channel_->read(
      0, SessionChannel::kShare, [this](std::string_view bytes) { in_ += bytes; }, taken);
  if (code != 0) return code;
  if (taken != 0) take_replies();
  if (state_ == State::closed || state_ == State::closing) return 0;
  return channel_->at_end() ? LIBSSH2_ERROR_CHANNEL_CLOSED : LIBSSH2_ERROR_EAGAIN;
}

void SftpClient::take_replies() {
  // Who is answered may ask again, or close.
  const std::string bytes = std::exchange(in_, {});
  std::string_view rest = bytes;
  sftp::Reply reply;
  bool broken = false;
  while (sftp::take_reply(rest, reply, broken)) {
    if (reply.type == sftp::Type::version) {
      has_statvfs_ = sftp::offers(reply.body, "statvfs@openssh.com");
      has_fsync_ = sftp::offers(reply.body, "fsync@openssh.com");
      has_posix_rename_ = sftp::offers(reply.body, "posix-rename@openssh.com");
      if (state_ == State::opening) state_ = State::ready;
      if (const auto done = std::exchange(on_version_, nullptr)) done(Opening::ready);
    } else if (auto waiting = waiting_.extract(reply.id)) {
      waiting.mapped()(&reply);
    }
  }
  if (broken) state_ = State::closing;
  in_.insert(0, rest);
}

void SftpClient::close(std::function<void()> closed) {
  on_closed_ = std::move(closed);
  if (state_ == State::closed) {
    if (const auto done = std::exchange(on_closed_, nullptr)) done();
    return;
  }
  state_ = State::closing;
  channel_->session()->kick();
}

void SftpClient::ended() {
  const bool was_opening = state_ == State::opening;
  state_ = State::closed;
  const auto self = shared_from_this();
  for (auto& [id, on_reply] : std::exchange(waiting_, {})) on_reply(nullptr);
  channel_->free([self, was_opening](int) {
    if (const auto done = std::exchange(self->on_version_, nullptr)) {
      const bool usable = self->channel_->session()->usable();
      done(was_opening && usable ? Opening::unsupported : Opening::broken);
    }
    if (const auto done = std::exchange(self->on_closed_, nullptr)) done();
  });
}

}  // namespace nexus::servers::ssh
