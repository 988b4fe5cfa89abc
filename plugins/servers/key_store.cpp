#include "key_store.h"

namespace nexus::servers {
namespace {

constexpr std::string_view kSelectKeys =
    "SELECT id, owner_user_id, name, type, fingerprint, public_key, created_us, updated_us FROM servers_ssh_keys ";

SshKey read_key(const Row& row) {
  return {row.integer(0), row.integer(1), row.string(2),  row.string(3),
          row.string(4),  row.string(5),  row.integer(6), row.integer(7)};
}

}  // namespace

Result<std::vector<SshKey>> KeyStore::list(const Scope& scope, std::int64_t limit, std::int64_t offset) const {
  return sql_.all(read_key,
                  std::string(kSelectKeys) + "WHERE ? = 1 OR owner_user_id = ? ORDER BY name, id LIMIT ? OFFSET ?",
                  scope.everything, scope.user_id, limit, offset);
}

Result<std::int64_t> KeyStore::count(const Scope& scope) const {
  return sql_.number("SELECT COUNT(*) FROM servers_ssh_keys WHERE ? = 1 OR owner_user_id = ?", scope.everything,
                     scope.user_id);
}

Result<std::optional<SshKey>> KeyStore::find(const Scope& scope, std::int64_t id) const {
  return sql_.first(read_key, std::string(kSelectKeys) + "WHERE id = ? AND (? = 1 OR owner_user_id = ?)", id,
                    scope.everything, scope.user_id);
}

Result<std::int64_t> KeyStore::insert(const SshKey& key) const {
  NEXUS_ASSIGN(const auto done,
               sql_.exec("INSERT INTO servers_ssh_keys (owner_user_id, name, type, fingerprint, public_key, "
                         "created_us, updated_us) VALUES (?, ?, ?, ?, ?, ?, ?)",
                         key.owner_user_id, key.name, key.type, key.fingerprint, key.public_key, key.created_us,
                         key.updated_us));
  return done.last_id;
}

Result<void> KeyStore::set_private_key(std::int64_t id, std::string_view sealed) const {
  NEXUS_TRY(sql_.exec("UPDATE servers_ssh_keys SET private_key_sealed = ? WHERE id = ?", Blob{sealed}, id));
  return {};
}

Result<void> KeyStore::rename(std::int64_t id, std::string_view name, std::int64_t now_us) const {
  NEXUS_TRY(sql_.exec("UPDATE servers_ssh_keys SET name = ?, updated_us = ? WHERE id = ?", name, now_us, id));
  return {};
}

Result<std::vector<KeyUser>> KeyStore::used_by(std::int64_t id) const {
  return sql_.all(
      [](const Row& row) {
        return KeyUser{row.integer(0), row.string(1)};
      },
      "SELECT id, name FROM servers_servers WHERE ssh_key_id = ? ORDER BY id LIMIT ?", id, kMaxUsersNamed);
}

Result<void> KeyStore::remove(std::int64_t id) const {
  NEXUS_TRY(sql_.exec("DELETE FROM servers_ssh_keys WHERE id = ?", id));
  return {};
}

}  // namespace nexus::servers
