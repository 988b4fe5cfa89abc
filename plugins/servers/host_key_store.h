// servers_host_keys: SQL and nothing else.
#pragma once

#include "model.h"

#include <nexus/cpp/db.h>

namespace nexus::servers {

// On behalf of one call, or of its transaction; every function blocks.
class HostKeyStore {
 public:
  // A server that shows another key each time must not fill the table.
  static constexpr std::int64_t kMaxPending = 20;

  explicit HostKeyStore(const Sql& sql) noexcept : sql_(sql) {}

  // Newest first; at most 200.
  Result<std::vector<SeenHostKey>> of_server(std::int64_t server_id) const;
  Result<std::vector<SeenHostKey>> at_address(std::int64_t server_id, std::string_view host, std::int64_t port) const;
  // Adds the key, or changes state and time of one that was seen before.
  Result<void> put(std::int64_t server_id, const SeenHostKey& key) const;
  Result<void> touch(std::int64_t id, std::int64_t now_us) const;
  Result<void> set_state(std::int64_t id, std::string_view state, std::int64_t now_us, std::int64_t user_id) const;
  // Forgets the oldest pending keys beyond kMaxPending.
  Result<void> trim_pending(std::int64_t server_id) const;

 private:
  Sql sql_;
};

}  // namespace nexus::servers
