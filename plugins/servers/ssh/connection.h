// The connection to one server: it comes about when there is work, stays, and comes back by itself when it is lost.
#pragma once

#include "ssh/backoff.h"
#include "ssh/connection_session.h"
#include "ssh/login.h"
#include "ssh/scheduler.h"

#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>

namespace nexus::servers::ssh {

// What the connections of an engine share.
struct ConnectionContext {
  const EngineLimits& limits;
  EngineObserver& observer;
  LoginContext login;
  Backoff persons;  // who tries credentials in person
  // A place among all connections; null where there is none.
  std::function<Reservation()> reserve;
  std::atomic<std::size_t> channels{0};
  std::atomic<std::size_t> queued{0};
  std::atomic<std::uint64_t> logins{0};
};

// Only for the thread of its loop, unless said otherwise.
class ServerConnection : public std::enable_shared_from_this<ServerConnection>, private SessionOwner {
 public:
  // Sessions that a newer one has replaced and whose work goes on; more are not replaced but waited for.
  static constexpr std::size_t kMaxRetiring = 4;
  // Tests of one server under way; nobody clicks faster.
  static constexpr std::size_t kMaxTests = 4;

  ServerConnection(boost::asio::io_context& loop, ConnectionContext& context, std::int64_t server_id);
  ServerConnection(const ServerConnection&) = delete;
  ServerConnection& operator=(const ServerConnection&) = delete;
  ~ServerConnection() override;

  void submit(const Target& target, Scheduler::Entry entry);
  void cancel(const std::shared_ptr<Work>& work, const Failure& why);
  // `ticket` is any pointer by which cancel_test knows it.
  void test(const Target& target, Clock::time_point deadline, std::shared_ptr<void> ticket,
            std::function<void(Outcome<Tested>)> done);
  void cancel_test(const std::shared_ptr<void>& ticket);
  void retry();
  // For good: everything ends with `why`.
  void end(const Failure& why);
  // Makes room for another server where nothing uses it; it comes back with the next work.
  void evict();

  // Thread-safe.
  bool connected() const noexcept { return connected_; }
  // Since when nothing uses it, in ticks of the clock; 0 where it is in use, or there is no connection.
  std::int64_t idle_since() const noexcept { return idle_since_; }

 private:
  using SessionPointer = std::shared_ptr<ConnectionSession>;
  struct Test {
    explicit Test(boost::asio::io_context& loop) : deadline(loop) {}
    std::shared_ptr<void> ticket;
    Target target;
    std::function<void(Outcome<Tested>)> done;
    std::shared_ptr<Login> login;
    Reservation reservation;
    boost::asio::steady_timer deadline;
  };
  using TestPointer = std::shared_ptr<Test>;

  void session_freed(ConnectionSession& session) override;
  void session_refused(ConnectionSession& session, Scheduler::Entry entry, std::size_t others) override;
  void session_put_back(Scheduler::Entry entry) override;
  void session_refused_reader(ConnectionSession& session, std::size_t others) override;
  void session_lost(ConnectionSession& session, const Failure& failure) override;
  void session_alive(ConnectionSession& session) override;

  void adopt(const Target& target);
  std::optional<Failure> refusal(Clock::time_point now) const;
  void enqueue(Scheduler::Entry entry);
  void proceed();
  void connect();
  void logged_in(Outcome<LoggedIn> outcome);
  void attempt_failed(const Failure& failure);
  void use(LoggedIn made, Reservation reservation);
  void retire();
  void pump();
  bool begin_next();
  void fail_all(const Failure& failure);
  void pause(Clock::time_point now);
  void test_ended(const TestPointer& test, Outcome<LoggedIn> outcome);
  void test_failed(const Target& target, const Failure& failure);
  // Whether work has to be answered so until something changes.
  static bool stands(const Failure& failure) noexcept;
  void finish_test(const TestPointer& test, Outcome<Tested> outcome);
  void account();
  void arm();
  void on_timer();
  Clock::time_point next_due() const;

  boost::asio::io_context& loop_;
  ConnectionContext& context_;
  const std::int64_t server_id_;
  std::optional<Target> target_;
  Scheduler queue_;
  ChannelBudget budget_;
  SessionPointer session_;
  std::list<SessionPointer> retiring_;
  std::shared_ptr<Login> login_;
  Reservation login_reservation_;
  std::list<TestPointer> tests_;
  std::optional<Failure> ended_;

  // Of failures. `stopped_` stands until something changes; `failed_` only for a while.
  std::optional<Failure> stopped_;
  std::optional<Failure> failed_;
  bool wanted_ = false;  // it was in use: comes back by itself
  Pauses pauses_;
  Clock::time_point not_before_{};  // the next attempt that work asks for
  Clock::time_point again_at_ = Clock::time_point::max();
  Clock::time_point patience_ = Clock::time_point::max();  // when a channel is asked for again
  boost::asio::steady_timer timer_;

  std::size_t counted_channels_ = 0;
  std::size_t counted_queued_ = 0;
  std::atomic<bool> connected_{false};
  std::atomic<std::int64_t> idle_since_{0};
};

}  // namespace nexus::servers::ssh
