#include "second_factor_routes.h"

#include "code_check.h"
#include "late_answer.h"

namespace nexus::auth {
namespace {

Response codes_response(const std::vector<std::string>& codes, std::int64_t user_id, std::string message_key) {
  return Response::ok(dump({{"recovery_codes", codes}}), std::move(message_key)).with_audit(about_user(user_id));
}

Result<Response> show_factor(const AuthContext& context, Request& request) {
  auto& call = request.call();
  NEXUS_ASSIGN(const auto factor, context.second_factors(call).status(call.user_id()));
  return Response::ok(dump({{"enabled", factor.enabled_us.has_value()},
                            {"enabled_at", json_time(factor.enabled_us)},
                            {"recovery_codes_left", factor.recovery_codes_left}}));
}

Result<Response> set_up_factor(const AuthContext& context, Request& request) {
  auto& call = request.call();
  NEXUS_ASSIGN(const auto setup, context.second_factors(call).set_up(call.user_id(), view(call.principal().user_name)));
  return Response::ok(dump({{"secret", setup.secret}, {"otpauth_uri", setup.otpauth_uri}}))
      .with_audit(about_user(call.user_id()));
}

Result<Response> enable_factor(const AuthContext& context, Request& request) {
  auto& call = request.call();
  NEXUS_ASSIGN(const auto body, parse_json(request.body()));
  NEXUS_ASSIGN(const auto codes, context.second_factors(call).enable(call.user_id(), body.value("code", "")));
  // What the host remembers of him says that he has none; it also ends his WebSockets, which were opened without.
  invalidate_user(context.host(), call.user_id());
  context.log().info("second factor enabled", {{"user_id", call.user_id()}}, &call);
  return codes_response(codes, call.user_id(), "auth.second_factor_enabled");
}

Result<Response> renew_codes(const AuthContext& context, Call& call, std::int64_t user_id) {
  NEXUS_ASSIGN(const auto codes, context.second_factors(call).renew_codes(user_id));
  return codes_response(codes, user_id, "auth.recovery_codes_renewed");
}

Result<Response> disable_factor(const AuthContext& context, Call& call, std::int64_t user_id) {
  NEXUS_TRY(context.second_factors(call).remove(user_id));
  invalidate_user(context.host(), user_id);
  context.log().info("second factor disabled", {{"user_id", user_id}}, &call);
  return Response::done("auth.second_factor_disabled").with_audit(about_user(user_id));
}

// Does `work` once the request's code has been found good.
template <Result<Response> (*work)(const AuthContext&, Call&, std::int64_t)>
void with_code(const AuthContext& context, Request& request, const Reply& reply) {
  const auto body = parse_json(request.body());
  if (!body.ok()) return reply.send(body.error());
  auto& call = request.call();
  const auto user_id = call.user_id();
  const auto is_on = context.second_factors(call).is_enabled(user_id);
  if (!is_on.ok()) return reply.send(is_on.error());
  if (!*is_on) return reply.send(Error::api(code::kWrongState, "auth.second_factor_is_off"));
  check_code(context, call, user_id, body->value("code", ""),
             [&context, user_id, reply](Call& later, const Result<void>& good) {
               answer(reply, later, [&]() -> Result<Response> {
                 if (!good.ok()) return good.error();
                 return work(context, later, user_id);
               });
             });
}

}  // namespace

void add_second_factor_routes(Registrar& registrar, const AuthContext& context) {
  const auto add = [&](std::string_view method, std::string_view path, const RouteOptions& options,
                       Result<Response> (*handler)(const AuthContext&, Request&)) {
    registrar.route(method, path, options, [&context, handler](Request& request) { return handler(context, request); });
  };
  add("GET", "/api/v1/auth/2fa", kPerson, show_factor);
  add("POST", "/api/v1/auth/2fa/setup", kRecentPerson, set_up_factor);
  add("POST", "/api/v1/auth/2fa/enable", kPerson, enable_factor);
  add_late_route(registrar, context, "POST", "/api/v1/auth/2fa/recovery-codes", kRecentPerson, with_code<renew_codes>);
  add_late_route(registrar, context, "POST", "/api/v1/auth/2fa/disable", kRecentPerson, with_code<disable_factor>);
}

}  // namespace nexus::auth
