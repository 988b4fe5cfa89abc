#include "core/runtime/key_check.h"

#include "core/runtime/sealer.h"

#include <nexus/cpp/str.h>
#include <nexus/storage/migrations.h>

#include <array>
#include <chrono>
#include <optional>

namespace nexus::core {
namespace {

constexpr std::chrono::seconds kStartDeadline{10};
constexpr std::string_view kName = "master_key_check";
constexpr std::string_view kKnownText = "nexuspanel master key 1";

std::vector<storage::Migration> steps(storage::Dialect dialect) {
  const bool mysql = dialect == storage::Dialect::mysql;
  storage::Migration step;
  step.version = 1;
  step.name = "settings";
  step.up = mysql ? "CREATE TABLE host_settings (name VARCHAR(64) NOT NULL PRIMARY KEY, value BLOB NOT NULL)"
                  : "CREATE TABLE host_settings (name TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL)";
  step.down = "DROP TABLE host_settings";
  return {step};
}

Result<std::optional<std::string>> stored_check(storage::Database& database) {
  const std::array args{to_value(kName)};
  NEXUS_ASSIGN(const auto rows, database.query("SELECT value FROM host_settings WHERE name = ?", args, false,
                                               storage::Clock::now() + kStartDeadline));
  NEXUS_ASSIGN(const auto cells, rows->fetch());
  if (cells.empty()) return std::optional<std::string>();
  return std::optional(std::string(view(cells[0].u.s)));
}

Result<void> store_check(storage::Database& database, const Sealer& sealer) {
  NEXUS_ASSIGN(const auto sealed, sealer.seal(kKnownText, kName));
  const std::array args{to_value(kName), blob_value(sealed)};
  auto stored = database.exec("INSERT INTO host_settings (name, value) VALUES (?, ?)", args,
                              storage::Clock::now() + kStartDeadline);
  if (!stored.ok()) return std::move(stored).error();
  return {};
}

}  // namespace

Result<MasterKey> open_master_key(const std::string& data_dir, storage::Database& database) {
  NEXUS_ASSIGN(auto migrator, storage::Migrator::open(database));
  NEXUS_TRY(migrator.migrate("host", steps(database.dialect())));
  NEXUS_ASSIGN(const auto check, stored_check(database));
  NEXUS_ASSIGN(auto key, MasterKey::open(data_dir + "/master.key", !check.has_value()));
  const Sealer sealer(key, "host");
  if (!check) {
    NEXUS_TRY(store_check(database, sealer));
  } else if (const auto opened = sealer.open(*check, kName); !opened.ok() || opened->view() != kKnownText) {
    return Error(Status::denied, "the master key " + data_dir + "/master.key is not the one that sealed this database");
  }
  return key;
}

}  // namespace nexus::core
