#include "checksum.h"
#include "migration_store.h"
#include "mysql_error.h"
#include "schema_sessions.h"

#include <nexus/cpp/str.h>
#include <nexus/storage/migrations.h>

#include <mysqld_error.h>

#include <algorithm>
#include <array>
#include <thread>

namespace nexus::storage {
namespace {

// Another process may be at a long step.
constexpr std::chrono::seconds kLockWait{60};
// A step over a large table takes minutes; it runs before anybody is served.
constexpr std::chrono::minutes kLongestStep{30};

Error wrong(std::string reason) { return Error(Status::internal, "migrations of " + std::move(reason)); }

std::string step_name(const std::string& owner, const Migration& step) {
  return owner + ", version " + std::to_string(step.version) + " (" + step.name + ")";
}

// SQLite's write lock is the transaction's own; waiting for it longer than a request would takes several attempts.
Result<std::unique_ptr<Transaction>> begin_patiently(Database& database) {
  const auto give_up = Clock::now() + kLockWait;
  for (;;) {
    auto change = database.begin(Clock::now() + kLongestStep);
    if (change.ok() || change.error().status() != Status::busy || Clock::now() >= give_up) return change;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

Result<void> take_schema_lock(Transaction& session) {
  const std::array args = {to_value(std::int64_t{kLockWait.count()})};
  // Names of locks are the server's: one for each database, ended with the session.
  NEXUS_ASSIGN(const auto rows,
               session.query("SELECT GET_LOCK(CONCAT('nexus_migrations.', MD5(DATABASE())), ?)", args));
  NEXUS_ASSIGN(const auto cells, rows->fetch());
  if (cells.empty() || cells[0].type != NX_V_I64 || cells[0].u.i != 1) {
    return Error(Status::busy, "another process is changing the schema");
  }
  return {};
}

// The right to change the schema, until its end.
Result<std::unique_ptr<Transaction>> open_change(Database& database) {
  auto* sessions = dynamic_cast<SchemaSessions*>(&database);
  if (sessions == nullptr) return begin_patiently(database);
  NEXUS_ASSIGN(auto session, sessions->open_schema_session());
  NEXUS_TRY(take_schema_lock(*session));
  return session;
}

Result<void> check_versions(const std::string& owner, const std::vector<Migration>& steps) {
  for (std::size_t at = 0; at < steps.size(); ++at) {
    if (steps[at].version != at + 1) {
      return wrong(owner + ": version " + std::to_string(at + 1) + " is missing, " + std::to_string(steps[at].version) +
                   " stands in its place");
    }
  }
  return {};
}

Result<void> check_history(const std::string& owner, const std::vector<AppliedMigration>& applied,
                           const std::vector<Migration>& steps) {
  for (std::size_t at = 0; at < applied.size(); ++at) {
    if (applied[at].version != at + 1) return wrong(owner + ": the history has a gap at " + std::to_string(at + 1));
    if (at >= steps.size()) {
      return wrong(owner + ": the database is at version " + std::to_string(applied.back().version) +
                   ", this program knows only " + std::to_string(steps.size()));
    }
    if (const std::string now = checksum(steps[at].up); now != applied[at].checksum) {
      return wrong(step_name(owner, steps[at]) + ": its text has changed since it was applied: " +
                   applied[at].checksum + " was applied, " + now + " is now");
    }
  }
  return {};
}

// A step that was cut off in one direction is finished in that direction before anything else.
Result<void> check_cut_off(const std::string& owner, const std::vector<StatementRecord>& records, std::size_t applied,
                           std::string_view direction) {
  for (const StatementRecord& record : records) {
    const bool going_up = record.direction == kUp;
    const bool unfinished = going_up ? record.version > applied : record.version <= applied;
    if (unfinished && record.direction != direction) {
      return wrong(owner + ": version " + std::to_string(record.version) + " was cut off on its way " +
                   record.direction + ": finish that first");
    }
  }
  return {};
}

// Whether a statement that was begun by a process that died has taken place: its own trace is in the way.
bool took_place(const Error& error) {
  switch (mysql_error_number(error)) {
    case ER_TABLE_EXISTS_ERROR:
    case ER_BAD_TABLE_ERROR:
    case ER_DUP_FIELDNAME:
    case ER_DUP_KEYNAME:
    case ER_CANT_DROP_FIELD_OR_KEY:
    case ER_TRG_ALREADY_EXISTS:
    case ER_TRG_DOES_NOT_EXIST:
    case ER_SP_ALREADY_EXISTS:
    case ER_SP_DOES_NOT_EXIST: return true;
    default: return false;
  }
}

// Runs the statements of one step, behind those that are recorded as done.
class StepRun {
 public:
  StepRun(Transaction& change, Dialect dialect, MigrationStore& store, std::string name)
      : change_(change), commits_by_itself_(dialect == Dialect::mysql), store_(store), name_(std::move(name)) {}

  Result<void> run(std::uint32_t version, std::string_view direction, const std::string& script,
                   const std::vector<StatementRecord>& records) {
    std::uint32_t position = 0;
    for (const std::string& statement : split_statements(script)) {
      const StatementRecord wanted{version, std::string(direction), ++position, checksum(statement), false};
      const auto found = std::find_if(records.begin(), records.end(), [&](const StatementRecord& record) {
        return record.version == version && record.direction == direction && record.position == position;
      });
      NEXUS_TRY(run_one(statement, wanted, found == records.end() ? nullptr : &*found));
    }
    return {};
  }

 private:
  Result<void> run_one(const std::string& statement, const StatementRecord& wanted, const StatementRecord* recorded) {
    if (recorded != nullptr && recorded->done) {
      if (recorded->checksum == wanted.checksum) return {};
      return wrong(name_ + ": statement " + std::to_string(wanted.position) +
                   " has changed since the step was cut off behind it: " + recorded->checksum + " was run, " +
                   wanted.checksum + " is now");
    }
    // What is recorded as begun and reads otherwise now was mended by its author: it runs as new.
    const bool again = recorded != nullptr && recorded->checksum == wanted.checksum;
    if (recorded != nullptr && !again) NEXUS_TRY(store_.forget_statement(wanted));
    if (!again) NEXUS_TRY(store_.begin_statement(wanted));
    NEXUS_TRY(execute(statement, wanted, again));
    return {};
  }

  Result<void> execute(const std::string& statement, const StatementRecord& wanted, bool again) {
    // A statement that changes rows commits together with its record; one that changes the schema commits on its way.
    NEXUS_TRY(control("START TRANSACTION"));
    auto done = change_.exec(statement, {});
    if (!done.ok() && !(again && took_place(done.error()))) {
      Error error = std::move(done).error();
      // The database has answered, so it is known that nothing happened; otherwise the record stays for the next start.
      if (commits_by_itself_ && error.status() != Status::unavailable) {
        NEXUS_TRY(control("ROLLBACK"));
        NEXUS_TRY(store_.forget_statement(wanted));
      }
      std::string reason =
          "migrations of " + name_ + ", statement " + std::to_string(wanted.position) + ": " + error.reason();
      return std::move(error).because(std::move(reason));
    }
    NEXUS_TRY(store_.finish_statement(wanted));
    return control("COMMIT");
  }

  // SQLite runs the whole step in the one transaction that it already has.
  Result<void> control(std::string_view sql) {
    if (!commits_by_itself_) return {};
    auto done = change_.exec(sql, {});
    if (!done.ok()) return std::move(done).error();
    return {};
  }

  Transaction& change_;
  const bool commits_by_itself_;
  MigrationStore& store_;
  const std::string name_;
};

}  // namespace

Result<Migrator> Migrator::open(Database& database) {
  NEXUS_ASSIGN(auto change, open_change(database));
  for (const std::string& table : history_tables(database.dialect())) {
    if (auto done = change->exec(table, {}); !done.ok()) return std::move(done).error();
  }
  NEXUS_TRY(change->commit());
  return Migrator(database);
}

Result<void> Migrator::migrate(const std::string& owner, const std::vector<Migration>& steps) {
  NEXUS_TRY(check_versions(owner, steps));
  for (;;) {
    NEXUS_ASSIGN(auto change, open_change(*database_));
    MigrationStore store(*change, owner);
    NEXUS_ASSIGN(const auto applied, store.history());
    NEXUS_TRY(check_history(owner, applied, steps));
    NEXUS_ASSIGN(const auto records, store.records());
    NEXUS_TRY(check_cut_off(owner, records, applied.size(), kUp));
    if (applied.size() == steps.size()) return {};
    const Migration& step = steps[applied.size()];
    StepRun run(*change, database_->dialect(), store, step_name(owner, step));
    NEXUS_TRY(run.run(step.version, kUp, step.up, records));
    NEXUS_TRY(store.add_step(step));
    NEXUS_TRY(change->commit());
  }
}

Result<void> Migrator::revert(const std::string& owner, const std::vector<Migration>& steps, std::uint32_t version) {
  NEXUS_TRY(check_versions(owner, steps));
  for (;;) {
    NEXUS_ASSIGN(auto change, open_change(*database_));
    MigrationStore store(*change, owner);
    NEXUS_ASSIGN(const auto applied, store.history());
    NEXUS_TRY(check_history(owner, applied, steps));
    NEXUS_ASSIGN(const auto records, store.records());
    NEXUS_TRY(check_cut_off(owner, records, applied.size(), kDown));
    if (applied.size() <= version) return {};
    const Migration& step = steps[applied.size() - 1];
    StepRun run(*change, database_->dialect(), store, step_name(owner, step));
    NEXUS_TRY(run.run(step.version, kDown, step.down, records));
    NEXUS_TRY(store.remove_step(step.version));
    NEXUS_TRY(change->commit());
  }
}

Result<std::vector<AppliedMigration>> Migrator::history(const std::string& owner) const {
  const std::array args = {to_value(std::string_view(owner))};
  NEXUS_ASSIGN(const auto rows, database_->query(kSelectHistory, args, false, Clock::now() + kLockWait));
  return read_history(*rows);
}

}  // namespace nexus::storage
