#include "guess_store.h"

namespace nexus::users {
namespace {

// More than an account ever has: what a log-in forgets at once.
constexpr std::int64_t kManyNetworks = 100;

GuessRow read_row(const Row& row) {
  return {
      row.integer(0), row.string(1), row.integer(2), {row.integer(3), row.integer(4), row.integer(5), row.integer(6)}};
}

Result<void> done(const Result<ExecResult>& result) {
  if (!result.ok()) return result.error();
  return {};
}

}  // namespace

Result<std::vector<GuessRow>> GuessStore::find(std::int64_t account_id, std::string_view network) const {
  return sql_.all(read_row,
                  "SELECT id, network, known_us, failures, closings, closed_until_us, last_failure_us "
                  "FROM users_guesses WHERE account_id = ? AND network IN ('', ?)",
                  account_id, network);
}

Result<void> GuessStore::insert(std::int64_t account_id, const GuessRow& row) const {
  return done(
      sql_.exec("INSERT INTO users_guesses (account_id, network, known_us, failures, closings, "
                "closed_until_us, last_failure_us) VALUES (?, ?, ?, ?, ?, ?, ?)",
                account_id, row.network, row.known_us, row.counter.failures, row.counter.closings,
                row.counter.closed_until_us, row.counter.last_failure_us));
}

Result<bool> GuessStore::replace(std::int64_t row_id, const GuessCounter& from, const GuessCounter& to) const {
  NEXUS_ASSIGN(const auto changed,
               sql_.exec("UPDATE users_guesses SET failures = ?, closings = ?, closed_until_us = ?, "
                         "last_failure_us = ? WHERE id = ? AND failures = ? AND closings = ? "
                         "AND closed_until_us = ? AND last_failure_us = ?",
                         to.failures, to.closings, to.closed_until_us, to.last_failure_us, row_id, from.failures,
                         from.closings, from.closed_until_us, from.last_failure_us));
  return changed.affected != 0;
}

Result<void> GuessStore::write_in_vain(std::int64_t now_us) const {
  return done(
      sql_.exec("UPDATE users_guesses SET failures = failures + 1, last_failure_us = ? "
                "WHERE account_id = 0 AND network = ''",
                now_us));
}

Result<void> GuessStore::know(std::int64_t row_id, std::int64_t now_us) const {
  return done(
      sql_.exec("UPDATE users_guesses SET known_us = ?, failures = 0, closings = 0, closed_until_us = 0, "
                "last_failure_us = 0 WHERE id = ?",
                now_us, row_id));
}

Result<void> GuessStore::remove_row(std::int64_t row_id) const {
  return done(sql_.exec("DELETE FROM users_guesses WHERE id = ?", row_id));
}

Result<void> GuessStore::forget_oldest(std::int64_t account_id, std::int64_t kept) const {
  NEXUS_ASSIGN(const auto ids, sql_.all([](const Row& row) { return row.integer(0); },
                                        "SELECT id FROM users_guesses WHERE account_id = ? AND network <> '' "
                                        "ORDER BY known_us DESC, id DESC LIMIT ? OFFSET ?",
                                        account_id, kManyNetworks, kept));
  for (const auto id : ids) NEXUS_TRY(remove_row(id));
  return {};
}

Result<void> GuessStore::reset(std::int64_t account_id) const {
  return done(
      sql_.exec("UPDATE users_guesses SET failures = 0, closings = 0, closed_until_us = 0, "
                "last_failure_us = 0 WHERE account_id = ?",
                account_id));
}

Result<void> GuessStore::remove(std::int64_t account_id) const {
  return done(sql_.exec("DELETE FROM users_guesses WHERE account_id = ?", account_id));
}

Result<std::int64_t> GuessStore::remove_old(std::int64_t failed_before_us, std::int64_t known_before_us,
                                            std::int64_t limit) const {
  // the inner table has a name because MySQL does not delete from a table that it reads
  NEXUS_ASSIGN(const auto removed,
               sql_.exec("DELETE FROM users_guesses WHERE id IN (SELECT id FROM (SELECT id FROM users_guesses WHERE "
                         "account_id <> 0 AND ((network = '' AND last_failure_us < ?) OR (network <> '' AND "
                         "known_us < ?)) ORDER BY id LIMIT ?) AS old)",
                         failed_before_us, known_before_us, limit));
  return removed.affected;
}

}  // namespace nexus::users
