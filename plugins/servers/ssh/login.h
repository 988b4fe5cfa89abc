// From a target to a session that is logged in, with the host key checked on the way.
#pragma once

#include "ssh/authenticate.h"
#include "ssh/connection_dial.h"
#include "ssh/login_handshake.h"
#include "ssh/login_queue.h"
#include "ssh/multiplexer.h"
#include "ssh/target.h"
#include "ssh/workers.h"

#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace nexus::servers::ssh {

// What runs when a session breaks; whoever owns the session sets it.
using BreakNotice = std::shared_ptr<std::function<void()>>;

struct LoggedIn {
  std::shared_ptr<Multiplexer> session;
  BreakNotice on_break;
  HostKeyReport host_key;
  milliseconds login_time{0};
};

// Gets the end of a tunnel through the jump host, or the failure of the hop; on the asking loop. What it returns
// gives the wish up.
using TunnelOpener = std::function<std::function<void()>(const Target& via, const std::string& host, std::uint16_t port,
                                                         std::function<void(Outcome<Socket>)> done)>;

// What log-ins share.
struct LoginContext {
  Workers& workers;
  std::shared_ptr<LoginQueue> queue;
  TunnelOpener open_tunnel;
  milliseconds silence;
};

// One attempt. Only for the thread of its loop; what may block runs on a worker. Each stage has its own time, and no
// credential is opened, let alone sent, before the host key is accepted.
class Login : public std::enable_shared_from_this<Login> {
 public:
  using Done = std::function<void(Outcome<LoggedIn>)>;

  static std::shared_ptr<Login> start(boost::asio::io_context& loop, const LoginContext& context, const Target& target,
                                      Trust trust, Done done);
  // `done` will not run any more, and nothing more is sent.
  void cancel();

 private:
  // What a worker finds out before the connection, and after the key exchange.
  struct Prepared {
    std::vector<std::string> host_key_types;
    Addresses addresses{nullptr, &freeaddrinfo};
  };
  struct Accepted {
    HostKeyReport host_key;
    Credentials credentials;
  };

  Login(boost::asio::io_context& loop, const LoginContext& context, const Target& target, Trust trust, Done done);
  void begin();
  void ask_for_tunnel();
  void wait_for_turn();
  void prepare();
  void prepared(Prepared prepared);
  void shake_hands(Socket socket);
  void shaken(int code);
  void judge();
  void log_in(Accepted accepted);
  void logged_in(int code);

  template <class T>
  void off_loop(Stage stage, milliseconds limit, std::function<Outcome<T>()> work, void (Login::*next)(T));
  void set_deadline(Stage stage, milliseconds limit);
  void run_steps(std::function<int()> step, void (Login::*next)(int));
  void fail(Failure failure);
  void clear();

  boost::asio::io_context& loop_;
  const LoginContext& context_;
  Target target_;
  Trust trust_;
  Done done_;
  Clock::time_point begun_ = Clock::now();
  std::shared_ptr<std::atomic<bool>> cancelled_ = std::make_shared<std::atomic<bool>>(false);
  boost::asio::steady_timer deadline_;

  std::function<void()> leave_tunnel_;
  LoginQueue::Turn turn_;
  std::shared_ptr<Dial> dial_;
  Socket tunnel_;
  std::vector<std::string> host_key_types_;
  bool any_type_ = false;  // the pinned kind of key is gone: only to name the new one
  std::shared_ptr<Multiplexer> session_;
  BreakNotice on_break_;
  std::shared_ptr<Handshake> handshake_;
  HostKeyReport report_;
};

}  // namespace nexus::servers::ssh
