#include "second_factor_store.h"

#include "affected_rows.h"

namespace nexus::auth {
namespace {

Result<void> write_recovery_codes(const Sql& sql, std::int64_t user_id, const std::vector<std::string>& hashes) {
  NEXUS_TRY(sql.exec("DELETE FROM auth_recovery_codes WHERE user_id = ?", user_id));
  for (const auto& hash : hashes) {
    NEXUS_TRY(sql.exec("INSERT INTO auth_recovery_codes (user_id, hash) VALUES (?, ?)", user_id, hash));
  }
  return {};
}

}  // namespace

Result<std::optional<Factor>> SecondFactorStore::find(std::int64_t user_id) const {
  return sql_.first(
      [](const Row& row) {
        return Factor{row.integer(0), row.string(1), row.integer(2), row.optional_integer(3), row.integer(4)};
      },
      "SELECT user_id, sealed, created_us, enabled_us, last_step FROM auth_factors WHERE user_id = ?", user_id);
}

Result<void> SecondFactorStore::set_up(const Factor& factor) const {
  NEXUS_ASSIGN(auto transaction, sql_.begin());
  NEXUS_TRY(transaction.exec("DELETE FROM auth_factors WHERE user_id = ? AND enabled_us IS NULL", factor.user_id));
  NEXUS_TRY(transaction.exec("INSERT INTO auth_factors (user_id, sealed, created_us, last_step) VALUES (?, ?, ?, 0)",
                             factor.user_id, Blob{factor.sealed}, factor.created_us));
  return transaction.commit();
}

Result<bool> SecondFactorStore::enable(const Factor& factor, std::int64_t step,
                                       const std::vector<std::string>& code_hashes) const {
  NEXUS_ASSIGN(auto transaction, sql_.begin());
  NEXUS_ASSIGN(const bool done,
               any_affected(transaction.exec("UPDATE auth_factors SET enabled_us = ?, last_step = ? "
                                             "WHERE user_id = ? AND enabled_us IS NULL AND sealed = ?",
                                             factor.enabled_us, step, factor.user_id, Blob{factor.sealed})));
  if (!done) return false;
  NEXUS_TRY(write_recovery_codes(transaction, factor.user_id, code_hashes));
  NEXUS_TRY(transaction.commit());
  return true;
}

Result<bool> SecondFactorStore::take_step(std::int64_t user_id, std::int64_t step) const {
  return any_affected(
      sql_.exec("UPDATE auth_factors SET last_step = ? WHERE user_id = ? AND enabled_us IS NOT NULL AND last_step < ?",
                step, user_id, step));
}

Result<bool> SecondFactorStore::take_code(std::int64_t user_id, std::string_view hash) const {
  return any_affected(sql_.exec("DELETE FROM auth_recovery_codes WHERE user_id = ? AND hash = ?", user_id, hash));
}

Result<void> SecondFactorStore::replace_codes(std::int64_t user_id, const std::vector<std::string>& hashes) const {
  NEXUS_ASSIGN(auto transaction, sql_.begin());
  NEXUS_TRY(write_recovery_codes(transaction, user_id, hashes));
  return transaction.commit();
}

Result<std::int64_t> SecondFactorStore::count_codes(std::int64_t user_id) const {
  return sql_.number("SELECT COUNT(*) FROM auth_recovery_codes WHERE user_id = ?", user_id);
}

Result<bool> SecondFactorStore::remove(std::int64_t user_id) const {
  NEXUS_ASSIGN(auto transaction, sql_.begin());
  NEXUS_TRY(write_recovery_codes(transaction, user_id, {}));
  NEXUS_ASSIGN(const bool done, any_affected(transaction.exec("DELETE FROM auth_factors WHERE user_id = ?", user_id)));
  NEXUS_TRY(transaction.commit());
  return done;
}

Result<std::int64_t> SecondFactorStore::remove_pending(std::int64_t created_before_us, std::int64_t limit) const {
  // the inner table has a name because MySQL does not delete from a table that it reads
  NEXUS_ASSIGN(const auto done,
               sql_.exec("DELETE FROM auth_factors WHERE user_id IN (SELECT user_id FROM (SELECT user_id "
                         "FROM auth_factors WHERE enabled_us IS NULL AND created_us < ? LIMIT ?) AS pending)",
                         created_before_us, limit));
  return done.affected;
}

}  // namespace nexus::auth
