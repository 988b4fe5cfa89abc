// What an nx_call is: on whose behalf work runs, until when, and what it holds in the database.
#pragma once

#include "core/runtime/owner.h"

#include <nexus/api/exchange.h>
#include <nexus/nexus.h>
#include <nexus/storage/database.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::core {

inline constexpr std::string_view kDefaultLocale = "zh-CN";
// Timers, events and other work that nobody waits for.
inline constexpr std::chrono::seconds kBackgroundDeadline{60};

using Deadline = std::chrono::steady_clock::time_point;
inline constexpr Deadline kNoDeadline = Deadline::max();

// What a call hands on to its children: copies, because they outlive it.
struct Origin {
  std::string request_id;
  std::string trace_parent;
  std::string locale{kDefaultLocale};
  std::string remote_address;
  std::string caller_plugin;
  std::shared_ptr<const api::Principal> principal;  // null: nobody is logged in
  Deadline deadline = kNoDeadline;
  std::weak_ptr<const api::Exchange> exchange;  // of a request, else empty
  bool of_request = false;
  std::shared_ptr<const std::atomic<bool>> given_up;   // of a question, else null
  mutable std::atomic<std::int32_t> storage_fault{0};  // see nx_call::note_storage
};

// An origin of the same client as a request or as another origin: id, trace, language and address. The caller, the
// deadline and what makes it given up are left to whoever makes it.
std::shared_ptr<Origin> same_client(const api::Exchange& exchange);
std::shared_ptr<Origin> same_client(const Origin& origin);

// Why code of a plugin runs, which decides what it may do.
enum class Phase { registration, lifecycle, work, inline_route };

// Members of `out` that the caller's struct has; the rest is zero.
template <class Struct>
Struct copy_struct(const Struct* in) noexcept {
  Struct out{};
  const auto size = in->struct_size < sizeof(Struct) ? in->struct_size : sizeof(Struct);
  __builtin_memcpy(static_cast<void*>(&out), in, size);
  return out;
}

// Runs host code that a plugin called; nothing is thrown into the plugin.
template <class Work>
nx_status answer(Work&& work) noexcept {
  try {
    return work();
  } catch (...) {
    return NX_E_INTERNAL;
  }
}

}  // namespace nexus::core

// Lives on the stack of the host while a callback runs, or on the heap where a plugin asked for it (child, background).
// Its database functions are for one thread at a time. Its end rolls back its transaction and frees its rows.
struct nx_call {
  using Deadline = nexus::core::Deadline;

  // Of a request; `exchange` outlives the call.
  nx_call(nexus::core::Owner& owner, nexus::core::Phase phase, const std::shared_ptr<nexus::api::Exchange>& exchange);
  // Of anything else.
  nx_call(nexus::core::Owner& owner, nexus::core::Phase phase, std::shared_ptr<const nexus::core::Origin> origin);
  // Without a client or a principal; `request_id` is borrowed.
  nx_call(nexus::core::Owner& owner, nexus::core::Phase phase, Deadline deadline,
          std::string_view request_id = {}) noexcept;
  ~nx_call();
  nx_call(const nx_call&) = delete;
  nx_call& operator=(const nx_call&) = delete;

  nexus::core::Owner& owner() const noexcept { return *owner_; }
  nexus::core::Phase phase() const noexcept { return phase_; }
  bool may_block() const noexcept {
    return phase_ == nexus::core::Phase::work || phase_ == nexus::core::Phase::lifecycle;
  }
  const nx_principal& principal() const noexcept { return principal_; }
  std::string_view request_id() const noexcept { return request_id_; }
  std::string_view trace_parent() const noexcept { return trace_parent_; }
  std::string_view locale() const noexcept { return locale_; }
  std::string_view remote_address() const noexcept { return remote_address_; }
  std::string_view caller_plugin() const noexcept { return caller_plugin_; }
  Deadline deadline() const noexcept { return deadline_; }
  bool cancelled() const noexcept;

  // What a child starts from; made when it is first asked for.
  std::shared_ptr<const nexus::core::Origin> origin() const;

  void set_error(std::string_view reason) { error_.assign(reason.substr(0, kErrorBytes)); }
  const std::string& error() const noexcept { return error_; }

  // Remembers how the last statement ended, because an nx_status has no room for a documented code. Where the plugin
  // then answers with that failure and nothing more precise (the status itself, or 50301 without details), the client
  // gets this code: a full disk is 507/50701.
  void note_storage(const nexus::Error* error) noexcept;
  std::int32_t storage_fault() const noexcept;

  std::unique_ptr<nexus::storage::Transaction> transaction;
  nx_handle transaction_handle = 0;
  nx_rows* rows = nullptr;  // the open ones, linked

 private:
  static constexpr std::size_t kErrorBytes = 4096;  // of a reason; the rest would only fill the log

  void fill_principal(const nexus::api::Principal& who);

  nexus::core::Owner* owner_;
  nexus::core::Phase phase_;
  std::string_view request_id_, trace_parent_, locale_, remote_address_, caller_plugin_;
  nx_principal principal_;
  std::vector<nx_str> scopes_;  // what principal_ points to
  Deadline deadline_;
  const std::shared_ptr<nexus::api::Exchange>* exchange_ = nullptr;
  std::int32_t storage_fault_ = 0;
  std::string error_;
  mutable std::mutex origin_mutex_;
  mutable std::shared_ptr<const nexus::core::Origin> origin_;
};

// An open result set. Linked into its call, which frees what the plugin forgot.
struct nx_rows {
  nx_call* call = nullptr;
  nx_rows* next = nullptr;
  nx_rows* previous = nullptr;
  bool in_transaction = false;
  std::unique_ptr<nexus::storage::Rows> rows;
};

namespace nexus::core {

// Unlinks and deletes.
void free_rows(nx_rows* rows) noexcept;

}  // namespace nexus::core
