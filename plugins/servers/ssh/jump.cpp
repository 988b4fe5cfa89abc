#include "ssh/jump.h"

#include "ssh/libssh2_session.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace nexus::servers::ssh {

// The hop's own hop may have failed before it.
Failure Tunnel::of_hop(Failure failure) const {
  if (!failure.jump_host) failure.jump_host = hop_;
  return failure;
}

Failure Tunnel::cannot_open() const {
  if (session_->usable()) return {Stage::connect, Fault::unreachable, session_->last_error(), {}};
  return of_hop({Stage::connect, Fault::dropped, session_->last_error(), {}});
}

void Tunnel::begin(const std::shared_ptr<Multiplexer>& session, Release release) {
  session_ = session;
  release_ = std::move(release);
  opening_ = true;
  const auto self = std::static_pointer_cast<Tunnel>(shared_from_this());
  session_->run_opening([self] { return self->open_channel(); }, [self](int code) { self->channel_opened(code); });
}

int Tunnel::open_channel() {
  channel_ = libssh2_channel_direct_tcpip_ex(session_->raw(), host_.c_str(), port_, "127.0.0.1", 0);
  return channel_ != nullptr ? 0 : failure_code(session_->raw());
}

void Tunnel::channel_opened(int code) {
  opening_ = false;
  if (const auto answered = std::exchange(answered_, nullptr)) answered();
  if (code != 0) {
    answer(cannot_open());
    return std::exchange(release_, nullptr)(End::done);
  }
  int ends[2];
  if (cancelled_ || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) {
    answer(Failure{Stage::connect, Fault::busy, "no socket pair", {}});
    return close();
  }
  local_ = std::make_unique<boost::asio::posix::stream_descriptor>(session_->loop(), ends[0]);
  const auto self = std::static_pointer_cast<Tunnel>(shared_from_this());
  session_->run([self] { return self->pump(); }, [self](int) { self->close(); });
  answer(Socket(ends[1]));
}

// Ends with 0 when either side is at its end and what came before it has been handed on.
int Tunnel::pump() {
  for (int round = 0; round < kMaxRounds; ++round) {
    int code = 0;
    bool progress = false;
    if (blocked_ != Call::write) progress = read_remote(code) || progress;
    if (code != 0) return code;
    progress = write_local() || progress;
    if (blocked_ != Call::read) {
      progress = read_local() || progress;
      progress = write_remote(code) || progress;
    }
    if (code != 0) return code;
    if (cancelled_ || (outward_.source_ended && outward_.empty()) || (inward_.source_ended && inward_.empty()))
      return 0;
    if (!progress) {
      await_local();
      return LIBSSH2_ERROR_EAGAIN;
    }
  }
  session_->kick();
  return LIBSSH2_ERROR_EAGAIN;
}

// Where half a packet was sent, `code` says that the step must end, and `call` is the only one that may go on.
bool Tunnel::would_block(ssize_t result, Call call, int& code) {
  const bool nothing = result == LIBSSH2_ERROR_EAGAIN;
  const bool halfway = nothing && session_->blocked_outbound();
  blocked_ = halfway ? call : Call::none;
  if (halfway) code = LIBSSH2_ERROR_EAGAIN;
  return nothing;
}

bool Tunnel::read_remote(int& code) {
  if (!outward_.empty() || outward_.source_ended) return false;
  const auto got = libssh2_channel_read(channel_, outward_.buffer.data(), outward_.buffer.size());
  if (would_block(got, Call::read, code)) return false;
  if (got < 0) {
    code = static_cast<int>(got);
    return false;
  }
  if (got == 0) {
    outward_.source_ended = libssh2_channel_eof(channel_) == 1;
    return false;
  }
  outward_.filled(static_cast<std::size_t>(got));
  return true;
}

bool Tunnel::write_remote(int& code) {
  if (inward_.empty() || (blocked_ == Call::none && !session_->may_write_bulk())) return false;
  const auto put = libssh2_channel_write(channel_, inward_.data(), inward_.size());
  if (would_block(put, Call::write, code)) return false;
  if (put < 0) code = static_cast<int>(put);
  if (put <= 0) return false;
  inward_.taken(static_cast<std::size_t>(put));
  return true;
}

bool Tunnel::read_local() {
  // A call that libssh2 wants repeated needs its bytes unmoved.
  if (!inward_.empty() || inward_.source_ended) return false;
  const auto got = ::recv(local_->native_handle(), inward_.buffer.data(), inward_.buffer.size(), 0);
  if (got > 0) inward_.filled(static_cast<std::size_t>(got));
  if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) inward_.source_ended = true;
  return got > 0;
}

bool Tunnel::write_local() {
  if (outward_.empty()) return false;
  const auto put = ::send(local_->native_handle(), outward_.data(), outward_.size(), MSG_NOSIGNAL);
  if (put > 0) outward_.taken(static_cast<std::size_t>(put));
  if (put < 0 && errno != EAGAIN && errno != EINTR) {
    inward_.source_ended = true;
    outward_.taken(outward_.size());
  }
  return put > 0;
}

void Tunnel::await_local() {
  if (inward_.empty() && !inward_.source_ended) await(Descriptor::wait_read, awaits_reading_);
  if (!outward_.empty()) await(Descriptor::wait_write, awaits_writing_);
}

void Tunnel::await(Descriptor::wait_type what, bool& awaits) {
  if (std::exchange(awaits, true)) return;
  local_->async_wait(what, [self = std::static_pointer_cast<Tunnel>(shared_from_this()),
                            &awaits](const boost::system::error_code& error) {
    awaits = false;
    if (!error && self->session_) self->session_->kick();
  });
}

void Tunnel::close() {
  if (local_) {
    // Told at once, also where somebody else holds a copy of the other end.
    ::shutdown(local_->native_handle(), SHUT_RDWR);
    boost::system::error_code ignored;
    local_->close(ignored);
  }
  const auto self = std::static_pointer_cast<Tunnel>(shared_from_this());
  session_->run([self] { return self->close_channel(); },
                [self](int) {
                  self->session_ = nullptr;
                  std::exchange(self->release_, nullptr)(End::done);
                });
}

int Tunnel::close_channel() {
  if (!channel_closed_) {
    const int code = libssh2_channel_close(channel_);
    if (code == LIBSSH2_ERROR_EAGAIN) return code;
    channel_closed_ = true;
  }
  return libssh2_channel_free(channel_);
}

void Tunnel::answer(Outcome<Socket> outcome) {
  if (const auto opened = std::exchange(opened_, nullptr)) opened(std::move(outcome));
}

void Tunnel::fail(const Failure& failure) { answer(of_hop(failure)); }

void Tunnel::cancel(const Failure& why) {
  cancelled_ = true;
  answer(opening_ ? why : of_hop(why));
  if (session_) session_->kick();
}

}  // namespace nexus::servers::ssh
