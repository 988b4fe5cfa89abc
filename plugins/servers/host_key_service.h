// The rules about host keys that wait for a person.
#pragma once

#include "host_key_store.h"
#include "server_store.h"

namespace nexus::servers {

// On behalf of one caller; errors as in ServerService. Listing needs view, accepting manage.
class HostKeyService {
 public:
  HostKeyService(const Sql& sql, const Scope& scope) : sql_(sql), scope_(scope) {}

  Result<std::vector<SeenHostKey>> list(std::int64_t server_id) const;
  // Trusts the pending key of that fingerprint at the server's address, and retires what was trusted there. 42201 where
  // no such key waits. Answers the list afterwards.
  Result<std::vector<SeenHostKey>> accept(std::int64_t server_id, std::string_view fingerprint,
                                          std::int64_t now_us) const;

 private:
  Sql sql_;
  Scope scope_;
};

}  // namespace nexus::servers
