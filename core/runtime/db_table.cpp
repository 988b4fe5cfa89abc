#include "core/runtime/tables.h"

#include <nexus/cpp/str.h>

#include <algorithm>
#include <atomic>

namespace nexus::core {
namespace {

std::atomic<nx_handle> last_transaction{0};

// Keeps why a statement failed: for the log, and for what the client is told.
nx_status failed(nx_call& call, const Error& error) {
  call.set_error(error.what());
  call.note_storage(&error);
  // A conflict is the plugin's to expect; everything else is an operator's to know.
  if (error.status() != Status::conflict)
    call.owner().log(NX_LOG_WARNING, "a statement failed", error.what(), call.request_id());
  return static_cast<nx_status>(error.status());
}

nx_status check(nx_call* call, const nx_query* query) {
  if (call == nullptr || query == nullptr) return NX_E_INVALID;
  if (query->arg_count != 0 && query->args == nullptr) return NX_E_INVALID;
  if ((query->flags & ~NX_QUERY_WRITES) != 0) return NX_E_UNSUPPORTED;
  if (!call->may_block()) return NX_E_PHASE;
  if (query->tx != 0 && (call->transaction == nullptr || query->tx != call->transaction_handle)) return NX_E_STALE;
  return NX_OK;
}

std::span<const nx_value> args_of(const nx_query& query) { return {query.args, query.arg_count}; }

void write_result(nx_exec_result* out, const storage::ExecResult& result) {
  if (out == nullptr) return;
  const auto size = out->struct_size;
  nx_exec_result full{size, 0, result.affected, result.last_id};
  __builtin_memcpy(static_cast<void*>(out), &full, std::min<std::size_t>(size, sizeof full));
}

std::uint32_t dialect(const nx_host* host) {
  return plugin_of(host).parts().database->dialect() == storage::Dialect::sqlite ? NX_DIALECT_SQLITE : NX_DIALECT_MYSQL;
}

nx_status add_migration(nx_reg* reg, const nx_migration* migration) {
  if (reg == nullptr || migration == nullptr) return NX_E_INVALID;
  return answer([&] { return reg->plugin->add_migration(*reg, copy_struct(migration)); });
}

storage::Database& database(const nx_call& call) { return call.owner().database(); }

nx_status exec(nx_call* call, const nx_query* raw, nx_exec_result* out) {
  if (raw == nullptr) return NX_E_INVALID;
  const auto query = copy_struct(raw);
  if (const auto status = check(call, &query); status != NX_OK) return status;
  return answer([&] {
    const auto result = query.tx != 0 ? call->transaction->exec(view(query.sql), args_of(query))
                                      : database(*call).exec(view(query.sql), args_of(query), call->deadline());
    if (!result.ok()) return failed(*call, result.error());
    call->note_storage(nullptr);
    write_result(out, *result);
    return nx_status{NX_OK};
  });
}

void link(nx_call& call, nx_rows* rows) {
  rows->call = &call;
  rows->next = call.rows;
  if (call.rows != nullptr) call.rows->previous = rows;
  call.rows = rows;
}

nx_status query(nx_call* call, const nx_query* raw, nx_rows** out) {
  if (raw == nullptr || out == nullptr) return NX_E_INVALID;
  const auto query = copy_struct(raw);
  if (const auto status = check(call, &query); status != NX_OK) return status;
  return answer([&] {
    const bool writes = (query.flags & NX_QUERY_WRITES) != 0;
    auto rows = std::make_unique<nx_rows>();
    auto result = query.tx != 0 ? call->transaction->query(view(query.sql), args_of(query))
                                : database(*call).query(view(query.sql), args_of(query), writes, call->deadline());
    if (!result.ok()) return failed(*call, result.error());
    call->note_storage(nullptr);
    rows->rows = std::move(*result);
    rows->in_transaction = query.tx != 0;
    link(*call, rows.get());
    *out = rows.release();
    return nx_status{NX_OK};
  });
}

std::uint32_t columns(const nx_rows* rows, nx_str* names, std::uint32_t capacity) {
  if (rows == nullptr || rows->rows == nullptr) return 0;
  const auto& all = rows->rows->columns();
  const auto count = static_cast<std::uint32_t>(all.size());
  for (std::uint32_t i = 0; names != nullptr && i < std::min(capacity, count); ++i) names[i] = to_abi(all[i]);
  return count;
}

nx_status fetch(nx_rows* rows, const nx_value** cells, std::uint32_t* row_count) {
  if (rows == nullptr || cells == nullptr || row_count == nullptr) return NX_E_INVALID;
  *row_count = 0;
  if (rows->rows == nullptr) return NX_E_STALE;  // its transaction has ended
  return answer([&] {
    const auto batch = rows->rows->fetch();
    if (!batch.ok()) return failed(*rows->call, batch.error());
    const auto width = rows->rows->columns().size();
    *cells = batch->data();
    *row_count = width == 0 ? 0 : static_cast<std::uint32_t>(batch->size() / width);
    return nx_status{NX_OK};
  });
}

nx_status begin(nx_call* call, nx_handle* out) {
  if (call == nullptr || out == nullptr) return NX_E_INVALID;
  if (!call->may_block() || call->transaction != nullptr) return NX_E_PHASE;
  return answer([&] {
    auto transaction = database(*call).begin(call->deadline());
    if (!transaction.ok()) return failed(*call, transaction.error());
    call->transaction = std::move(*transaction);
    *out = call->transaction_handle = last_transaction.fetch_add(1) + 1;
    return nx_status{NX_OK};
  });
}

// Rows of a transaction end before it.
std::unique_ptr<storage::Transaction> take(nx_call& call) {
  for (nx_rows* rows = call.rows; rows != nullptr;) {
    nx_rows* const next = rows->next;
    if (rows->in_transaction) rows->rows = nullptr;
    rows = next;
  }
  return std::move(call.transaction);
}

nx_status commit(nx_call* call, nx_handle tx) {
  if (call == nullptr) return NX_E_INVALID;
  if (call->transaction == nullptr || tx != call->transaction_handle) return NX_E_STALE;
  return answer([&] {
    const auto transaction = take(*call);
    const auto done = transaction->commit();
    if (!done.ok()) return failed(*call, done.error());
    return nx_status{NX_OK};
  });
}

nx_status rollback(nx_call* call, nx_handle tx) {
  if (call == nullptr) return NX_E_INVALID;
  if (call->transaction == nullptr || tx != call->transaction_handle) return NX_E_STALE;
  return answer([&] {
    take(*call)->rollback();
    return nx_status{NX_OK};
  });
}

}  // namespace

const nx_db_api kDbTable = {sizeof(nx_db_api), 0,     dialect,   add_migration, exec,   query,
                            columns,           fetch, free_rows, begin,         commit, rollback};

}  // namespace nexus::core
