#include "key_store.h"

#include "visibility.h"

namespace nexus::servers {
namespace {

constexpr std::string_view kSelectKeys =
    "SELECT k.id, k.owner_user_id, k.name, k.type, k.fingerprint, k.public_key, k.created_us, k.updated_us "
    "FROM servers_ssh_keys k";

SshKey read_key(const Row& row) {
  return {row.integer(0), row.integer(1), row.string(2),  row.string(3),
          row.string(4),  row.string(5),  row.integer(6), row.integer(7)};
}

}  // namespace

Result<std::vector<SshKey>> KeyStore::list(const Scope& scope, std::int64_t limit, std::int64_t offset) const {
  Where where;
  add(where, sees_key(scope));
  where.bind(limit, offset);
  return sql_.all_values(read_key, std::string(kSelectKeys) + where.text() + " ORDER BY k.name, k.id LIMIT ? OFFSET ?",
                         where.args());
}

Result<std::int64_t> KeyStore::count(const Scope& scope) const {
  Where where;
  add(where, sees_key(scope));
  return sql_.number_values("SELECT COUNT(*) FROM servers_ssh_keys k" + where.text(), where.args());
}

Result<std::optional<SshKey>> KeyStore::find(const Scope& scope, std::int64_t id) const {
  Where where;
  where.add("k.id = ?", id);
  add(where, sees_key(scope));
  return first_of(sql_.all_values(read_key, std::string(kSelectKeys) + where.text(), where.args()));
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

Result<std::string> KeyStore::private_key(std::int64_t id) const {
  NEXUS_ASSIGN(const auto found,
               first_of(sql_.all([](const Row& row) { return row.string(0); },
                                 "SELECT private_key_sealed FROM servers_ssh_keys WHERE id = ?", id)));
  return found.value_or("");
}

Result<void> KeyStore::rename(const SshKey& key) const {
  NEXUS_TRY(
      sql_.exec("UPDATE servers_ssh_keys SET name = ?, updated_us = ? WHERE id = ?", key.name, key.updated_us, key.id));
  return {};
}

Result<void> KeyStore::hold(std::int64_t id) const {
  NEXUS_TRY(sql_.exec("UPDATE servers_ssh_keys SET updated_us = updated_us WHERE id = ?", id));
  return {};
}

Result<void> KeyStore::remove(std::int64_t id) const {
  NEXUS_TRY(sql_.exec("DELETE FROM servers_ssh_keys WHERE id = ?", id));
  return {};
}

}  // namespace nexus::servers
