#include "openapi_parts.h"

#include <nexus/cpp/status.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>

namespace nexus::api {
namespace {

constexpr const char* kSchemas = R"json({
  "Error": {
    "type": "object",
    "required": ["code", "message", "details", "request_id"],
    "properties": {
      "code": {"type": "integer", "minimum": 40000, "maximum": 59999, "description": "Application code of five digits"},
      "message": {"type": "string", "description": "For people, in their language"},
      "details": {"type": "string", "description": "What exactly, for people"},
      "request_id": {"type": "string", "description": "The same as in X-Request-Id; the panel's log names it"},
      "errors": {"type": "array", "items": {"$ref": "#/components/schemas/FieldError"},
                 "description": "With 42201: every field that is not valid"},
      "missing_scope": {"type": "string", "description": "With 40301, for an API token: the scope that it lacks"}
    }
  },
  "FieldError": {
    "type": "object",
    "required": ["field", "rule", "message"],
    "properties": {
      "field": {"type": "string", "description": "Path of the field, as target.tags[0]"},
      "rule": {"type": "string", "description": "What it breaks: a JSON Schema keyword or a word of the operation's own"},
      "message": {"type": "string", "description": "For people, in their language"}
    }
  },
  "Pagination": {
    "type": "object",
    "required": ["current_page", "per_page", "total_pages", "total_count", "has_next", "has_prev"],
    "properties": {
      "current_page": {"type": "integer", "minimum": 1},
      "per_page": {"type": "integer", "minimum": 1},
      "total_pages": {"type": "integer", "minimum": 0},
      "total_count": {"type": "integer", "minimum": 0},
      "has_next": {"type": "boolean"},
      "has_prev": {"type": "boolean"}
    },
    "example": {"current_page": 1, "per_page": 20, "total_pages": 5, "total_count": 100, "has_next": true,
                "has_prev": false}
  }
})json";

constexpr const char* kHeaders = R"json({
  "RequestId": {"description": "Names the request in the panel's log", "required": true,
    "schema": {"type": "string", "minLength": 32, "maxLength": 32}, "example": "019b2f6e8c4a7d10f3a95c27e84b6d01"},
  "RateLimit": {"description": "Requests per minute; absent where none is set",
    "schema": {"type": "integer", "minimum": 1}, "example": 100},
  "RateLimitRemaining": {"description": "How many of them are left",
    "schema": {"type": "integer", "minimum": 0}, "example": 95},
  "RateLimitReset": {"description": "When all of them are there again, in Unix seconds",
    "schema": {"type": "integer", "minimum": 0}, "example": 1641405600},
  "RetryAfter": {"description": "Seconds to wait before the next attempt",
    "schema": {"type": "integer", "minimum": 0}, "example": 5},
  "Authenticate": {"description": "How to prove who is calling",
    "schema": {"type": "string", "const": "Bearer"}, "example": "Bearer"},
  "ETag": {"description": "The version of what was answered, for If-Match or If-None-Match",
    "schema": {"type": "string"}, "example": "\"7\""}
})json";

constexpr const char* kSecuritySchemes = R"json({
  "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT",
    "description": "The access token of somebody who logged in."},
  "api_token": {"type": "http", "scheme": "bearer", "bearerFormat": "nxp_...",
    "description": "An API token of a user. It opens an operation only where the user holds its permission and the token has it as a scope."}
})json";

struct Header {
  const char* name;
  const char* component;
};

constexpr std::array<Header, 3> kRateHeaders{{{"X-RateLimit-Limit", "RateLimit"},
                                              {"X-RateLimit-Remaining", "RateLimitRemaining"},
                                              {"X-RateLimit-Reset", "RateLimitReset"}}};

void add_header(const Header& header, OrderedJson& response) {
  auto& headers = response["headers"];
  if (!headers.contains(header.name)) headers[header.name] = reference("headers", header.component);
}

OrderedJson shared_response(const StandardError& error, const Examples& examples) {
  OrderedJson out = {{"description", error.description}};
  add_headers(error.status, RateClass::general, out);
  complete_error(error.codes, examples, out);
  return out;
}

// Adds every "#/components/<kind>/<name>" within `value` that is not there yet.
void collect_references(const OrderedJson& value, std::set<std::string>& found, std::vector<std::string>& fresh) {
  if (!value.is_structured()) return;
  for (const auto& [name, child] : value.items()) {
    if (value.is_object() && name == "$ref" && child.is_string()) {
      if (found.insert(child.get<std::string>()).second) fresh.push_back(child.get<std::string>());
    } else {
      collect_references(child, found, fresh);
    }
  }
}

