#include "key_store.h"

#include "random_ids.h"

namespace nexus::auth {
namespace {

constexpr std::size_t kKeyIdBytes = 8;

struct SealedKey {
  std::string kid;
  std::string sealed;
  std::int64_t created_us = 0;
};

// A row opens only as itself.
std::string seal_context(std::string_view kid) { return "auth_keys/" + std::string(kid); }

Result<std::vector<SealedKey>> read_keys(const Sql& sql) {
  return sql.all(
      [](const Row& row) {
        return SealedKey{row.string(0), row.string(1), row.integer(2)};
      },
      "SELECT kid, sealed, created_us FROM auth_keys ORDER BY created_us DESC LIMIT ?", kMaxKeys);
}

Result<void> make_key(const Host& host, const Sql& sql, std::int64_t created_us) {
  const auto kid = random_hex(kKeyIdBytes);
  NEXUS_ASSIGN(const auto sealed, seal(host, random_bytes(kSigningKeyBytes).view(), seal_context(kid)));
  NEXUS_TRY(
      sql.exec("INSERT INTO auth_keys (kid, sealed, created_us) VALUES (?, ?, ?)", kid, Blob{sealed}, created_us));
  return {};
}

}  // namespace

Result<KeyRing> load_keys(Call& call) {
  const auto& host = call.host();
  const Sql sql(call);
  NEXUS_ASSIGN(auto rows, read_keys(sql));
  if (rows.empty()) {
    NEXUS_TRY(make_key(host, sql, host.now_us()));
    // read back: another panel on the same database may have made one too
    NEXUS_ASSIGN(rows, read_keys(sql));
  }
  std::vector<SigningKey> keys;
  for (const auto& row : rows) {
    auto secret = open_sealed(host, row.sealed, seal_context(row.kid));
    if (!secret.ok()) return Error(secret.error().status(), "signing key " + row.kid + " cannot be opened");
    keys.push_back({row.kid, std::move(secret).value(), row.created_us, {}});
  }
  return KeyRing::from(std::move(keys));
}

Result<void> add_key(Call& call, std::int64_t created_us) {
  const Sql sql(call);
  NEXUS_ASSIGN(const auto count, sql.number("SELECT COUNT(*) FROM auth_keys"));
  if (count >= kMaxKeys) return Error::api(code::kWrongState, "auth.too_many_keys");
  return make_key(call.host(), sql, created_us);
}

Result<void> remove_key(Call& call, std::string_view kid) {
  NEXUS_TRY(Sql(call).exec("DELETE FROM auth_keys WHERE kid = ?", kid));
  return {};
}

}  // namespace nexus::auth
