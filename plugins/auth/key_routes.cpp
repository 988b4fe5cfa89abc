#include "key_routes.h"

#include "administration_routes.h"
#include "late_answer.h"

namespace nexus::auth {
namespace {

Json keys_json(const AuthContext& context) {
  Json list = Json::array();
  for (const auto& key : key_facts(context.keys().codec()->keys(), context.settings().session_absolute)) {
    list.push_back(
        {{"kid", key.kid}, {"created_at", json_time(key.created_us)}, {"retires_at", json_time(key.retires_us)}});
  }
  return {{"keys", std::move(list)}};
}

Result<Response> list_keys(const AuthContext& context, Request&) { return Response::ok(dump(keys_json(context))); }

Result<Response> rotate_now(const AuthContext& context, Request& request) {
  NEXUS_TRY(context.keys().rotate(request.call()));
  const auto kid = context.keys().codec()->keys().newest().kid;
  context.log().warning("the signing key was rotated", {{"kid", kid}}, &request.call());
  return Response::ok(dump(keys_json(context)), "auth.keys_rotated").with_audit(about("keys/" + kid));
}

}  // namespace

void add_key_routes(Registrar& registrar, const AuthContext& context) {
  registrar.route("GET", "/api/v1/auth/keys", {.permission = kManagePermission},
                  [&context](Request& request) { return list_keys(context, request); });
  registrar.route("POST", "/api/v1/auth/keys/rotate", {.permission = kManagePermission, .needs_step_up = true},
                  [&context](Request& request) { return rotate_now(context, request); });
}

}  // namespace nexus::auth
