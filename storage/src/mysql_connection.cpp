#include "mysql_connection.h"

#include "mysql_error.h"
#include "mysql_rows.h"
#include "sql_excerpt.h"

#include <sys/socket.h>

#include <mysqld_error.h>
#include <poll.h>

#include <algorithm>

namespace nexus::storage {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A failure this close to the network time-out was one.
constexpr milliseconds kTimeoutTolerance{100};
// The shortest time a statement is given: 0 would mean for ever.
constexpr milliseconds kShortestStatement{10};

seconds connect_timeout(const MysqlTimeouts& timeouts, Clock::time_point deadline) {
  const auto now = Clock::now();
  if (deadline >= now + timeouts.network) return timeouts.network;
  return std::max(std::chrono::ceil<seconds>(deadline - now), seconds(1));
}

}  // namespace

MysqlConnection::MysqlConnection(MysqlSession session, const MysqlTimeouts& timeouts)
    : session_(std::move(session)), timeouts_(timeouts), is_mariadb_(mariadb_connection(session_.handle) != 0) {}

MysqlConnection::~MysqlConnection() {
  // A server that does not answer is not asked to close its statements.
  if (health_ != Health::good) abandon();
  statements_.clear();
  cursor_statements_.clear();
}

Result<std::unique_ptr<Connection>> MysqlConnection::open(const Location& location, const MysqlTimeouts& timeouts,
                                                          Clock::time_point deadline) {
  NEXUS_ASSIGN(MysqlSession session,
               open_mysql_session(location, connect_timeout(timeouts, deadline), timeouts.network));
  std::unique_ptr<MysqlConnection> connection(new MysqlConnection(std::move(session), timeouts));
  NEXUS_TRY(connection->set_up());
  return std::unique_ptr<Connection>(std::move(connection));
}

Result<void> MysqlConnection::set_up() {
  const std::string lock = std::to_string(timeouts_.lock.count());
  NEXUS_TRY(
      run_text("SET SESSION sql_mode='STRICT_ALL_TABLES,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,"
               "ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', time_zone='+00:00', autocommit=1, "
               "innodb_lock_wait_timeout=" +
               lock + ", lock_wait_timeout=" + lock));
  return limit_time(Clock::time_point::max());
}

Result<ExecResult> MysqlConnection::exec(std::string_view sql, Args args, Clock::time_point deadline) {
  NEXUS_TRY(limit_time(deadline));
  auto started = start(sql, args);
  if (!started.ok()) {
    if (args.empty() && mysql_error_number(started.error()) == ER_UNSUPPORTED_PS) {
      NEXUS_TRY(run_text(sql));
      return result_of(mysql_affected_rows(session_.handle), mysql_insert_id(session_.handle));
    }
    return std::move(started).error();
  }
  MYSQL_STMT* handle = (*started)->handle();
  if (mysql_stmt_field_count(handle) > 0) {
    // A query's rows are nobody's wish here; reading and dropping them ends at the read time-out.
    if (mysql_stmt_free_result(handle) != 0) return statement_failure(**started, sql);
    return ExecResult{};
  }
  return result_of(mysql_stmt_affected_rows(handle), mysql_stmt_insert_id(handle));
}

Result<std::unique_ptr<LeasedRows>> MysqlConnection::query(std::string_view sql, Args args,
                                                           Clock::time_point deadline) {
  NEXUS_TRY(limit_time(deadline));
  const bool cursor = in_transaction();
  NEXUS_ASSIGN(std::shared_ptr<MysqlStatement> statement, start(sql, args));
  auto rows = std::make_unique<MysqlRows>(*this, std::move(statement), sql, cursor);
  NEXUS_TRY(rows->read_first());
  return std::unique_ptr<LeasedRows>(std::move(rows));
}

Result<void> MysqlConnection::begin(Clock::time_point deadline) {
  transaction_lost_ = false;
  NEXUS_TRY(limit_time(deadline));
  return run_text("START TRANSACTION");
}

Result<void> MysqlConnection::commit() { return run_text("COMMIT"); }

void MysqlConnection::rollback() noexcept {
  if (health_ == Health::good && !run_text("ROLLBACK").ok() && health_ == Health::good) health_ = Health::broken;
  transaction_lost_ = false;
}

bool MysqlConnection::in_transaction() const noexcept {
  return health_ == Health::good && !transaction_lost_ &&
         (session_.handle->server_status & SERVER_STATUS_IN_TRANS) != 0;
}

bool MysqlConnection::usable() noexcept {
  // An idle session has nothing to read: a byte or an end means that the server closed it.
  pollfd socket{mysql_get_socket(session_.handle), POLLIN | POLLRDHUP, 0};
  return poll(&socket, 1, 0) == 0;
}

