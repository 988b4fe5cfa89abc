#include "ssh/connection_dial.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>

namespace nexus::servers::ssh {
namespace {

// So that a packet is never sent in halves: a rekey that meets half a packet breaks the session.
constexpr int kSendBuffer = 1024 * 1024;

Failure dial_failure(int error) {
  const auto fault = error == ECONNREFUSED ? Fault::refused
                     : error == ETIMEDOUT  ? Fault::timed_out
                                           : Fault::unreachable;
  return {Stage::connect, fault, std::system_category().message(error), {}};
}

void set_option(int descriptor, int level, int name, int value) {
  setsockopt(descriptor, level, name, &value, sizeof value);
}

void prepare_socket(int descriptor, milliseconds silence) {
  set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(descriptor, SOL_SOCKET, SO_SNDBUF, kSendBuffer);
  set_option(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(silence.count()));
}

}  // namespace

Dial::Dial(boost::asio::io_context& loop, Addresses addresses, milliseconds silence, Done done)
    : loop_(loop),
      addresses_(std::move(addresses)),
      next_(addresses_.get()),
      silence_(silence),
      done_(std::move(done)),
      head_start_(loop),
      deadline_(loop) {}

std::shared_ptr<Dial> Dial::start(boost::asio::io_context& loop, Addresses addresses, milliseconds silence, Done done) {
  std::shared_ptr<Dial> dial(new Dial(loop, std::move(addresses), silence, std::move(done)));
  dial->deadline_.expires_after(kConnectTimeout);
  dial->deadline_.async_wait([dial](const boost::system::error_code& error) {
    if (!error) dial->finish(Failure{Stage::connect, Fault::timed_out, "time is up", {}});
  });
  dial->next();
  return dial;
}

void Dial::next() {
  if (!done_) return;
  if (next_ == nullptr || left_ == 0) {
    if (attempts_.empty()) finish(last_);
    return;
  }
  const auto& address = *next_;
  next_ = next_->ai_next;
  --left_;
  head_start_.expires_after(kHeadStart);
  head_start_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (!error) self->next();
  });
  try_address(address);
}

void Dial::try_address(const addrinfo& address) {
  const int descriptor = ::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return failed(dial_failure(errno));
  prepare_socket(descriptor, silence_);
  if (::connect(descriptor, address.ai_addr, address.ai_addrlen) != 0 && errno != EINPROGRESS) {
    const int error = errno;
    ::close(descriptor);
    return failed(dial_failure(error));
  }
  const auto attempt = std::make_shared<Attempt>(loop_);
  attempt->descriptor.assign(descriptor);
  attempts_.push_back(attempt);
  attempt->descriptor.async_wait(boost::asio::posix::descriptor_base::wait_write,
                                 [self = shared_from_this(), attempt](const boost::system::error_code& error) {
                                   if (!error) self->ended(attempt);
                                 });
}

void Dial::ended(const std::shared_ptr<Attempt>& attempt) {
  if (!done_) return;
  attempts_.remove(attempt);
  const int descriptor = attempt->descriptor.release();
  Socket socket(descriptor);
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return failed(dial_failure(error));
  socket.acknowledge_quickly();
  finish(std::move(socket));
}

void Dial::failed(Failure failure) {
  last_ = std::move(failure);
  // Not from within: a long list of bad addresses would fill the stack.
  head_start_.expires_after(milliseconds(0));
  head_start_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (!error) self->next();
  });
}

void Dial::finish(Outcome<Socket> outcome) {
  const auto done = std::move(done_);
  cancel();
  if (done) done(std::move(outcome));
}

void Dial::cancel() {
  done_ = nullptr;
  head_start_.cancel();
  deadline_.cancel();
  for (const auto& attempt : attempts_) {
    boost::system::error_code ignored;
    attempt->descriptor.close(ignored);
  }
  attempts_.clear();
}

}  // namespace nexus::servers::ssh
