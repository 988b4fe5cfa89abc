// What the panel finds out about servers by itself: SQL and nothing else. updated_us stays as it is.
#pragma once

#include <nexus/cpp/db.h>

#include <span>

namespace nexus::servers {

// On behalf of one call; every function blocks.
class StatusStore {
 public:
  explicit StatusStore(const Sql& sql) noexcept : sql_(sql) {}

  // True where it was not so before.
  Result<bool> mark_online(std::int64_t id, std::int64_t now_us) const;
  // With another reason than before it is still no news.
  Result<bool> mark_offline(std::int64_t id, std::string_view reason) const;
  Result<void> mark_unknown(std::int64_t id, std::string_view reason) const;
  // After a start: nothing is connected.
  Result<void> mark_all_unknown() const;
  Result<void> touch(std::span<const std::int64_t> ids, std::int64_t now_us) const;
  Result<void> set_os(std::int64_t id, std::string_view os_info) const;

 private:
  Sql sql_;
};

}  // namespace nexus::servers
