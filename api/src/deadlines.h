// Ends what takes too long: one thread and one hashed timing wheel for all requests. Adding and removing is a list
// operation under a lock of its shard.
#pragma once

#include <nexus/api/exchange.h>

#include <array>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>

namespace nexus::api {

class Deadlines {
 public:
  // Part of what is timed. Its owner calls remove before it is destroyed, also where it expired.
  class Entry {
   public:
    virtual ~Entry() = default;
    virtual void expired() noexcept = 0;
    // Keeps the entry alive while it expires; null where it is being destroyed.
    virtual std::shared_ptr<Entry> keep_alive() noexcept = 0;

   private:
    friend class Deadlines;
    Entry* next_ = nullptr;
    Entry** link_ = nullptr;  // what points here; null: not in the wheel
    std::uint64_t due_ = 0;
  };

  Deadlines();
  ~Deadlines();

  // Not while it is in the wheel; again after it was removed or expired.
  void add(Entry& entry, Clock::time_point when);
  void remove(Entry& entry) noexcept;
  // Ends the thread; nothing expires any more.
  void stop();

  // An entry expires at most this late.
  static constexpr std::chrono::milliseconds kTick{50};

 private:
  static constexpr std::size_t kSlots = 1024;  // 51 s; what is due later stays in its slot for further rounds
  static constexpr std::size_t kShards = 4;    // few threads ever add at the same moment

  struct Shard {
    std::mutex mutex;
    std::array<Entry*, kSlots> slots{};
  };

  static void unlink(Entry& entry) noexcept;
  Shard& shard_of(const Entry& entry) noexcept;
  std::uint64_t tick_of(Clock::time_point when) const noexcept;
  void run();
  void expire(std::uint64_t tick);

  const Clock::time_point start_ = Clock::now();
  std::array<Shard, kShards> shards_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace nexus::api
