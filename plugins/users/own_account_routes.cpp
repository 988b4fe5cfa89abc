#include "announce.h"
#include "deferred_answer.h"
#include "password_check.h"
#include "user_body.h"
#include "user_json.h"
#include "user_routes.h"

#include <nexus/cpp/etag.h>
#include <nexus/cpp/secrets.h>

#include <memory>

namespace nexus::users {
namespace {

Result<Response> get_own_account(Request& request) {
  NEXUS_ASSIGN(const auto user, UserService(request.call()).get(request.call().user_id()));
  return user_answer(user);
}

Result<Response> change_account(Call& call, std::int64_t id, const UserChange& change, const IfMatch& wanted) {
  NEXUS_ASSIGN(const auto changed, UserService(call).change(id, change, [&](const User& user) {
    return wanted.allows(etag_of(user.updated_us));
  }));
  announce_change(call, id);
  return user_answer(changed.after).with_audit(audit_note(id, differences(changed)));
}

// Whoever finds a session open must not take the account over by its address: that costs the password.
Result<void> change_own_account(HashPool& pool, Request& request, const Reply& reply) {
  auto& call = request.call();
  NEXUS_ASSIGN(const auto body, parse_json(request.body()));
  NEXUS_ASSIGN(const auto account, UserService(call).account(call.user_id()));
  const auto change = own_change_of(body);
  const IfMatch wanted(request);
  if (!change.email || *change.email == account.user.email) {
    answer(reply, call, [&] { return change_account(call, account.user.id, change, wanted); });
    return {};
  }
  if (!body.contains("password")) return Error::field("password", "required", "users.password_needed");
  const auto password = std::make_shared<SecretString>(body.value("password", ""));
  answer_hashed(pool, call, reply, [account, password, change, wanted](Call& own_call) -> Result<Response> {
    NEXUS_TRY(check_password_of(own_call, account, password->view(), own_call.remote_address()));
    return change_account(own_call, account.user.id, change, wanted);
  });
  return {};
}

}  // namespace

void add_own_account_routes(Registrar& registrar, HashPool& pool) {
  registrar.route("GET", "/api/v1/users/me", {}, get_own_account);
  registrar.deferred_route("PATCH", "/api/v1/users/me", {.needs_session = true},
                           [&pool](Request& request, const Reply& reply) {
                             if (const auto begun = change_own_account(pool, request, reply); !begun.ok()) {
                               throw begun.error();
                             }
                           });
}

}  // namespace nexus::users
