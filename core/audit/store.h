// The tables of the trail: SQL and nothing else.
#pragma once

#include "core/audit/chain.h"
#include "core/audit/filter.h"

#include <nexus/cpp/result.h>
#include <nexus/storage/database.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace nexus::core::audit {

struct StoredEntry {
  Mark mark;  // as the table says; verify finds out whether it is right
  Entry entry;
};

// The one row of host_audit_head.
struct Head {
  Mark last;          // of the newest entry
  Mark before_first;  // of the one before the oldest that was not pruned; sequence 0: nothing was
  Hash seal{};        // of before_first
};

// The head and the numbers of the oldest and newest row, read together. 0: there is none.
struct Ends {
  Head head;
  bool has_head = false;
  std::int64_t oldest = 0;
  std::int64_t newest = 0;
};

// Inside a writing transaction.
class ChangingStore {
 public:
  ChangingStore(storage::Transaction& transaction, storage::Dialect dialect)
      : transaction_(&transaction), dialect_(dialect) {}

  // Locks the head first, so that another process waits; nullopt where somebody has removed it.
  Result<std::optional<Head>> lock_head() const;
  Result<void> set_head(const Head& head, bool exists) const;
  Result<void> insert(const Mark& mark, const Entry& entry) const;
  // The newest row's mark; nullopt: there is no row.
  Result<std::optional<Mark>> newest() const;
  Result<std::optional<Hash>> hash_at(std::int64_t sequence) const;

  Result<std::vector<StoredEntry>> oldest(std::int64_t limit) const;
  Result<void> remove_up_to(std::int64_t sequence) const;

 private:
  storage::Transaction* transaction_;
  storage::Dialect dialect_;
};

// Reads of their own, each within `deadline`.
class ReadingStore {
 public:
  ReadingStore(storage::Database& database, storage::Clock::time_point deadline)
      : database_(&database), deadline_(deadline) {}

  Result<Ends> ends() const;
  // Rows behind `sequence`, oldest first.
  Result<std::vector<StoredEntry>> after(std::int64_t sequence, std::int64_t limit) const;
  Result<std::optional<Hash>> hash_at(std::int64_t sequence) const;

  Result<std::vector<StoredEntry>> list(const Filter& filter, std::int64_t limit, std::int64_t offset) const;
  Result<std::int64_t> count(const Filter& filter) const;
  // Rows of the filter behind `sequence`, oldest first.
  Result<std::vector<StoredEntry>> list_after(const Filter& filter, std::int64_t sequence, std::int64_t limit) const;

 private:
  Result<std::vector<StoredEntry>> rows(const std::string& sql, std::span<const nx_value> args) const;

  storage::Database* database_;
  storage::Clock::time_point deadline_;
};

}  // namespace nexus::core::audit
