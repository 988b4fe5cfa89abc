#include "request_rules.h"

#include "json_document.h"
#include "schema_keywords.h"
#include "text.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace nexus::api {
namespace {

using nlohmann::json;

constexpr std::string_view kJson = "application/json";

Refusal refused_parameter(const char* details_key, std::string_view name) {
  return {code::kMalformed, details_key, {{"name", std::string(truncated(name, kMaxFieldName))}}, {}};
}

Refusal refused_json(const JsonProblem& problem) {
  return {
      code::kMalformed,
      problem.details_key,
      {{"position", std::to_string(problem.position)}, {"name", std::string(truncated(problem.name, kMaxFieldName))}},
      {}};
}

// "application/json" of "application/json; charset=utf-8"; empty where the charset is not UTF-8.
std::string_view media_type(std::string_view content_type) {
  const std::size_t semicolon = content_type.find(';');
  for (std::size_t start = semicolon; start < content_type.size();) {
    const std::size_t end = std::min(content_type.find(';', start + 1), content_type.size());
    auto parameter = trimmed(content_type.substr(start + 1, end - start - 1));
    start = end;
    if (parameter.size() < 8 || !equals_ignoring_case(parameter.substr(0, 8), "charset=")) continue;
    parameter.remove_prefix(8);
    if (!equals_ignoring_case(parameter, "utf-8") && !equals_ignoring_case(parameter, "\"utf-8\"")) return {};
  }
  return trimmed(content_type.substr(0, semicolon));
}

Refusal refused_fields(std::vector<FieldError> errors) { return {code::kValidation, {}, {}, std::move(errors)}; }

Result<void> check_operation(const json& operation) {
  if (!operation.is_object()) return Error(Status::invalid, "not a JSON object");
  const auto responses = operation.find("responses");
  if (responses == operation.end() || !responses->is_object() || responses->empty()) {
    return Error(Status::invalid, "has no responses");
  }
  for (const auto& [status, response] : responses->items()) {
    if (!response.is_object()) return Error(Status::invalid, "response " + status + " is not an object");
  }
  return check_patterns(operation);
}

// Path parameters of fragment and pattern must be the same.
Result<void> check_path_names(const std::vector<ParameterRule>& rules, const std::vector<std::string>& names) {
  const auto described = [&](const std::string& name) {
    return std::any_of(rules.begin(), rules.end(), [&](const ParameterRule& rule) { return rule.name() == name; });
  };
  for (const auto& name : names) {
    if (!described(name)) return Error(Status::invalid, "path parameter \"" + name + "\" is not described");
  }
  if (rules.size() != names.size())
    return Error(Status::invalid, "describes a path parameter that the pattern has not");
  return {};
}

}  // namespace

Result<RequestRules> RequestRules::compile(std::string_view openapi_json,
                                           const std::vector<std::string>& path_parameters,
                                           const SchemaStore& schemas) {
  json operation;
  if (parse_json_document(openapi_json, operation)) return Error(Status::invalid, "not JSON");
  NEXUS_TRY(check_operation(operation));
  RequestRules rules;
  for (const auto& parameter : operation.value("parameters", json::array())) {
    NEXUS_ASSIGN(ParameterRule rule, ParameterRule::compile(parameter, schemas));
    auto& list = rule.place() == "path" ? rules.path_ : rule.place() == "query" ? rules.query_ : rules.headers_;
    const bool known =
        std::any_of(list.begin(), list.end(), [&](const auto& other) { return other.name() == rule.name(); });
    if (known) return Error(Status::invalid, "parameter \"" + rule.name() + "\" is described twice");
    list.push_back(std::move(rule));
  }
  NEXUS_TRY(check_path_names(rules.path_, path_parameters));
  NEXUS_TRY(rules.take_body(operation.value("requestBody", json()), schemas));
  return rules;
}

Result<void> RequestRules::take_body(const json& request_body, const SchemaStore& schemas) {
  // Without a declaration only an empty object passes: a misplaced member must not be ignored.
  json schema = {{"type", "object"}, {"additionalProperties", false}};
  bool takes_json = request_body.is_null();
  if (!request_body.is_null()) {
    const auto content = request_body.is_object() ? request_body.find("content") : request_body.end();
    if (!request_body.is_object() || content == request_body.end() || !content->is_object() || content->empty()) {
      return Error(Status::invalid, "requestBody has no content");
    }
    body_required_ = request_body.value("required", json(false)) == true;
    for (const auto& [type, media] : content->items()) {
      if (type != kJson) {
        other_media_types_.push_back(type);
        continue;
      }
      takes_json = true;
      schema = media.is_object() && media.contains("schema") ? media["schema"] : json(true);
    }
  }
  if (!takes_json) return {};
  NEXUS_ASSIGN(const json prepared, prepare_schema(schema, schemas));
  NEXUS_ASSIGN(body_, BodySchema::compile(prepared));
  return {};
}

Refusal RequestRules::check_path(const FindText& path_param) const {
  for (const auto& rule : path_) {
    const auto value = path_param(rule.name());
    if (!value || !rule.accepts(*value)) return {code::kNotFound, {}, {}, {}};
  }
  return {};
}

Refusal RequestRules::check_query(const std::vector<std::pair<std::string, std::string>>& query) const {
  for (const auto& [name, value] : query) {
    const auto rule =
        std::find_if(query_.begin(), query_.end(), [&name = name](const auto& known) { return known.name() == name; });
    if (rule == query_.end()) return refused_parameter("error.40000.unknown_query", name);
    if (!rule->accepts(value)) return refused_parameter("error.40000.query", name);
  }
  for (const auto& rule : query_) {
    const bool present =
        std::any_of(query.begin(), query.end(), [&](const auto& pair) { return pair.first == rule.name(); });
    if (rule.required() && !present) return refused_parameter("error.40000.missing_query", rule.name());
  }
  return {};
}

Refusal RequestRules::check_headers(const FindText& header) const {
  for (const auto& rule : headers_) {
    const auto value = header(rule.name());
    if (!value && rule.required()) return refused_parameter("error.40000.missing_header", rule.name());
    if (value && !(is_utf8(*value) && rule.accepts(*value)))
      return refused_parameter("error.40000.header", rule.name());
  }
  return {};
}

Refusal RequestRules::check_body(std::string_view content_type, std::string_view body) const {
  if (body.empty()) {
    return body_required_ ? refused_fields({{"body", "required", {}}}) : Refusal{};
  }
  const auto type = media_type(content_type);
  const bool other = std::any_of(other_media_types_.begin(), other_media_types_.end(),
                                 [&](const auto& known) { return equals_ignoring_case(known, type); });
  if (other) return {};
  if (!body_ || !equals_ignoring_case(type, kJson)) return {code::kUnsupportedMediaType, {}, {}, {}};
  json document;
  if (const auto problem = parse_json_document(body, document)) return refused_json(*problem);
  auto errors = body_->check(document);
  return errors.empty() ? Refusal{} : refused_fields(std::move(errors));
}

}  // namespace nexus::api
