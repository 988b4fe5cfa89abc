#include "openapi.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <set>

namespace nexus::api {
namespace {

// Members keep the order in which they were written, so that the document reads well.
using Json = nlohmann::ordered_json;

constexpr const char* kDescription =
    "Successes and errors share an envelope. Members of a body that are not described are refused (42201), and so are "
    "query "
    "parameters that are not described (40000).";

struct StandardError {
  const char* status;
  const char* name;
  const char* description;
};

constexpr std::array<StandardError, 10> kErrors{{
    {"400", "BadRequest", "Malformed request (40000)"},
    {"401", "Unauthorized", "Token expired, missing or invalid (40002, 40003)"},
    {"403", "Forbidden", "Not permitted (40301)"},
    {"404", "NotFound", "No such resource, or not visible to the caller (40401)"},
    {"413", "BodyTooLarge", "Body too large (41301)"},
    {"415", "UnsupportedMediaType", "The body is not application/json (41501)"},
    {"422", "ValidationError", "Fields are not valid (42201)"},
    {"429", "TooManyRequests", "Rate limit exceeded (42901)"},
    {"500", "InternalError", "Internal error (50001)"},
    {"503", "Unavailable", "Temporarily unavailable (50301)"},
}};

constexpr const char* kBaseSchemas = R"json({
  "Error": {
    "type": "object",
    "required": ["code", "message", "details", "request_id"],
    "properties": {
      "code": {"type": "integer", "description": "Application code of five digits"},
      "message": {"type": "string"},
      "details": {"type": "string"},
      "request_id": {"type": "string"},
      "errors": {"type": "array", "items": {"$ref": "#/components/schemas/FieldError"}}
    }
  },
  "FieldError": {
    "type": "object",
    "required": ["field", "rule", "message"],
    "properties": {
      "field": {"type": "string"},
      "rule": {"type": "string"},
      "message": {"type": "string"}
    }
  },
  "Pagination": {
    "type": "object",
    "required": ["current_page", "per_page", "total_pages", "total_count", "has_next", "has_prev"],
    "properties": {
      "current_page": {"type": "integer"},
      "per_page": {"type": "integer"},
      "total_pages": {"type": "integer"},
      "total_count": {"type": "integer"},
      "has_next": {"type": "boolean"},
      "has_prev": {"type": "boolean"}
    }
  }
})json";

Json error_content() { return {{"application/json", {{"schema", {{"$ref", "#/components/schemas/Error"}}}}}}; }

Json components(const SchemaStore& schemas) {
  Json out = {{"schemas", Json::parse(kBaseSchemas)}};
  for (const auto& [name, entry] : schemas.entries()) out["schemas"][name] = Json::parse(entry.schema->dump());
  for (const auto& error : kErrors) {
    out["responses"][error.name] = {{"description", error.description}, {"content", error_content()}};
  }
  out["securitySchemes"]["bearer"] = {{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "JWT"}};
  return out;
}

Json envelope(int status, const Json* data) {
  Json schema = {{"type", "object"}, {"required", {"code", "message"}}};
  schema["properties"]["code"] = {{"const", status}};
  schema["properties"]["message"] = {{"type", "string"}};
  if (data != nullptr) {
    schema["required"].push_back("data");
    schema["properties"]["data"] = *data;
  }
  return schema;
}

// A success: whatever describes JSON describes the envelope's data.
void wrap_success(const std::string& status, Json& response) {
  const int number = std::atoi(status.c_str());
  if (number == 204) return;
  if (!response.contains("content")) response["content"] = {{"application/json", Json::object()}};
  for (auto& [type, media] : response["content"].items()) {
    if (type != "application/json") continue;
    const Json data = media.value("schema", Json());
    media["schema"] = envelope(number, data.is_null() ? nullptr : &data);
    media.erase("example");
    media.erase("examples");
  }
}

