#include "key_service.h"

#include "in_use.h"
#include "input_rules.h"
#include "server_store.h"
#include "ssh/private_key.h"

#include <nexus/cpp/etag.h>

namespace nexus::servers {
namespace {

Error key_fault(ssh::KeyFault fault) {
  switch (fault) {
    case ssh::KeyFault::malformed: return Error::field("private_key", "format", "servers.key_malformed");
    case ssh::KeyFault::unsupported: return Error::field("private_key", "supported", "servers.key_unsupported");
    case ssh::KeyFault::passphrase_missing: return Error::field("passphrase", "required", "servers.passphrase_missing");
    case ssh::KeyFault::passphrase_wrong: return Error::field("passphrase", "matches", "servers.passphrase_wrong");
  }
  return Error(Status::internal);
}

Error key_name_explained(const Error& error) {
  return error.status() == Status::conflict ? Error::api(code::kExists, "servers.key_name_taken") : error;
}

Result<ssh::PrivateKey> make_or_load(const NewKey& key) {
  if (key.private_key.has_value() == key.generate.has_value()) {
    return Error::field("private_key", "oneOf", "servers.key_or_generate");
  }
  if (key.generate) return ssh::PrivateKey::generate_ed25519();
  const auto passphrase = key.passphrase ? std::optional(key.passphrase->view()) : std::nullopt;
  auto loaded = ssh::PrivateKey::load(key.private_key->view(), passphrase);
  if (const auto* fault = std::get_if<ssh::KeyFault>(&loaded)) return key_fault(*fault);
  return std::get<ssh::PrivateKey>(std::move(loaded));
}

// In a transaction: nobody else changes it until that ends.
Result<SshKey> held_key(const KeyStore& store, const Scope& scope, std::int64_t id, const Precondition& wanted) {
  NEXUS_TRY(store.hold(id));
  NEXUS_ASSIGN(auto key, existing(store.find(scope, id)));
  NEXUS_TRY(require(wanted, key.updated_us));
  return key;
}

}  // namespace

Result<KeyPage> KeyService::list(std::int64_t limit, std::int64_t offset) const {
  return page_of<SshKey>(store_, scope_, limit, offset);
}

Result<SshKey> KeyService::get(std::int64_t id) const { return existing(store_.find(scope_, id)); }

Result<SshKey> KeyService::add(const NewKey& wanted, std::int64_t now_us) const {
  if (!is_name(wanted.name)) return Error::field("name", "format", "servers.name_invalid");
  NEXUS_ASSIGN(const auto private_key, make_or_load(wanted));
  SshKey key;
  key.owner_user_id = scope_.user_id;
  key.name = wanted.name;
  key.type = private_key.type();
  key.fingerprint = private_key.fingerprint();
  key.public_key = private_key.public_line();
  key.created_us = key.updated_us = now_us;
  const SecretString pem(private_key.to_pem());
  NEXUS_ASSIGN(auto transaction, sql_.begin());
  const KeyStore store(transaction);
  const auto id = store.insert(key);
  if (!id.ok()) return key_name_explained(id.error());
  key.id = *id;
  NEXUS_ASSIGN(const auto sealed, secrets_.seal(pem.view(), key_context(key.id)));
  NEXUS_TRY(store.set_private_key(key.id, sealed));
  NEXUS_TRY(transaction.commit());
  return key;
}

Result<Changed<SshKey>> KeyService::rename(std::int64_t id, std::string_view name, std::int64_t now_us,
                                           const Precondition& wanted) const {
  NEXUS_ASSIGN(auto transaction, sql_.begin());
  const KeyStore store(transaction);
  NEXUS_ASSIGN(auto before, held_key(store, scope_, id, wanted));
  if (!is_name(name)) return Error::field("name", "format", "servers.name_invalid");
  auto key = before;
  key.name = name;
  key.updated_us = moved_on(now_us, before.updated_us);
  if (const auto renamed = store.rename(key); !renamed.ok()) return key_name_explained(renamed.error());
  NEXUS_TRY(transaction.commit());
  return Changed<SshKey>{std::move(key), std::move(before)};
}

Result<SshKey> KeyService::remove(std::int64_t id, const Precondition& wanted) const {
  auto removed = remove_unused(id, wanted);
  // One of another state is explained already.
  const bool is_used = !removed.ok() && removed.error().status() == Status::conflict;
  if (!is_used || !removed.error().details_key().empty()) return removed;
  NEXUS_ASSIGN(const auto users, ServerStore(sql_).with_key(scope_, id));
  return in_use("servers.key_in_use", users);
}

Result<SshKey> KeyService::remove_unused(std::int64_t id, const Precondition& wanted) const {
  NEXUS_ASSIGN(auto transaction, sql_.begin());
  const KeyStore store(transaction);
  NEXUS_ASSIGN(auto key, held_key(store, scope_, id, wanted));
  NEXUS_TRY(store.remove(id));
  NEXUS_TRY(transaction.commit());
  return key;
}

}  // namespace nexus::servers
