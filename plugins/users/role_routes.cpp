#include "user_routes.h"

#include <nexus/cpp/auth.h>
#include <nexus/cpp/json.h>

#include <algorithm>
#include <array>

namespace nexus::users {
namespace {

constexpr std::array<const char*, 3> kRoles{"admin", "operator", "user"};

bool holds(std::string_view role, const Json& permission) {
  const auto& roles = permission.at("roles");
  return role == "admin" || std::any_of(roles.begin(), roles.end(), [&](const Json& name) { return name == role; });
}

Json role_json(const Call& call, const char* role, const Json& declared) {
  Json permissions = Json::array();
  for (const auto& permission : declared) {
    if (holds(role, permission)) {
      permissions.push_back({{"name", permission.at("name")}, {"title", permission.at("title")}});
    }
  }
  return {{"name", role},
          {"title", call.translate(std::string("users.role.") + role)},
          {"permissions", std::move(permissions)}};
}

Result<Response> list_roles(Request& request) {
  const auto& call = request.call();
  NEXUS_ASSIGN(const auto text, declared_permissions(call));
  NEXUS_ASSIGN(const auto declared, parse_json(text));
  Json roles = Json::array();
  for (const auto* role : kRoles) roles.push_back(role_json(call, role, declared));
  return Response::ok(dump({{"roles", std::move(roles)}}));
}

}  // namespace

void add_role_routes(Registrar& registrar) { registrar.route("GET", "/api/v1/roles", {}, list_roles); }

}  // namespace nexus::users