std::set<std::string> reached(const OrderedJson& paths, const OrderedJson& components) {
  constexpr std::string_view kPrefix = "#/components";
  std::set<std::string> found;
  std::vector<std::string> fresh;
  collect_references(paths, found, fresh);
  while (!fresh.empty()) {
    const auto name = std::move(fresh.back());
    fresh.pop_back();
    if (!name.starts_with(kPrefix)) continue;
    const OrderedJson::json_pointer place(name.substr(kPrefix.size()));
    if (components.contains(place)) collect_references(components[place], found, fresh);
  }
  return found;
}

}  // namespace

const std::vector<StandardError>& standard_errors() {
  static const std::vector<StandardError> kErrors{
      {"400", "BadRequest", "The request is malformed", {code::kMalformed}},
      {"401",
       "Unauthorized",
       "The token has expired, is missing or is not valid",
       {code::kTokenExpired, code::kTokenInvalid}},
      {"403", "Forbidden", "Not permitted: for the caller, or for the API token", {code::kForbidden}},
      {"404", "NotFound", "No such resource, or not visible to the caller", {code::kNotFound}},
      {"413", "BodyTooLarge", "The body is too large", {code::kBodyTooLarge}},
      {"415", "UnsupportedMediaType", "The body is not application/json", {code::kUnsupportedMediaType}},
      {"422", "ValidationError", "Fields are missing, unknown or not valid", {code::kValidation}},
      {"429", "TooManyRequests", "The rate limit is exceeded", {code::kRateLimited}},
      {"500", "InternalError", "The panel met an error", {code::kInternal}},
      {"503", "Unavailable", "Temporarily unavailable", {code::kUnavailable}},
      {"504", "TimedOut", "Not completed in time", {code::kRemoteTimeout}},
      {"507", "StorageFull", "The panel has no space left to store data", {code::kDiskFull}},
      {"default",
       "OtherError",
       "Any other error: 405, 408, 414 and 431, which come before the operation is known, and 413, 415 and 422 for a "
       "body "
       "that it does not take",
       {code::kMethodNotAllowed}}};
  return kErrors;
}

std::vector<std::int32_t> usual_codes(const std::string& status) {
  for (const auto& error : standard_errors()) {
    if (status == error.status) return error.codes;
  }
  return {std::atoi(status.c_str()) * 100 + 1};
}

OrderedJson reference(std::string_view kind, std::string_view name) {
  return {{"$ref", "#/components/" + std::string(kind) + "/" + std::string(name)}};
}

void add_headers(const std::string& status, RateClass rate_class, OrderedJson& response) {
  add_header({"X-Request-Id", "RequestId"}, response);
  if (status == "401") add_header({"WWW-Authenticate", "Authenticate"}, response);
  if (status == "429" || status == "503") add_header({"Retry-After", "RetryAfter"}, response);
  if (rate_class == RateClass::none) return;
  for (const auto& header : kRateHeaders) add_header(header, response);
}

void complete_error(const std::vector<std::int32_t>& codes, const Examples& examples, OrderedJson& response) {
  auto& media = response["content"]["application/json"];
  const auto usual = reference("schemas", "Error");
  if (!media.contains("schema")) media["schema"] = usual;
  // An example of ours would lack what another schema demands.
  if (media["schema"] != usual || media.contains("example") || media.contains("examples")) return;
  if (codes.size() == 1) {
    media["example"] = examples.error(codes.front());
    return;
  }
  for (const auto code : codes) {
    auto value = examples.error(code);
    media["examples"][std::to_string(code)] = {{"summary", value["message"]}, {"value", std::move(value)}};
  }
}

OrderedJson named_schemas(const SchemaStore& schemas) {
  auto out = OrderedJson::parse(kSchemas);
  for (const auto& [name, entry] : schemas.entries()) out[name] = OrderedJson::parse(entry.schema->dump());
  return out;
}

OrderedJson make_components(const OrderedJson& document, const OrderedJson& schemas, const Examples& examples) {
  OrderedJson all = {
      {"schemas", schemas}, {"responses", OrderedJson::object()}, {"headers", OrderedJson::parse(kHeaders)}};
  for (const auto& error : standard_errors()) all["responses"][error.name] = shared_response(error, examples);
  const auto wanted = reached(document, all);
  OrderedJson out = {{"securitySchemes", OrderedJson::parse(kSecuritySchemes)}};
  for (auto& [kind, entries] : all.items()) {
    for (auto& [name, entry] : entries.items()) {
      if (wanted.contains("#/components/" + kind + "/" + name)) out[kind][name] = std::move(entry);
    }
  }
  return out;
}

}  // namespace nexus::api
