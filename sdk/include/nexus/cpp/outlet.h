// A queue in front of something that may refuse, such as a stream or a socket whose window is full.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace nexus {

// Messages go out in order, from whichever thread brings them, one at a time; none is copied where nothing waits before
// it. It holds at most what its senders have not been given back, so give back only in `taken`. Thread-safe; no lock is
// held while the two functions run. They must not throw.
class Outlet {
 public:
  // False: later, after retry().
  using Take = std::function<bool(std::uint32_t kind, std::string_view bytes)>;
  // A message with this credit went out.
  using Taken = std::function<void(std::size_t credit)>;

  explicit Outlet(Take take, Taken taken = {}) : take_(std::move(take)), taken_(std::move(taken)) {}
  Outlet(const Outlet&) = delete;
  Outlet& operator=(const Outlet&) = delete;

  void send(std::uint32_t kind, std::string_view bytes, std::size_t credit) {
    Lock lock(mutex_);
    if (closed_) return;
    if (sending_ || !waiting_.empty()) {
      waiting_.push_back({kind, credit, std::string(bytes)});
      return;
    }
    sending_ = true;
    again_ = false;
    if (!offer(lock, kind, bytes, credit) && !closed_) waiting_.push_front({kind, credit, std::string(bytes)});
    run(lock);
  }

  // There is room again.
  void retry() {
    Lock lock(mutex_);
    again_ = true;
    if (!std::exchange(sending_, true)) run(lock);
  }

  // Nothing waits and nothing is going out.
  bool is_empty() const {
    const Lock lock(mutex_);
    return waiting_.empty() && !sending_;
  }

  // Drops what waits; nothing goes out any more.
  void close() {
    const Lock lock(mutex_);
    closed_ = true;
    waiting_.clear();
  }

 private:
  struct Message {
    std::uint32_t kind;
    std::size_t credit;
    std::string bytes;
  };
  using Lock = std::unique_lock<std::mutex>;

  bool offer(Lock& lock, std::uint32_t kind, std::string_view bytes, std::size_t credit) {
    lock.unlock();
    const bool is_taken = take_(kind, bytes);
    if (is_taken && taken_) taken_(credit);
    lock.lock();
    if (is_taken) again_ = true;
    return is_taken;
  }

  // By the one thread that set `sending_`. What was refused is tried again only after somebody called retry().
  void run(Lock& lock) {
    while (std::exchange(again_, false) && !waiting_.empty()) {
      auto message = std::move(waiting_.front());
      waiting_.pop_front();
      if (!offer(lock, message.kind, message.bytes, message.credit) && !closed_) {
        waiting_.push_front(std::move(message));
      }
    }
    sending_ = false;
  }

  const Take take_;
  const Taken taken_;
  mutable std::mutex mutex_;
  bool closed_ = false;
  bool sending_ = false;  // a thread is giving a message to `take`
  bool again_ = false;    // something changed meanwhile: look again
  std::deque<Message> waiting_;
};

}  // namespace nexus
