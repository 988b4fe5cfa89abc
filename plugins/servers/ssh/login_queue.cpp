#include "ssh/login_queue.h"

#include <utility>

namespace nexus::servers::ssh {

std::list<std::function<void()>> LoginQueue::grant() {
  std::list<std::function<void()>> told;
  while (free_ > 0 && !waiting_.empty()) {
    auto place = std::move(waiting_.front());
    waiting_.pop_front();
    --free_;
    place->has_turn = true;
    told.push_back(std::exchange(place->granted, nullptr));
  }
  return told;
}

LoginQueue::Turn LoginQueue::wait(bool urgent, std::function<void()> granted) {
  auto place = std::make_shared<Place>();
  place->granted = std::move(granted);
  std::list<std::function<void()>> told;
  {
    const std::lock_guard lock(mutex_);
    waiting_.insert(urgent ? waiting_.begin() : waiting_.end(), place);
    told = grant();
  }
  for (const auto& tell : told) tell();
  return {place.get(), [queue = shared_from_this(), place](void*) { queue->leave(place); }};
}

void LoginQueue::leave(const std::shared_ptr<Place>& place) {
  std::list<std::function<void()>> told;
  {
    const std::lock_guard lock(mutex_);
    if (place->has_turn) {
      ++free_;
    } else {
      waiting_.remove(place);
    }
    told = grant();
  }
  for (const auto& tell : told) tell();
}

}  // namespace nexus::servers::ssh
