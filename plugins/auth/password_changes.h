// Password changes that are under way, by the session that asked for each.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::auth {

// Between the moment when `users` has written a new password and the one when this plugin has written down that the
// session which asked for it goes on, that session looks older than the password. Nobody may end it for that.
//
// Thread-safe; as many as there are such requests at a time.
class PasswordChanges {
 public:
  // Counts until the last copy of the answer goes. Must be outlived by this object.
  std::shared_ptr<void> begin(std::int64_t user_id, std::string_view session_id) {
    const std::lock_guard lock(mutex_);
    const auto number = ++last_number_;
    changes_.push_back({number, user_id, std::string(session_id)});
    return std::shared_ptr<void>(nullptr, [this, number](void*) { end(number); });
  }
  bool by_session(std::string_view session_id) const {
    return any([&](const Change& change) { return change.session_id == session_id; });
  }
  bool of_user(std::int64_t user_id) const {
    return any([&](const Change& change) { return change.user_id == user_id; });
  }

 private:
  struct Change {
    std::uint64_t number;
    std::int64_t user_id;
    std::string session_id;
  };

  template <class Fits>
  bool any(Fits&& fits) const {
    const std::lock_guard lock(mutex_);
    return std::any_of(changes_.begin(), changes_.end(), fits);
  }
  void end(std::uint64_t number) noexcept {
    const std::lock_guard lock(mutex_);
    std::erase_if(changes_, [&](const Change& change) { return change.number == number; });
  }

  mutable std::mutex mutex_;
  std::vector<Change> changes_;
  std::uint64_t last_number_ = 0;
};

}  // namespace nexus::auth
