#include "announce.h"
#include "deferred_answer.h"
#include "password_hash.h"
#include "user_body.h"
#include "user_json.h"
#include "user_routes.h"

#include <nexus/cpp/etag.h>
#include <nexus/cpp/secrets.h>

#include <memory>

namespace nexus::users {
namespace {

constexpr RouteOptions kDangerous{.permission = kWritePermission, .needs_step_up = true};

Registration registration_of(const Json& body, std::string_view password) {
  return {body.value("username", ""),   body.value("email", ""),    password,
          body.value("language", ""),   body.value("role", "user"), body.value("status", "active"),
          optional_text(body, "avatar")};
}

Response created(const User& user) {
  return Response::created(dump({{"user", detail(user)}}), "users.created")
      .with_audit(audit_note(user.id, {{"username", user.username},
                                       {"email", user.email},
                                       {"role", user.role},
                                       {"status", user.status},
                                       {"language", user.language}}));
}

Result<void> create_user(HashPool& pool, Request& request, const Reply& reply) {
  NEXUS_ASSIGN(const auto body, parse_json(request.body()));
  const auto password = std::make_shared<SecretString>(body.value("password", ""));
  NEXUS_ASSIGN(const auto account, UserService(request.call()).prepare(registration_of(body, password->view())));
  answer_hashed(pool, request.call(), reply, [account, password](Call& call) -> Result<Response> {
    NEXUS_ASSIGN(const auto hash, hash_password(password->view()));
    NEXUS_ASSIGN(const auto user, UserService(call).add(account, hash));
    return created(user);
  });
  return {};
}

Result<Response> change_user(Request& request) {
  auto& call = request.call();
  NEXUS_ASSIGN(const auto id, request.id());
  NEXUS_ASSIGN(const auto body, parse_json(request.body()));
  const IfMatch wanted(request);
  NEXUS_ASSIGN(const auto changed, UserService(call).change(id, change_of(body), [&](const User& user) {
    return wanted.allows(etag_of(user.updated_us));
  }));
  announce_change(call, id);
  return user_answer(changed.after).with_audit(audit_note(id, differences(changed)));
}

Result<Response> remove_user(Request& request) {
  auto& call = request.call();
  NEXUS_ASSIGN(const auto id, request.id());
  NEXUS_ASSIGN(const auto user, UserService(call).remove(id));
  announce_removal(call, id);
  return Response::done("users.removed")
      .with_audit(audit_note(id, {{"username", user.username}, {"email", user.email}, {"role", user.role}}));
}

// The random password stands in this one answer and nowhere else.
Response password_answer(const User& user, std::string_view random) {
  Json data = {{"user", detail(user)}};
  if (!random.empty()) data["password"] = random;
  return Response::ok(dump(data), "users.password_reset")
      .with_audit(audit_note(user.id, {{"changed", Json::array({"password"})}, {"random", !random.empty()}}));
}

Result<void> reset_password(HashPool& pool, Request& request, const Reply& reply) {
  NEXUS_ASSIGN(const auto id, request.id());
  NEXUS_ASSIGN(const auto body, parse_json(request.body()));
  NEXUS_ASSIGN(const auto user, UserService(request.call()).get(id));
  const bool is_random = !body.contains("password");
  const auto password = std::make_shared<SecretString>(is_random ? random_password() : body.value("password", ""));
  NEXUS_TRY(UserService::check_new_password(password->view(), user));
  answer_hashed(pool, request.call(), reply, [id, is_random, password](Call& call) -> Result<Response> {
    NEXUS_ASSIGN(const auto hash, hash_password(password->view()));
    NEXUS_ASSIGN(const auto changed, UserService(call).reset_password(id, hash));
    announce_change(call, id);
    return password_answer(changed, is_random ? password->view() : std::string_view());
  });
  return {};
}

Result<Response> unlock_user(Request& request) {
  NEXUS_ASSIGN(const auto id, request.id());
  NEXUS_ASSIGN(const auto user, UserService(request.call()).unlock(id));
  return Response::done("users.unlocked").with_audit(audit_note(id, {{"username", user.username}}));
}

// A handler that has answered, or will, unless it answers an error.
using Handler = Result<void> (*)(HashPool&, Request&, const Reply&);

}  // namespace

void add_administration_routes(Registrar& registrar, HashPool& pool) {
  const auto add_hashed = [&](std::string_view method, std::string_view pattern, Handler handler) {
    registrar.deferred_route(method, pattern, kDangerous, [&pool, handler](Request& request, const Reply& reply) {
      if (const auto begun = handler(pool, request, reply); !begun.ok()) throw begun.error();
    });
  };
  add_hashed("POST", "/api/v1/users", create_user);
  registrar.route("PATCH", "/api/v1/users/:id", kDangerous, change_user);
  registrar.route("DELETE", "/api/v1/users/:id", kDangerous, remove_user);
  add_hashed("PUT", "/api/v1/users/:id/password", reset_password);
  registrar.route("POST", "/api/v1/users/:id/unlock", {.permission = kWritePermission}, unlock_user);
}

}  // namespace nexus::users
