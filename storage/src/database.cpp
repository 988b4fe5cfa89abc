#include "connection.h"
#include "mysql_connection.h"
#include "pool.h"
#include "schema_sessions.h"
#include "sqlite_connection.h"
#include "transaction.h"
#include "url.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>

namespace nexus::storage {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// A schema change of a large table takes minutes; a server that is gone is noticed by its closed connection.
constexpr minutes kLongestSchemaChange{30};
// The wait for another process's lock on the schema is one statement as well.
constexpr seconds kSchemaLockWait{60};
constexpr seconds kOpenDeadline{10};

class PooledDatabase : public Database {
 public:
  // `writers` is null where every connection writes.
  PooledDatabase(Dialect dialect, std::unique_ptr<Pool> readers, std::unique_ptr<Pool> writers)
      : dialect_(dialect), readers_(std::move(readers)), writers_(std::move(writers)) {}

  Dialect dialect() const noexcept override { return dialect_; }

  Result<ExecResult> exec(std::string_view sql, Args args, Clock::time_point deadline) override {
    NEXUS_ASSIGN(const Lease lease, writers().lease(deadline));
    return lease->exec(sql, args, deadline);
  }

  Result<std::unique_ptr<Rows>> query(std::string_view sql, Args args, bool writes,
                                      Clock::time_point deadline) override {
    NEXUS_ASSIGN(Lease lease, (writes ? writers() : *readers_).lease(deadline));
    auto rows = lease->query(sql, args, deadline);
    if (!rows.ok()) return std::move(rows).error();
    (*rows)->hold(std::move(lease));
    return std::unique_ptr<Rows>(std::move(rows).value());
  }

  Result<std::unique_ptr<Transaction>> begin(Clock::time_point deadline) override {
    NEXUS_ASSIGN(Lease lease, writers().lease(deadline));
    NEXUS_TRY(lease->begin(deadline));
    return std::unique_ptr<Transaction>(std::make_unique<PooledTransaction>(std::move(lease), deadline));
  }

  Result<void> ping(Clock::time_point deadline) override {
    auto rows = query("SELECT 1", {}, false, deadline);
    if (!rows.ok()) return std::move(rows).error();
    return {};
  }

 private:
  Pool& writers() noexcept { return writers_ ? *writers_ : *readers_; }

  const Dialect dialect_;
  std::unique_ptr<Pool> readers_;
  std::unique_ptr<Pool> writers_;
};

// Each statement on its own; see SchemaSessions.
class SchemaSession final : public Transaction {
 public:
  explicit SchemaSession(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}

  Result<ExecResult> exec(std::string_view sql, Args args) override {
    return connection_->exec(sql, args, Clock::time_point::max());
  }
  Result<std::unique_ptr<Rows>> query(std::string_view sql, Args args) override {
    auto rows = connection_->query(sql, args, Clock::time_point::max());
    if (!rows.ok()) return std::move(rows).error();
    return std::unique_ptr<Rows>(std::move(rows).value());
  }
  Result<void> commit() override { return {}; }
  void rollback() noexcept override {}

 private:
  std::unique_ptr<Connection> connection_;
};

class MysqlDatabase final : public PooledDatabase, public SchemaSessions {
 public:
  MysqlDatabase(Location location, std::unique_ptr<Pool> connections)
      : PooledDatabase(Dialect::mysql, std::move(connections), nullptr), location_(std::move(location)) {}

  Result<std::unique_ptr<Transaction>> open_schema_session() override {
    const MysqlTimeouts timeouts{kLongestSchemaChange, kLongestSchemaChange, kSchemaLockWait};
    NEXUS_ASSIGN(auto connection, MysqlConnection::open(location_, timeouts, Clock::now() + kOpenDeadline));
    return std::unique_ptr<Transaction>(std::make_unique<SchemaSession>(std::move(connection)));
  }

 private:
  const Location location_;
};

// With mode 0600, which SQLite also gives the files that it makes beside it.
Result<void> create_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (file < 0) return Error(Status::unavailable, std::strerror(errno));
  ::close(file);
  return {};
}

// The mode of the log is kept in the file; a file system without shared memory refuses it, and then nothing here holds.
Result<void> require_wal(Database& database) {
  NEXUS_ASSIGN(const auto rows, database.query("PRAGMA journal_mode", {}, true, Clock::now() + kOpenDeadline));
  NEXUS_ASSIGN(const auto cells, rows->fetch());
  if (cells.empty() || cells[0].type != NX_V_TEXT || std::string_view(cells[0].u.s.ptr, cells[0].u.s.len) != "wal") {
    return Error(Status::unavailable, "the file system does not support SQLite's write-ahead log");
  }
  return {};
}

Result<std::unique_ptr<Database>> open_sqlite(const Location& location, const DatabaseOptions& options) {
  NEXUS_TRY(create_file(location.path));
  const auto pool = [&](unsigned size, SqliteRole role) {
    return std::make_unique<Pool>(size, options.lease_timeout,
                                  [path = location.path, role, lock_timeout = options.lease_timeout](auto) {
                                    return SqliteConnection::open(path, role, lock_timeout);
                                  });
  };
  auto database = std::make_unique<PooledDatabase>(Dialect::sqlite, pool(options.readers, SqliteRole::reader),
                                                   pool(1, SqliteRole::writer));
  NEXUS_TRY(require_wal(*database));
  return std::unique_ptr<Database>(std::move(database));
}

// The client library is not ready for a first use by several threads at once.
void initialise_mysql_library() {
  static std::once_flag once;
  std::call_once(once, [] { mysql_library_init(0, nullptr, nullptr); });
}

Result<std::unique_ptr<Database>> open_mysql(const Location& location, const DatabaseOptions& options) {
  initialise_mysql_library();
  MysqlTimeouts timeouts;
  timeouts.network = std::max(options.network_timeout, seconds(1));
  timeouts.statement = milliseconds(timeouts.network) - milliseconds(500);
  timeouts.lock = std::max(timeouts.network - seconds(1), seconds(1));
  auto pool = std::make_unique<Pool>(
      options.readers, options.lease_timeout,
      [location, timeouts](Clock::time_point deadline) { return MysqlConnection::open(location, timeouts, deadline); });
  return std::unique_ptr<Database>(std::make_unique<MysqlDatabase>(location, std::move(pool)));
}

}  // namespace

Result<std::unique_ptr<Database>> Database::open(const DatabaseOptions& options) {
  NEXUS_ASSIGN(const Location location, parse_url(options.url));
  auto database = location.dialect == Dialect::sqlite ? open_sqlite(location, options) : open_mysql(location, options);
  if (database.ok()) {
    if (auto alive = (*database)->ping(Clock::now() + kOpenDeadline); !alive.ok()) database = std::move(alive).error();
  }
  if (!database.ok()) {
    return Error(database.error().status(), "cannot open " + location.shown() + ": " + database.error().reason());
  }
  return database;
}

}  // namespace nexus::storage
