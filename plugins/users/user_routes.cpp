#include "user_routes.h"

#include "user_service.h"

#include <nexus/cpp/page.h>

namespace nexus::users {
namespace {

Json summary(const User& user) {
  return {{"id", user.id},
          {"username", user.username},
          {"email", user.email},
          {"role", user.role},
          {"status", user.status},
          {"language", user.language},
          {"created_at", json_time(user.created_us)},
          {"last_login_at", json_time(user.last_login_us)}};
}

Json detail(const User& user) {
  return {{"id", user.id},
          {"username", user.username},
          {"email", user.email},
          {"avatar", json_or_null(user.avatar)},
          {"role", user.role},
          {"status", user.status},
          {"language", user.language},
          {"created_at", json_time(user.created_us)},
          {"updated_at", json_time(user.updated_us)},
          {"last_login_at", json_time(user.last_login_us)}};
}

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
  NEXUS_ASSIGN(const auto list, UserService(UserStore(request.call())).list(filter));
  Json users = Json::array();
  for (const auto& user : list.users) users.push_back(summary(user));
  return Response::ok(dump({{"users", std::move(users)}, {"pagination", page.pagination(list.total)}}));
}

Result<Response> show_user(Request& request, std::int64_t id) {
  NEXUS_ASSIGN(const auto user, UserService(UserStore(request.call())).get(id));
  return Response::ok(dump({{"user", detail(user)}}));
}

// Who may not see everybody is told the same about others as about nobody.
Result<Response> get_user(Request& request) {
  NEXUS_ASSIGN(const auto id, request.id());
  auto& call = request.call();
  if (id != call.user_id() && !call.allowed(kReadPermission)) return Error::api(code::kNotFound);
  return show_user(request, id);
}

}  // namespace

void add_user_routes(Registrar& registrar) {
  registrar.route("GET", "/api/v1/users", {.permission = kReadPermission}, list_users);
  registrar.route("GET", "/api/v1/users/me", {},
                  [](Request& request) { return show_user(request, request.call().user_id()); });
  registrar.route("GET", "/api/v1/users/:id", {}, get_user);
}

}  // namespace nexus::users
