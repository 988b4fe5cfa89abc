// Schema steps of each owner (a plugin or the host), with history, checksums and a record of every statement.
#pragma once

#include <nexus/storage/database.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::storage {

// One step, in the text of one dialect. Versions of an owner count from 1 without gaps.
struct Migration {
  std::uint32_t version = 0;
  std::string name;
  std::string up;
  std::string down;
};

struct AppliedMigration {
  std::string owner;
  std::uint32_t version = 0;
  std::string name;
  std::string checksum;  // SHA-256 of `up`, hexadecimal
  std::int64_t applied_us = 0;
};

// Splits a script into statements at ';' outside quotes, comments and trigger bodies (BEGIN ... END). Pure.
std::vector<std::string> split_statements(std::string_view script);

// Applies steps in order. MySQL commits DDL by itself, so each statement is recorded when it is done, and a step that
// was cut off goes on behind its last recorded statement. SQLite applies a step in one transaction. Two processes
// exclude each other (SQLite: the write lock; MySQL: GET_LOCK, at most 60 s).
class Migrator {
 public:
  // Creates the history tables (nexus_migrations, nexus_migration_statements) where they are missing.
  static Result<Migrator> open(Database& database);

  // Brings `owner` up to the last of `steps`. Fails without a change when a version is missing, an applied step's text
  // has changed (both checksums are named), or the database is newer than `steps`.
  Result<void> migrate(const std::string& owner, const std::vector<Migration>& steps);
  // Takes `owner` down to `version` by the steps' `down` texts.
  Result<void> revert(const std::string& owner, const std::vector<Migration>& steps, std::uint32_t version);
  Result<std::vector<AppliedMigration>> history(const std::string& owner) const;

 private:
  explicit Migrator(Database& database) : database_(&database) {}
  Database* database_;
};

}  // namespace nexus::storage
