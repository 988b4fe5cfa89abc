#include "ssh/session_channel.h"

#include "ssh/libssh2_session.h"

#include <algorithm>
#include <array>

namespace nexus::servers::ssh {
namespace {

constexpr unsigned kPacket = 32 * 1024;
constexpr std::size_t kReadSize = 64 * 1024;

}  // namespace

void SessionChannel::open(Done done) {
  const auto self = shared_from_this();
  session_->run_opening(
      [self] {
        self->channel_ =
            libssh2_channel_open_ex(self->session_->raw(), "session", 7, self->window_, kPacket, nullptr, 0);
        return self->channel_ != nullptr ? 0 : failure_code(self->session_->raw());
      },
      std::move(done));
}

void SessionChannel::start(std::string request, std::string message, Done done) {
  session_->run_request(
      [self = shared_from_this(), request = std::move(request), message = std::move(message)] {
        return libssh2_channel_process_startup(self->channel_, request.data(), static_cast<unsigned>(request.size()),
                                               message.empty() ? nullptr : message.data(),
                                               static_cast<unsigned>(message.size()));
      },
      std::move(done));
}

void SessionChannel::request_terminal(std::string term, std::uint32_t cols, std::uint32_t rows, Done done) {
  session_->run_request(
      [self = shared_from_this(), term = std::move(term), cols, rows] {
        return libssh2_channel_request_pty_ex(self->channel_, term.data(), static_cast<unsigned>(term.size()), nullptr,
                                              0, static_cast<int>(cols), static_cast<int>(rows), 0, 0);
      },
      std::move(done));
}

int SessionChannel::read(int stream, std::size_t limit, const Sink& sink, std::size_t& taken) {
  // Not cleared: it is large, and most reads bring little.
  std::array<char, kReadSize> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  taken = 0;
  const auto share = std::min(limit, kShare);
  while (taken < share) {
    const auto size = std::min(buffer.size(), share - taken);
    const auto got = libssh2_channel_read_ex(channel_, stream, buffer.data(), size);
    if (got == LIBSSH2_ERROR_EAGAIN) return session_->blocked_outbound() ? LIBSSH2_ERROR_EAGAIN : 0;
    if (got < 0) return static_cast<int>(got);
    if (got == 0) return 0;
    taken += static_cast<std::size_t>(got);
    sink({buffer.data(), static_cast<std::size_t>(got)});
  }
  session_->kick();  // there may be more, and no byte that comes may say so
  return 0;
}

bool SessionChannel::may_write(std::size_t bytes) const {
  return bytes <= kPacket || session_->blocked_outbound() || session_->may_write_bulk();
}

int SessionChannel::write(std::string_view bytes, std::size_t& written) {
  written = 0;
  while (written < bytes.size()) {
    const auto rest = bytes.substr(written);
    const auto taken = libssh2_channel_write_ex(channel_, 0, rest.data(), rest.size());
    if (taken == LIBSSH2_ERROR_EAGAIN) return session_->blocked_outbound() ? LIBSSH2_ERROR_EAGAIN : 0;
    if (taken < 0) return static_cast<int>(taken);
    if (taken == 0) return 0;
    written += static_cast<std::size_t>(taken);
  }
  return 0;
}

void SessionChannel::wait_closed(Done done) {
  session_->run([self = shared_from_this()] { return libssh2_channel_wait_closed(self->channel_); }, std::move(done));
}

std::string SessionChannel::exit_signal() const {
  char* name = nullptr;
  std::size_t size = 0;
  libssh2_channel_get_exit_signal(channel_, &name, &size, nullptr, nullptr, nullptr, nullptr);
  if (name == nullptr) return {};
  std::string signal(name, size);
  libssh2_free(session_->raw(), name);
  return signal;
}

void SessionChannel::free(Done done) {
  if (channel_ == nullptr) return done(0);
  session_->run([self = shared_from_this()] { return libssh2_channel_free(self->channel_); },
                [self = shared_from_this(), done = std::move(done)](int code) {
                  self->channel_ = nullptr;
                  done(code);
                });
}

}  // namespace nexus::servers::ssh
