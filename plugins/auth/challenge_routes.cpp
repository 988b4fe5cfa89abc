#include "challenge_routes.h"

#include "code_check.h"
#include "late_answer.h"
#include "login.h"

#include <memory>
#include <utility>

namespace nexus::auth {
namespace {

// A second factor that is looked at, from the request on.
struct Verification {
  OneTime challenge;
  std::string code;
  Client client;
  std::int64_t started_us;            // of the wall clock
  std::int64_t monotonic_started_us;  // of the other
  User user;
};

// Whether the challenge is that of the user as he is now.
bool is_current(const Verification& verification) noexcept {
  return verification.challenge.created_us >= verification.user.password_changed_us;
}

void refuse_verification(Call& call, const Verification& verification, const Error& error, const Reply& reply) {
  note_failure(call, error);
  const auto& user = verification.user;
  reply.send(Response::from(error).with_audit(about_user(user.id, kept_name(user.username))));
}

void finish_verification(const AuthContext& context, Call& call, const Verification& verification,
                         const Result<void>& good, const Reply& reply) {
  if (!good.ok()) return refuse_verification(call, verification, good.error(), reply);
  const auto spent = context.one_time_secrets(call).spend_challenge(verification.challenge);
  if (!spent.ok()) return refuse_verification(call, verification, spent.error(), reply);
  complete_login(context, call, verification.user, verification.client, verification.started_us, reply);
}

void look(const AuthContext& context, Call& call, const std::shared_ptr<Verification>& verification,
          const Reply& reply) {
  const CodeDone done = [&context, verification, reply](Call& later, const Result<void>& good) {
    finish_verification(context, later, *verification, good, reply);
  };
  if (!verification->user.active()) return refuse_code(context, call, verification->monotonic_started_us, done);
  if (!is_current(*verification)) return refuse_verification(call, *verification, challenge_over(), reply);
  check_code(context, call, verification->user.id, verification->code, done);
}

void verify_code(const AuthContext& context, Request& request, const Reply& reply) {
  const auto body = parse_json(request.body());
  if (!body.ok()) return reply.send(body.error());
  auto challenge = context.one_time_secrets(request.call()).try_challenge(body->value("challenge", ""));
  if (!challenge.ok()) return reply.send(challenge.error());
  const auto user_id = challenge->user_id;
  auto verification = std::make_shared<Verification>(Verification{std::move(challenge).value(),
                                                                  body->value("code", ""),
                                                                  client_of(request),
                                                                  context.host().now_us(),
                                                                  context.host().monotonic_us(),
                                                                  {}});
  context.credentials().get(request.call(), user_id, [&context, verification, reply](Call& call, Result<User> user) {
    if (!user.ok()) {
      const bool gone = user.error().app_code() == code::kNotFound;
      return reply.send(gone ? challenge_over() : user.error());
    }
    verification->user = *std::move(user);
    look(context, call, verification, reply);
  });
}

}  // namespace

void add_challenge_routes(Registrar& registrar, const AuthContext& context) {
  constexpr RouteOptions kPublic{.is_public = true, .rate_class = NX_RATE_AUTH};
  add_late_route(registrar, context, "POST", "/api/v1/auth/2fa/verify", kPublic, verify_code);
}

}  // namespace nexus::auth