void complete_responses(Json& responses) {
  for (auto& [status, response] : responses.items()) {
    if (response.contains("$ref")) continue;
    if (!response.contains("description")) response["description"] = status == "default" ? "Error" : "HTTP " + status;
    if (status.starts_with('2')) {
      wrap_success(status, response);
    } else if (!response.contains("content")) {
      response["content"] = error_content();
    }
  }
}

bool answers(const RouteEntry& route, const Json& operation, std::string_view status) {
  const bool has_body = operation.contains("requestBody");
  const bool has_path =
      std::any_of(route.segments.begin(), route.segments.end(), [](auto& s) { return s.is_parameter; });
  if (status == "401") return !route.spec.is_public;
  if (status == "403") return !route.spec.permission.empty();
  if (status == "404") return has_path;
  if (status == "413" || status == "415" || status == "422") return has_body;
  if (status == "429") return route.spec.rate_class != RateClass::none;
  return true;
}

void add_errors(const RouteEntry& route, Json& operation) {
  for (const auto& error : kErrors) {
    if (operation["responses"].contains(error.status) || !answers(route, operation, error.status)) continue;
    operation["responses"][error.status] = {{"$ref", std::string("#/components/responses/") + error.name}};
  }
}

std::string lower_method(const std::string& method) {
  std::string out = method;
  for (char& c : out) c = static_cast<char>(c - 'A' + 'a');
  return out;
}

// "GET /api/v1/servers/:id" -> "get_servers_id"
std::string operation_id(const RouteEntry& route) {
  std::string id = lower_method(route.spec.method);
  for (const auto& segment : route.segments) {
    if (segment.text == "api" || segment.text == "v1" || segment.text.empty()) continue;
    id += '_';
    for (const char c : segment.text) {
      const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      id += plain ? c : '_';
    }
  }
  return id;
}

std::string unique(const std::string& id, std::set<std::string>& taken) {
  std::string candidate = id;
  for (int number = 2; !taken.insert(candidate).second; ++number) candidate = id + "_" + std::to_string(number);
  return candidate;
}

std::string template_of(const RouteEntry& route) {
  std::string path;
  for (const auto& segment : route.segments)
    path += segment.is_parameter ? "/{" + segment.text + "}" : "/" + segment.text;
  return path;
}

Json operation_of(const RouteEntry& route, std::set<std::string>& ids) {
  Json operation = Json::parse(route.fragment);
  const auto given = operation.find("operationId");
  const bool has_id = given != operation.end() && given->is_string();
  operation["operationId"] = unique(has_id ? given->get<std::string>() : operation_id(route), ids);
  if (!operation.contains("tags")) operation["tags"] = Json::array({route.spec.owner});
  operation["security"] = Json::array();
  if (!route.spec.is_public) operation["security"].push_back({{"bearer", Json::array()}});
  complete_responses(operation["responses"]);
  add_errors(route, operation);
  return operation;
}

}  // namespace

std::string make_openapi(std::string_view title, std::string_view version,
                         const std::vector<std::shared_ptr<const RouteEntry>>& routes, const SchemaStore& schemas) {
  Json document = {
      {"openapi", "3.1.0"},
      {"info", {{"title", title}, {"version", version.empty() ? "0" : version}, {"description", kDescription}}},
      {"servers", Json::array({{{"url", "/"}}})}};
  std::set<std::string> ids;
  std::set<std::string> tags;
  std::map<std::string, Json> paths;
  for (const auto& route : routes) {
    Json operation = operation_of(*route, ids);
    for (const auto& tag : operation["tags"]) {
      if (tag.is_string()) tags.insert(tag.get<std::string>());
    }
    paths[template_of(*route)][lower_method(route->spec.method)] = std::move(operation);
  }
  document["tags"] = Json::array();
  for (const auto& tag : tags) document["tags"].push_back({{"name", tag}});
  document["paths"] = Json::object();
  for (auto& [path, item] : paths) document["paths"][path] = std::move(item);
  document["components"] = components(schemas);
  return document.dump();
}

}  // namespace nexus::api
