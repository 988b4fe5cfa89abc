#include "user_data.h"

#include <array>
#include <memory>
#include <utility>
#include <vector>

namespace nexus::auth {
namespace {

bool is_gone(const Result<User>& user) { return !user.ok() && user.error().app_code() == code::kNotFound; }

std::optional<std::int64_t> user_of(const Event& event) {
  const auto payload = parse_json(event.payload);
  return payload.ok() && payload->is_object() ? optional_integer(*payload, "id") : std::nullopt;
}

Result<void> remove_all(Call& call, std::int64_t user_id) {
  constexpr std::array kStatements{
      "DELETE FROM auth_sessions WHERE user_id = ?", "DELETE FROM auth_api_tokens WHERE user_id = ?",
      "DELETE FROM auth_recovery_codes WHERE user_id = ?", "DELETE FROM auth_factors WHERE user_id = ?",
      "DELETE FROM auth_one_time WHERE user_id = ?"};
  NEXUS_ASSIGN(auto transaction, Sql(call).begin());
  for (const auto* statement : kStatements) NEXUS_TRY(transaction.exec(statement, user_id));
  return transaction.commit();
}

void remove_user(const AuthContext& context, Call& call, std::int64_t user_id) {
  invalidate_user(context.host(), user_id);
  const auto removed = remove_all(call, user_id);
  if (removed.ok()) return;
  context.log().warning("what is kept of a removed user could not be removed yet",
                        {{"user_id", user_id}, {"reason", removed.error().what()}}, &call);
}

// What is over for a user as he is now.
Result<void> end_old_sessions(const AuthContext& context, Call& call, const User& user) {
  const SessionStore store(call);
  const auto now = context.host().now_us();
  if (!user.active()) {
    NEXUS_TRY(store.revoke_all(user.id, now));
    return {};
  }
  // whoever changes the password ends the other sessions himself, and keeps one
  if (context.password_changes().of_user(user.id)) return {};
  NEXUS_TRY(store.revoke_older(user.id, user.password_changed_us, now));
  return {};
}

using Ids = std::shared_ptr<const std::vector<std::int64_t>>;

// One user after the other, so that a sweep is never more than one question.
void ask_for(const AuthContext& context, Call& call, const Ids& ids, std::size_t at) {
  if (at == ids->size()) return;
  context.credentials().get(call, (*ids)[at], [&context, ids, at](Call& later, const Result<User>& user) {
    if (is_gone(user)) remove_user(context, later, (*ids)[at]);
    if (user.ok() || is_gone(user)) ask_for(context, later, ids, at + 1);
  });
}

Result<std::vector<std::int64_t>> users_after(Call& call, std::int64_t last_id) {
  return Sql(call).all([](const Row& row) { return row.integer(0); },
                       "SELECT user_id FROM auth_factors WHERE user_id > ? UNION "
                       "SELECT user_id FROM auth_api_tokens WHERE user_id > ? UNION "
                       "SELECT user_id FROM auth_sessions WHERE user_id > ? ORDER BY user_id LIMIT ?",
                       last_id, last_id, last_id, RemovedUsers::kBatch);
}

}  // namespace

void on_user_changed(const AuthContext& context, Call& call, const Event& event) {
  const auto user_id = user_of(event);
  if (!user_id) return;
  // at once: the next request asks again, whatever becomes of the rest
  invalidate_user(context.host(), *user_id);
  context.credentials().get(call, *user_id, [&context, id = *user_id](Call& later, const Result<User>& user) {
    if (is_gone(user)) return remove_user(context, later, id);
    const auto ended = user.ok() ? end_old_sessions(context, later, *user) : Result<void>(user.error());
    if (ended.ok()) return;
    context.log().warning("sessions of a changed user could not be ended yet",
                          {{"user_id", id}, {"reason", ended.error().what()}}, &later);
  });
}

void on_user_removed(const AuthContext& context, Call& call, const Event& event) {
  if (const auto user_id = user_of(event)) remove_user(context, call, *user_id);
}

void RemovedUsers::sweep(Call& call) {
  auto ids = users_after(call, last_id_);
  if (!ids.ok()) return;  // the database is away: the next sweep asks again
  last_id_ = static_cast<std::int64_t>(ids->size()) < kBatch ? 0 : ids->back();
  ask_for(*context_, call, std::make_shared<const std::vector<std::int64_t>>(std::move(ids).value()), 0);
}

}  // namespace nexus::auth
