#include "body_schema.h"
#include "schema_keywords.h"
#include "schema_store.h"

#include <nexus/api/json_schema.h>
#include <nexus/api/server.h>

#include <nlohmann/json.hpp>

namespace nexus::api {
namespace {

using nlohmann::json;

std::string rule_text(const FieldError& error) {
  static const auto kTexts = json::parse(catalogue("en"), nullptr, false);
  auto text = kTexts.is_object() ? kTexts.value("rule." + error.rule, error.rule) : error.rule;
  for (const auto& [name, value] : error.args) {
    const auto mark = '{' + name + '}';
    if (const auto at = text.find(mark); at != std::string::npos) text.replace(at, mark.size(), value);
  }
  return text;
}

}  // namespace

struct JsonSchema::Compiled {
  std::shared_ptr<const BodySchema> schema;
};

JsonSchema::JsonSchema(std::shared_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}

Result<JsonSchema> JsonSchema::compile(std::string_view schema_json) {
  auto schema = json::parse(schema_json, nullptr, false);
  if (!schema.is_object()) return Error(Status::invalid, "the schema is not a JSON object");
  // Words about the schema itself, which say nothing about a document.
  for (const auto* annotation : {"$schema", "$id", "$comment"}) schema.erase(annotation);
  NEXUS_TRY(check_patterns(schema));
  NEXUS_ASSIGN(const auto prepared, prepare_schema(schema, SchemaStore{}));
  NEXUS_ASSIGN(auto compiled, BodySchema::compile(prepared));
  return JsonSchema(std::make_shared<const Compiled>(Compiled{std::move(compiled)}));
}

std::vector<SchemaViolation> JsonSchema::check(std::string_view document_json) const {
  const auto document = json::parse(document_json, nullptr, false);
  if (document.is_discarded()) return {{"", "type", "Is not JSON"}};
  std::vector<SchemaViolation> out;
  for (auto& error : compiled_->schema->check(document)) {
    auto text = rule_text(error);
    out.push_back({std::move(error.field), std::move(error.rule), std::move(text)});
  }
  return out;
}

}  // namespace nexus::api
