// servers_tags: SQL and nothing else.
#pragma once

#include "model.h"

#include <nexus/cpp/db.h>

namespace nexus::servers {

// On behalf of one call, or of its transaction; every function blocks. Tags of servers that the scope does not show are
// not listed, and those servers not counted.
class TagStore {
 public:
  explicit TagStore(const Sql& sql) noexcept : sql_(sql) {}

  // By tag.
  Result<std::vector<TagCount>> list(const Scope& scope, std::int64_t limit, std::int64_t offset) const;
  Result<std::int64_t> count(const Scope& scope) const;
  // Makes them the server's only ones; no tag stands in `tags` twice.
  Result<void> replace(std::int64_t server_id, const std::vector<std::string>& tags) const;

 private:
  Sql sql_;
};

}  // namespace nexus::servers
