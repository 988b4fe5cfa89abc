#include "user_routes.h"

#include "user_json.h"

#include <nexus/cpp/page.h>

namespace nexus::users {
namespace {

std::optional<std::string> query_text(const Request& request, std::string_view name) {
  const auto text = request.query(name);
  return text ? std::optional(std::string(*text)) : std::nullopt;
}

Result<Response> list_users(Request& request) {
  const auto page = Page::from(request);
  UserFilter filter;
  filter.role = query_text(request, "role");
  filter.status = query_text(request, "status");
  filter.search = query_text(request, "search").value_or("");
  filter.sort = query_text(request, "sort").value_or(filter.sort);
  filter.limit = page.size;
  filter.offset = page.offset();
  NEXUS_ASSIGN(const auto list, UserService(request.call()).list(filter));
  Json users = Json::array();
  for (const auto& user : list.users) users.push_back(summary(user));
  return Response::ok(dump({{"users", std::move(users)}, {"pagination", page.pagination(list.total)}}));
}

// Who may not see everybody is told the same about others as about nobody.
Result<Response> get_user(Request& request) {
  NEXUS_ASSIGN(const auto id, request.id());
  auto& call = request.call();
  if (id != call.user_id() && !call.allowed(kReadPermission)) return Error::api(code::kNotFound);
  NEXUS_ASSIGN(const auto user, UserService(call).get(id));
  return user_answer(user);
}

}  // namespace

void add_user_routes(Registrar& registrar) {
  registrar.route("GET", "/api/v1/users", {.permission = kReadPermission}, list_users);
  registrar.route("GET", "/api/v1/users/:id", {}, get_user);
}

}  // namespace nexus::users
