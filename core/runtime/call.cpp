#include "core/runtime/call.h"

#include <nexus/cpp/str.h>

using nexus::to_abi;
using nexus::core::Origin;
using nexus::core::Owner;
using nexus::core::Phase;

namespace {

constexpr nx_str kEmpty{"", 0};
constexpr nx_principal kNobody{sizeof(nx_principal), 0, 0, kEmpty, kEmpty, kEmpty, kEmpty, kEmpty, 0, 0, nullptr, 0, 0};

}  // namespace

nx_call::nx_call(Owner& owner, Phase phase, const std::shared_ptr<nexus::api::Exchange>& exchange)
    : owner_(&owner),
      phase_(phase),
      request_id_(exchange->request_id()),
      trace_parent_(exchange->trace_parent()),
      locale_(exchange->locale()),
      remote_address_(exchange->remote_address()),
      principal_(kNobody),
      deadline_(exchange->deadline()),
      exchange_(&exchange) {
  if (const auto& who = exchange->principal()) fill_principal(*who);
}

nx_call::nx_call(Owner& owner, Phase phase, std::shared_ptr<const Origin> origin)
    : owner_(&owner),
      phase_(phase),
      request_id_(origin->request_id),
      trace_parent_(origin->trace_parent),
      locale_(origin->locale),
      remote_address_(origin->remote_address),
      caller_plugin_(origin->caller_plugin),
      principal_(kNobody),
      deadline_(origin->deadline),
      origin_(std::move(origin)) {
  if (origin_->principal) fill_principal(*origin_->principal);
}

nx_call::nx_call(Owner& owner, Phase phase, Deadline deadline, std::string_view request_id) noexcept
    : owner_(&owner),
      phase_(phase),
      request_id_(request_id),
      locale_(nexus::core::kDefaultLocale),
      principal_(kNobody),
      deadline_(deadline) {}

nx_call::~nx_call() {
  while (rows != nullptr) {  // free_rows takes it off this list
    owner_->log(NX_LOG_WARNING, "the plugin did not free the rows of a query", error_, request_id_);
    nexus::core::free_rows(rows);  // NOLINT(clang-analyzer-cplusplus.NewDelete): the next one by now
  }
  if (transaction) transaction->rollback();
}

void nx_call::fill_principal(const nexus::api::Principal& who) {
  for (const auto& scope : who.scopes) scopes_.push_back(to_abi(scope));
  if (who.is_scoped) principal_.flags |= NX_PRINCIPAL_SCOPED;
  if (who.has_second_factor) principal_.flags |= NX_PRINCIPAL_SECOND_FACTOR;
  principal_.user_id = who.user_id;
  principal_.user_name = to_abi(who.user_name);
  principal_.role = to_abi(who.role);
  principal_.session_id = to_abi(who.session_id);
  principal_.token_id = to_abi(who.token_id);
  principal_.locale = to_abi(who.locale);
  principal_.authenticated_us = who.authenticated_us;
  principal_.elevated_until_us = who.elevated_until_us;
  principal_.scopes = scopes_.data();
  principal_.scope_count = static_cast<std::uint32_t>(scopes_.size());
}

bool nx_call::cancelled() const noexcept {
  if (exchange_ != nullptr) return (*exchange_)->abandoned();
  if (origin_ == nullptr) return false;
  if (origin_->given_up) return origin_->given_up->load();
  if (!origin_->of_request) return false;
  const auto exchange = origin_->exchange.lock();
  return exchange == nullptr || exchange->abandoned();
}

std::shared_ptr<const Origin> nx_call::origin() const {
  const std::lock_guard lock(origin_mutex_);
  if (origin_ != nullptr) return origin_;
  auto origin = std::make_shared<Origin>();
  origin->request_id = request_id_;
  origin->trace_parent = trace_parent_;
  origin->locale = locale_;
  origin->remote_address = remote_address_;
  origin->caller_plugin = caller_plugin_;
  origin->deadline = deadline_;
  origin->storage_fault = storage_fault_;
  if (exchange_ != nullptr) {
    origin->principal = (*exchange_)->principal();
    origin->exchange = *exchange_;
    origin->of_request = true;
  }
  return origin_ = std::move(origin);
}

void nx_call::note_storage(const nexus::Error* error) noexcept {
  const auto code = error == nullptr ? 0 : error->app_code();
  const auto fault = code == nexus::code::kDiskFull ? code : 0;
  if (fault == storage_fault_) return;
  storage_fault_ = fault;
  const std::lock_guard lock(origin_mutex_);
  if (origin_ != nullptr) origin_->storage_fault = fault;
}

std::int32_t nx_call::storage_fault() const noexcept {
  const std::lock_guard lock(origin_mutex_);
  return origin_ != nullptr ? origin_->storage_fault.load() : storage_fault_;
}

namespace nexus::core {

std::shared_ptr<Origin> same_client(const api::Exchange& exchange) {
  auto origin = std::make_shared<Origin>();
  origin->request_id = exchange.request_id();
  origin->trace_parent = exchange.trace_parent();
  origin->locale = exchange.locale();
  origin->remote_address = exchange.remote_address();
  return origin;
}

std::shared_ptr<Origin> same_client(const Origin& from) {
  auto origin = std::make_shared<Origin>();
  origin->request_id = from.request_id;
  origin->trace_parent = from.trace_parent;
  origin->locale = from.locale;
  origin->remote_address = from.remote_address;
  return origin;
}

void free_rows(nx_rows* rows) noexcept {
  if (rows == nullptr) return;
  (rows->previous != nullptr ? rows->previous->next : rows->call->rows) = rows->next;
  if (rows->next != nullptr) rows->next->previous = rows->previous;
  delete rows;
}

}  // namespace nexus::core
