// How many log-ins are under way at once, in the whole process: a fleet that comes back does not come all at once.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>

namespace nexus::servers::ssh {

// First come, first served; a person's before all others. Thread-safe; outlives what it handed out.
class LoginQueue : public std::enable_shared_from_this<LoginQueue> {
 public:
  // A place in the queue, or a turn that was granted. Giving up the last reference ends either.
  using Turn = std::shared_ptr<void>;

  explicit LoginQueue(std::size_t at_once) noexcept : free_(at_once == 0 ? 1 : at_once) {}

  // `granted` runs once, on any thread, perhaps before this returns; it must only hand on.
  Turn wait(bool urgent, std::function<void()> granted);

 private:
  struct Place {
    std::function<void()> granted;  // empty once it has run
    bool has_turn = false;
  };

  void leave(const std::shared_ptr<Place>& place);
  // With the lock; what is to be told after it.
  std::list<std::function<void()>> grant();

  std::mutex mutex_;
  std::size_t free_;
  std::list<std::shared_ptr<Place>> waiting_;  // as long as there are servers that connect
};

}  // namespace nexus::servers::ssh
