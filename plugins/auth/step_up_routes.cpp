#include "step_up_routes.h"

#include "code_check.h"
#include "late_answer.h"

#include <optional>
#include <utility>

namespace nexus::auth {
namespace {

struct StepUp {
  std::int64_t user_id;
  std::string session_id;
  std::int64_t started_us;  // when the check of the password began
};

Result<Response> elevate(const AuthContext& context, Call& call, const StepUp& step_up) {
  NEXUS_TRY(context.sessions(call).renew_authentication(step_up.session_id, step_up.started_us));
  const auto seconds = context.settings().step_up;
  const auto ends = step_up.started_us + seconds * kMicrosecondsPerSecond;
  return Response::ok(dump({{"expires_in", seconds}, {"expires_at", json_time(ends)}}), "auth.stepped_up")
      .with_audit(about_user(step_up.user_id));
}

void go_on_with_step_up(const AuthContext& context, Call& call, const StepUp& step_up,
                        const std::optional<std::string>& code, const Reply& reply) {
  const auto needs_code = context.second_factors(call).is_enabled(step_up.user_id);
  if (!needs_code.ok()) return reply.send(needs_code.error());
  if (!*needs_code) return answer(reply, call, [&] { return elevate(context, call, step_up); });
  if (!code) return reply.send(Error::api(code::kSecondFactorNeeded, "auth.code_needed"));
  check_code(context, call, step_up.user_id, *code, [&context, step_up, reply](Call& later, const Result<void>& good) {
    answer(reply, later, [&]() -> Result<Response> {
      if (!good.ok()) return good.error();
      return elevate(context, later, step_up);
    });
  });
}

void prove_again(const AuthContext& context, Request& request, const Reply& reply) {
  const auto body = parse_json(request.body());
  if (!body.ok()) return reply.send(body.error());
  auto& call = request.call();
  StepUp wish{call.user_id(), std::string(view(call.principal().session_id)), context.host().now_us()};
  context.credentials().check_password(
      call, wish.user_id, body->value("password", ""),
      [&context, wish = std::move(wish), code = optional_text(*body, "code"), reply](Call& later, Result<User> user) {
        if (!user.ok()) return reply.send(user.error());
        go_on_with_step_up(context, later, wish, code, reply);
      });
}

}  // namespace

void add_step_up_routes(Registrar& registrar, const AuthContext& context) {
  add_late_route(registrar, context, "POST", "/api/v1/auth/step-up", kPerson, prove_again);
}

}  // namespace nexus::auth
