// One thread that WebSockets live on.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace nexus::api::ws {

class Session;

// Sessions keep it; it keeps them only until stop.
class Loop : public std::enable_shared_from_this<Loop> {
 public:
  Loop() = default;

  void start(unsigned number);
  // Ends the thread, and what its sessions still wait for.
  void stop();

  // From any thread: the session has its turn soon. All that ask before the thread gets there cost one wake-up. What a
  // loop's own thread asks for, of whichever loop, is gathered there until nothing else is ready.
  void schedule(std::shared_ptr<Session> session);
  // On the loop's thread: a session has begun, or ended.
  void add(const std::shared_ptr<Session>& session);
  void remove(const Session& session);

  bool stopped() const noexcept { return stopped_; }
  boost::asio::io_context& context() noexcept { return context_; }

 private:
  using Sessions = std::vector<std::shared_ptr<Session>>;
  struct Gathered {
    Loop* loop;  // its sessions hold it
    Sessions sessions;
  };

  void gather(Loop& loop, std::shared_ptr<Session> session);
  void hand_over();
  void take(Sessions sessions);
  void run_due();
  void tick();

  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_{context_.get_executor()};
  boost::asio::steady_timer timer_{context_};
  std::thread thread_;
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
  Sessions due_;

  // Of the loop's thread.
  Sessions sessions_;               // open ones
  std::vector<Gathered> gathered_;  // hand_over is due where there are some
};

}  // namespace nexus::api::ws
