// What the migrator needs of an engine beyond Database.
#pragma once

#include <nexus/storage/database.h>

#include <memory>

namespace nexus::storage {

// Implemented by databases whose schema changes commit by themselves and may run longer than any request.
class SchemaSessions {
 public:
  virtual ~SchemaSessions() = default;
  // A session of its own, outside the pool, where each statement commits at once unless it begins a transaction itself.
  // commit() and rollback() do nothing. Its statements may run for many minutes.
  virtual Result<std::unique_ptr<Transaction>> open_schema_session() = 0;
};

}  // namespace nexus::storage
