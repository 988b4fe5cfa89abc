// One session of a connection with the work that runs on it, and the signs of life that it gives.
#pragma once

#include "ssh/jump.h"
#include "ssh/login.h"
#include "ssh/reader_work.h"
#include "ssh/scheduler.h"

#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <functional>
#include <list>
#include <memory>

namespace nexus::servers::ssh {

class ConnectionSession;

// Gives the place among all connections back when the last reference goes.
using Reservation = std::shared_ptr<void>;

// What a session tells its connection, from a fresh stack.
class SessionOwner {
 public:
  virtual ~SessionOwner() = default;
  // Something ended: there may be room for more.
  virtual void session_freed(ConnectionSession& session) = 0;
  // The work is to wait again: the server opens no further channel.
  virtual void session_refused(ConnectionSession& session, Scheduler::Entry entry, std::size_t others) = 0;
  // The work is to wait again, for something else.
  virtual void session_put_back(Scheduler::Entry entry) = 0;
  // As session_refused, for the SFTP reader's channel.
  virtual void session_refused_reader(ConnectionSession& session, std::size_t others) = 0;
  // Broken or silent; its work has ended or ends now.
  virtual void session_lost(ConnectionSession& session, const Failure& failure) = 0;
  virtual void session_alive(ConnectionSession& session) = 0;
};

// Only for the thread of its loop. The owner outlives it or leaves it first.
class ConnectionSession : public std::enable_shared_from_this<ConnectionSession> {
 public:
  // How soon a connection that nobody reads from notices that the other side has hung up.
  static constexpr milliseconds kHangUpCheck{500};

  ConnectionSession(boost::asio::io_context& loop, const EngineLimits& limits, LoggedIn made, Reservation reservation,
                    SessionOwner& owner);
  // To be called once, before anything else.
  void start();

  void begin(Scheduler::Entry entry);
  // The SFTP reader has a channel that stays open between questions. Where the server allows few channels it is given
  // up for work that waits.
  enum class Reader { none, opening, ready, closing, missing };
  Reader reader() const noexcept;
  void open_reader();
  // Nobody waits for an answer of it.
  bool reader_idle() const noexcept { return reader_->idle(); }
  void give_reader_up();

  // Of work that runs here; false where there is no such work.
  bool cancel(const Work* work, const Failure& why);
  // Cancels what is over its time.
  void check_deadlines(Clock::time_point now);
  Clock::time_point first_deadline() const noexcept;

  // Against the budget: channels of running work, zombies, and our own.
  std::size_t open_channels() const noexcept;
  bool idle() const noexcept { return running_.empty(); }
  // Whether the jump host still has to answer for a tunnel. One at a time: the time of each counts from its request.
  bool opening_tunnel() const noexcept;
  // A tunnel was not answered in time: until it is, the server opens no channel for anybody.
  bool stuck() const noexcept { return stuck_; }
  // When it was made.
  Clock::time_point since() const noexcept { return since_; }

  // Cuts it; what still runs ends with `why`. Nothing is told to the owner any more.
  void end(const Failure& why);

 private:
  struct Running {
    Scheduler::Entry entry;
    bool cancelled = false;
  };
  using At = std::list<Running>::iterator;

  void released(At at, Work::End end);
  void broken();
  void lose(const Failure& failure);
  void tick();
  void schedule_tick();
  bool peer_is_gone() const noexcept;
  void probe();
  void probe_with_channel();
  void probed();
  void notify_freed();
  void cancel_running(Running& running, const Failure& why);

  boost::asio::io_context& loop_;
  const EngineLimits& limits_;
  std::shared_ptr<Multiplexer> session_;
  BreakNotice on_break_;
  Reservation reservation_;
  SessionOwner* owner_;
  Clock::time_point since_ = Clock::now();
  std::list<Running> running_;
  std::shared_ptr<SftpReader> reader_;
  bool reader_opening_ = false;
  bool reader_closing_ = false;
  bool reader_missing_ = false;
  bool stuck_ = false;
  bool probing_ = false;
  bool probe_channel_ = false;
  Clock::time_point heard_ = Clock::now();
  Clock::time_point probed_{};
  boost::asio::steady_timer tick_;
};

}  // namespace nexus::servers::ssh
