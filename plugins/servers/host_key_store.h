// servers_host_keys and servers_vouched_host_keys: SQL and nothing else.
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

  // Of all servers that the scope shows, newest first.
  Result<std::vector<ReviewedHostKey>> list(const Scope& scope, std::string_view state, std::int64_t limit,
                                            std::int64_t offset) const;
  Result<std::int64_t> count(const Scope& scope, std::string_view state) const;
  // Newest first; at most 200.
  Result<std::vector<SeenHostKey>> of_server(std::int64_t server_id) const;
  Result<std::vector<SeenHostKey>> at_address(std::int64_t server_id, std::string_view host, std::int64_t port) const;
  // Adds the key, or changes state and time of one that was seen before. Status::conflict where that has been rejected:
  // also a moment ago, behind the back of who reads first and writes then.
  Result<void> put(std::int64_t server_id, const SeenHostKey& key) const;
  Result<void> touch(std::int64_t id, std::int64_t now_us) const;
  Result<void> set_state(std::int64_t id, std::string_view state, std::int64_t now_us, std::int64_t user_id) const;
  // What the server must show first at that address.
  Result<void> vouch(const Server& server, const VouchedHostKey& key, std::int64_t now_us) const;
  Result<std::optional<VouchedHostKey>> vouched(std::int64_t server_id, std::string_view host, std::int64_t port) const;
  // Forgets the oldest pending keys beyond kMaxPending.
  Result<void> trim_pending(std::int64_t server_id) const;

 private:
  Sql sql_;
};

}  // namespace nexus::servers
