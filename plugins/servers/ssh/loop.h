// The threads that connections live on.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace nexus::servers::ssh {

// One thread that runs an io_context. stop() on any thread but its own.
class Loop {
 public:
  Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop() { stop(); }

  boost::asio::io_context& context() noexcept { return context_; }
  void post(std::function<void()> task);
  // The one whose thread this is; null elsewhere.
  static Loop* current() noexcept;
  // Lets what is under way come to its end, for a short while, and joins the thread. More than once is harmless.
  void stop();

 private:
  // For operations whose connection was just cut; each ends at once.
  static constexpr std::chrono::milliseconds kGrace{1'000};

  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ended_ = false;
  std::thread thread_;
};

class Loops {
 public:
  explicit Loops(unsigned count);
  Loop& of(std::int64_t server_id) noexcept { return *loops_[static_cast<std::uint64_t>(server_id) % loops_.size()]; }
  void stop();

 private:
  std::vector<std::unique_ptr<Loop>> loops_;
};

}  // namespace nexus::servers::ssh
