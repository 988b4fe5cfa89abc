#include "api_token_routes.h"

#include "late_answer.h"

#include <nexus/cpp/page.h>

#include <set>

namespace nexus::auth {
namespace {

Json api_token_json(const ApiToken& token) {
  return {{"id", token.id},
          {"name", token.name},
          {"prefix", token.prefix},
          {"scopes", token.scopes},
          {"allowed_addresses", token.allowed_addresses},
          {"created_at", json_time(token.created_us)},
          {"expires_at", json_time(token.expires_us)},
          {"last_used_at", json_time(token.last_used_us)},
          {"last_used_address", json_or_null(token.last_used_address)}};
}

std::string token_target(std::int64_t id) { return "tokens/" + std::to_string(id); }

Result<std::set<std::string, std::less<>>> declared_names(const Call& call) {
  NEXUS_ASSIGN(const auto text, declared_permissions(call));
  NEXUS_ASSIGN(const auto list, parse_json(text));
  std::set<std::string, std::less<>> names;
  for (const auto& permission : list) names.insert(permission.value("name", ""));
  return names;
}

std::vector<std::string> texts(const Json& body, const char* key) {
  const auto found = body.find(key);
  return found == body.end() ? std::vector<std::string>() : found->get<std::vector<std::string>>();
}

// The route's schema has seen to the types; that it is a time on the calendar is seen here.
Result<ApiTokenWish> wish_from(const Json& body) {
  ApiTokenWish wish{body.value("name", ""), texts(body, "scopes"), texts(body, "allowed_addresses"), false, {}};
  const auto end = body.find("expires_at");
  if (end == body.end()) return wish;
  wish.never_expires = end->is_null();
  if (wish.never_expires) return wish;
  wish.expires_us = parse_iso8601(end->get<std::string>());
  if (!wish.expires_us) return Error::field("expires_at", "format", "auth.not_a_time");
  return wish;
}

Result<Response> list_tokens(const AuthContext&, Request& request) {
  const auto page = Page::from(request);
  auto& call = request.call();
  const ApiTokenStore store(call);
  NEXUS_ASSIGN(const auto total, store.count(call.user_id()));
  NEXUS_ASSIGN(const auto tokens, store.list(call.user_id(), page.size, page.offset()));
  Json list = Json::array();
  for (const auto& token : tokens) list.push_back(api_token_json(token));
  return Response::ok(dump({{"tokens", std::move(list)}, {"pagination", page.pagination(total)}}));
}

Result<Response> make_token(const AuthContext& context, Request& request) {
  auto& call = request.call();
  NEXUS_ASSIGN(const auto body, parse_json(request.body()));
  NEXUS_ASSIGN(const auto wish, wish_from(body));
  NEXUS_ASSIGN(const auto names, declared_names(call));
  const auto holds = [&](std::string_view scope) { return names.contains(scope) && call.allowed(scope); };
  NEXUS_ASSIGN(const auto made, context.api_tokens(call).make(call.user_id(), wish, holds));
  context.log().info("API token made", {{"user_id", call.user_id()}, {"token", made.token.id}}, &call);
  const auto shown = api_token_json(made.token);
  return Response::created(dump({{"token", shown}, {"secret", made.secret}}), "auth.token_made")
      .with_audit(about(token_target(made.token.id), dump(shown)));
}

Result<Response> remove_token(const AuthContext& context, Request& request) {
  auto& call = request.call();
  NEXUS_ASSIGN(const auto id, request.id());
  NEXUS_ASSIGN(const bool removed, ApiTokenStore(call).remove(id, call.user_id()));
  if (!removed) return Error::api(code::kNotFound);
  invalidate_token(context.host(), host_token_id(id));
  return Response::done("auth.token_removed").with_audit(about(token_target(id)));
}

}  // namespace

void add_api_token_routes(Registrar& registrar, const AuthContext& context) {
  const auto add = [&](std::string_view method, std::string_view path, const RouteOptions& options,
                       Result<Response> (*handler)(const AuthContext&, Request&)) {
    registrar.route(method, path, options, [&context, handler](Request& request) { return handler(context, request); });
  };
  add("GET", "/api/v1/users/me/tokens", kPerson, list_tokens);
  add("POST", "/api/v1/users/me/tokens", kRecentPerson, make_token);
  add("DELETE", "/api/v1/users/me/tokens/:id", kPerson, remove_token);
}

}  // namespace nexus::auth
