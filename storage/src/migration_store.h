// The history tables: SQL and nothing else. It is the same text for both engines.
#pragma once

#include <nexus/storage/migrations.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::storage {

inline constexpr std::string_view kUp = "up";
inline constexpr std::string_view kDown = "down";

// The statements that create the tables where they are missing.
std::vector<std::string> history_tables(Dialect dialect);

inline constexpr std::string_view kSelectHistory =
    "SELECT owner, version, name, checksum, applied_us FROM nexus_migrations WHERE owner = ? ORDER BY version";
// Reads all rows of kSelectHistory.
Result<std::vector<AppliedMigration>> read_history(Rows& rows);

// One statement of a step, as recorded.
struct StatementRecord {
  std::uint32_t version = 0;
  std::string direction;
  std::uint32_t position = 0;  // from 1
  std::string checksum;
  bool done = false;  // false: it was begun, and nobody knows whether it took place
};

class MigrationStore {
 public:
  // `change` must outlive this.
  MigrationStore(Transaction& change, std::string owner) : change_(change), owner_(std::move(owner)) {}

  Result<std::vector<AppliedMigration>> history();
  Result<void> add_step(const Migration& step);
  // Together with all records of its statements.
  Result<void> remove_step(std::uint32_t version);

  Result<std::vector<StatementRecord>> records();
  Result<void> begin_statement(const StatementRecord& record);
  Result<void> finish_statement(const StatementRecord& record);
  Result<void> forget_statement(const StatementRecord& record);

 private:
  Result<void> exec(std::string_view sql, std::span<const nx_value> args);

  Transaction& change_;
  std::string owner_;
};

}  // namespace nexus::storage
