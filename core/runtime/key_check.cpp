#include "core/runtime/key_check.h"

#include "core/runtime/host_schema.h"
#include "core/runtime/sealer.h"

#include <nexus/cpp/str.h>

#include <array>
#include <chrono>
#include <optional>

namespace nexus::core {
namespace {

constexpr std::chrono::seconds kStartDeadline{10};
constexpr std::string_view kName = "master_key_check";
constexpr std::string_view kKnownText = "nexuspanel master key 1";

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
  NEXUS_TRY(migrator.migrate("host", host_schema(database.dialect())));
  NEXUS_ASSIGN(auto check, stored_check(database));
  NEXUS_ASSIGN(auto key, MasterKey::open(data_dir + "/master.key", !check.has_value()));
  const Sealer sealer(key, "host");
  if (!check) {
    const auto stored = store_check(database, sealer);
    // A conflict: another process that began at the same time was first, and has made the same key.
    if (!stored.ok() && stored.error().status() != Status::conflict) return stored.error();
    NEXUS_ASSIGN(check, stored_check(database));
  }
  const auto opened = check ? sealer.open(*check, kName) : Result<SecretString>(Error(Status::not_found));
  if (!opened.ok() || opened->view() != kKnownText) {
    return Error(Status::denied, "the master key " + data_dir + "/master.key is not the one that sealed this database");
  }
  return key;
}

}  // namespace nexus::core
