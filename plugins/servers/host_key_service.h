// The rules about host keys that wait for a person.
#pragma once

#include "host_key_store.h"
#include "lookup.h"
#include "server_store.h"

#include <initializer_list>

namespace nexus::servers {

// On behalf of one caller; errors as in ServerService. Listing needs view, deciding manage.
class HostKeyService {
 public:
  HostKeyService(const Sql& sql, const Scope& scope) : sql_(sql), scope_(scope) {}

  Result<std::vector<SeenHostKey>> list(std::int64_t server_id) const;
  // Of all servers that he sees.
  Result<PageOf<ReviewedHostKey>> review(std::string_view state, std::int64_t limit, std::int64_t offset) const;
  // Trusts the pending key of that fingerprint at the server's address, or one that was rejected, and retires what was
  // trusted there. 42201 where there is no such key. Answers the list afterwards.
  Result<std::vector<SeenHostKey>> accept(std::int64_t server_id, std::string_view fingerprint,
                                          std::int64_t now_us) const;
  // Rejects the pending key of that fingerprint: it waits no longer, and not even a person's first connection trusts
  // it. What is trusted stays. Likewise.
  Result<std::vector<SeenHostKey>> reject(std::int64_t server_id, std::string_view fingerprint,
                                          std::int64_t now_us) const;

 private:
  // Gives the key of that fingerprint, where it is in a state of `from`, the state `verdict`.
  Result<std::vector<SeenHostKey>> judge(std::int64_t server_id, std::string_view fingerprint,
                                         std::initializer_list<std::string_view> from, std::string_view verdict,
                                         std::int64_t now_us) const;

  Sql sql_;
  Scope scope_;
};

}  // namespace nexus::servers