Result<void> MysqlConnection::run_text(std::string_view sql) {
  started_ = Clock::now();
  if (mysql_real_query(session_.handle, sql.data(), sql.size()) != 0) {
    return failure(mysql_errno(session_.handle), mysql_error(session_.handle), sql);
  }
  return {};
}

Result<std::shared_ptr<MysqlStatement>> MysqlConnection::start(std::string_view sql, Args args) {
  started_ = Clock::now();
  const bool cursor = in_transaction();
  auto& cache = cursor ? cursor_statements_ : statements_;
  NEXUS_ASSIGN(std::shared_ptr<MysqlStatement> statement, prepare(cache, sql));
  if (args.size() != statement->parameters()) {
    return Error(Status::internal, "wrong number of parameters in: " + sql_excerpt(sql));
  }
  if (statement->execute(args, cursor) != 0) {
    Error error = statement_failure(*statement, sql);
    // The table behind it may have changed; a conflict or a lock says nothing about the statement.
    if (error.status() == Status::internal) cache.erase(sql);
    return error;
  }
  return statement;
}

Result<std::shared_ptr<MysqlStatement>> MysqlConnection::prepare(StatementCache<MysqlStatement>& cache,
                                                                 std::string_view sql) {
  if (const auto* cached = cache.find(sql)) {
    // One that still gives rows (to an outer loop) cannot be run again; that rare case gets a statement of its own.
    if (cached->use_count() == 1) return *cached;
    return prepare_new(sql);
  }
  NEXUS_ASSIGN(std::shared_ptr<MysqlStatement> statement, prepare_new(sql));
  cache.insert(sql, statement);
  return statement;
}

Result<std::shared_ptr<MysqlStatement>> MysqlConnection::prepare_new(std::string_view sql) {
  MYSQL_STMT* prepared = mysql_stmt_init(session_.handle);
  if (prepared == nullptr) return Error(Status::unavailable, "no memory for a statement");
  auto statement = std::make_shared<MysqlStatement>(prepared);
  if (mysql_stmt_prepare(prepared, sql.data(), sql.size()) != 0) return statement_failure(*statement, sql);
  return statement;
}

Result<void> MysqlConnection::limit_time(Clock::time_point deadline) {
  milliseconds limit = timeouts_.statement;
  if (deadline != Clock::time_point::max()) {
    const auto left = std::chrono::floor<milliseconds>(deadline - Clock::now());
    if (left <= milliseconds(0)) return Error(Status::timeout, "the deadline has passed");
    if (left < limit) limit = std::max(left, kShortestStatement);
  }
  // Most deadlines are further away than the usual limit, and then nothing is sent.
  if (limit == time_limit_) return {};
  const auto count = limit.count();
  NEXUS_TRY(run_text(is_mariadb_ ? "SET SESSION max_statement_time=" + std::to_string(count / 1000) + "." +
                                       std::to_string(1000 + count % 1000).substr(1)
                                 : "SET SESSION max_execution_time=" + std::to_string(count)));
  time_limit_ = limit;
  return {};
}

ExecResult MysqlConnection::result_of(std::uint64_t affected, std::uint64_t last_id) const {
  constexpr auto kNoCount = ~std::uint64_t{0};
  return {affected == kNoCount ? 0 : static_cast<std::int64_t>(affected), static_cast<std::int64_t>(last_id)};
}

Error MysqlConnection::failure(unsigned number, std::string_view message, std::string_view doing) {
  if (breaks_mysql_session(number)) {
    const bool late = Clock::now() - started_ >= timeouts_.network - kTimeoutTolerance;
    health_ = late ? Health::stalled : Health::broken;
  }
  if (number == ER_LOCK_DEADLOCK) transaction_lost_ = true;
  return mysql_error_of(number, message, doing);
}

Error MysqlConnection::statement_failure(const MysqlStatement& statement, std::string_view doing) {
  MYSQL_STMT* handle = statement.handle();
  // A statement that the server ends while it sends rows leaves its error with the session.
  if (mysql_stmt_errno(handle) == 0) return failure(mysql_errno(session_.handle), mysql_error(session_.handle), doing);
  return failure(mysql_stmt_errno(handle), mysql_stmt_error(handle), doing);
}

void MysqlConnection::abandon() noexcept {
  if (health_ == Health::good) health_ = Health::broken;
  const auto socket = mysql_get_socket(session_.handle);
  if (socket >= 0) shutdown(socket, SHUT_RDWR);
}

}  // namespace nexus::storage
