#include "migration_store.h"

#include "checksum.h"

#include <nexus/cpp/str.h>

#include <array>
#include <chrono>

namespace nexus::storage {
namespace {

std::int64_t now_us() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

nx_value number(std::uint32_t value) { return to_value(std::int64_t{value}); }

std::string text_of(const nx_value& cell) { return std::string(cell.type == NX_V_TEXT ? view(cell.u.s) : ""); }

}  // namespace

std::vector<std::string> history_tables(Dialect dialect) {
  // A database of another character set or engine must not change what keys mean.
  const std::string options =
      dialect == Dialect::mysql ? " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin" : "";
  return {
      "CREATE TABLE IF NOT EXISTS nexus_migrations (owner VARCHAR(64) NOT NULL, version INTEGER NOT NULL, "
      "name VARCHAR(64) NOT NULL, checksum VARCHAR(64) NOT NULL, applied_us BIGINT NOT NULL, "
      "PRIMARY KEY (owner, version))" +
          options,
      "CREATE TABLE IF NOT EXISTS nexus_migration_statements (owner VARCHAR(64) NOT NULL, version INTEGER NOT NULL, "
      "direction VARCHAR(4) NOT NULL, position INTEGER NOT NULL, checksum VARCHAR(64) NOT NULL, "
      "done INTEGER NOT NULL, recorded_us BIGINT NOT NULL, PRIMARY KEY (owner, version, direction, position))" +
          options};
}

Result<std::vector<AppliedMigration>> read_history(Rows& rows) {
  constexpr std::size_t kColumns = 5;
  std::vector<AppliedMigration> history;
  for (;;) {
    NEXUS_ASSIGN(const auto cells, rows.fetch());
    if (cells.empty()) return history;
    for (std::size_t at = 0; at < cells.size(); at += kColumns) {
      history.push_back({text_of(cells[at]), static_cast<std::uint32_t>(cells[at + 1].u.i), text_of(cells[at + 2]),
                         text_of(cells[at + 3]), cells[at + 4].u.i});
    }
  }
}

Result<std::vector<AppliedMigration>> MigrationStore::history() {
  const std::array args = {to_value(std::string_view(owner_))};
  NEXUS_ASSIGN(const auto rows, change_.query(kSelectHistory, args));
  return read_history(*rows);
}

Result<void> MigrationStore::add_step(const Migration& step) {
  // A removal that was cut off at its last statement left them; they would let the next way down do nothing.
  const std::array key = {to_value(std::string_view(owner_)), number(step.version)};
  NEXUS_TRY(exec("DELETE FROM nexus_migration_statements WHERE owner = ? AND version = ? AND direction = 'down'", key));
  const std::string sum = checksum(step.up);
  const std::array args = {to_value(std::string_view(owner_)), number(step.version),
                           to_value(std::string_view(step.name)), to_value(std::string_view(sum)), to_value(now_us())};
  return exec("INSERT INTO nexus_migrations (owner, version, name, checksum, applied_us) VALUES (?, ?, ?, ?, ?)", args);
}

Result<void> MigrationStore::remove_step(std::uint32_t version) {
  const std::array args = {to_value(std::string_view(owner_)), number(version)};
  // In this order, a removal that is cut off reads as a step that goes on its way down.
  NEXUS_TRY(exec("DELETE FROM nexus_migration_statements WHERE owner = ? AND version = ? AND direction = 'up'", args));
  NEXUS_TRY(exec("DELETE FROM nexus_migrations WHERE owner = ? AND version = ?", args));
  return exec("DELETE FROM nexus_migration_statements WHERE owner = ? AND version = ?", args);
}

Result<std::vector<StatementRecord>> MigrationStore::records() {
  constexpr std::size_t kColumns = 5;
  const std::array args = {to_value(std::string_view(owner_))};
  NEXUS_ASSIGN(const auto rows,
               change_.query("SELECT version, direction, position, checksum, done FROM nexus_migration_statements "
                             "WHERE owner = ? ORDER BY version, direction, position",
                             args));
  std::vector<StatementRecord> records;
  for (;;) {
    NEXUS_ASSIGN(const auto cells, rows->fetch());
    if (cells.empty()) return records;
    for (std::size_t at = 0; at < cells.size(); at += kColumns) {
      records.push_back({static_cast<std::uint32_t>(cells[at].u.i), text_of(cells[at + 1]),
                         static_cast<std::uint32_t>(cells[at + 2].u.i), text_of(cells[at + 3]),
                         cells[at + 4].u.i != 0});
    }
  }
}

Result<void> MigrationStore::begin_statement(const StatementRecord& record) {
  const std::array args = {to_value(std::string_view(owner_)),           number(record.version),
                           to_value(std::string_view(record.direction)), number(record.position),
                           to_value(std::string_view(record.checksum)),  to_value(now_us())};
  return exec(
      "INSERT INTO nexus_migration_statements (owner, version, direction, position, checksum, done, recorded_us) "
      "VALUES (?, ?, ?, ?, ?, 0, ?)",
      args);
}

Result<void> MigrationStore::finish_statement(const StatementRecord& record) {
  const std::array args = {to_value(now_us()), to_value(std::string_view(owner_)), number(record.version),
                           to_value(std::string_view(record.direction)), number(record.position)};
  return exec(
      "UPDATE nexus_migration_statements SET done = 1, recorded_us = ? "
      "WHERE owner = ? AND version = ? AND direction = ? AND position = ?",
      args);
}

Result<void> MigrationStore::forget_statement(const StatementRecord& record) {
  const std::array args = {to_value(std::string_view(owner_)), number(record.version),
                           to_value(std::string_view(record.direction)), number(record.position)};
  return exec(
      "DELETE FROM nexus_migration_statements WHERE owner = ? AND version = ? AND direction = ? AND position = ?",
      args);
}

Result<void> MigrationStore::exec(std::string_view sql, std::span<const nx_value> args) {
  auto done = change_.exec(sql, args);
  if (!done.ok()) return std::move(done).error();
  return {};
}

}  // namespace nexus::storage
