// A TCP connection to the first of several addresses that answers.
#pragma once

#include "ssh/resolve.h"
#include "ssh/socket.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <list>
#include <memory>

namespace nexus::servers::ssh {

// Only for the thread of its loop. One that is no longer wanted is cancelled.
class Dial : public std::enable_shared_from_this<Dial> {
 public:
  // How long an address has before the next one is tried beside it (RFC 8305).
  static constexpr milliseconds kHeadStart{250};
  // More addresses than this are not tried.
  static constexpr int kMaxAddresses = 8;

  using Done = std::function<void(Outcome<Socket>)>;

  // `silence`: data that is not acknowledged for so long ends the connection.
  static std::shared_ptr<Dial> start(boost::asio::io_context& loop, Addresses addresses, milliseconds silence,
                                     Done done);
  // `done` will not run any more.
  void cancel();

 private:
  struct Attempt {
    explicit Attempt(boost::asio::io_context& loop) : descriptor(loop) {}
    boost::asio::posix::stream_descriptor descriptor;
  };

  Dial(boost::asio::io_context& loop, Addresses addresses, milliseconds silence, Done done);
  void next();
  void try_address(const addrinfo& address);
  void ended(const std::shared_ptr<Attempt>& attempt);
  void failed(Failure failure);
  void finish(Outcome<Socket> outcome);

  boost::asio::io_context& loop_;
  Addresses addresses_;
  const addrinfo* next_;
  int left_ = kMaxAddresses;
  milliseconds silence_;
  Done done_;
  Failure last_{Stage::connect, Fault::unreachable, "no address", {}};
  std::list<std::shared_ptr<Attempt>> attempts_;
  boost::asio::steady_timer head_start_;
  boost::asio::steady_timer deadline_;
};

}  // namespace nexus::servers::ssh
