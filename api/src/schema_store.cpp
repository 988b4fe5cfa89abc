#include "schema_store.h"

#include "json_document.h"
#include "schema_keywords.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace nexus::api {
namespace {

constexpr std::string_view kReferencePrefix = "#/components/schemas/";

// As OpenAPI has component names, without the characters that a JSON pointer or a URI would escape.
bool is_component_name(std::string_view name) noexcept {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
}

}  // namespace

bool is_reserved_schema_name(std::string_view name) noexcept {
  return name == "Error" || name == "FieldError" || name == "Pagination";
}

Result<void> SchemaStore::add(const std::string& owner, std::string_view schemas_json) {
  nlohmann::json schemas;
  if (parse_json_document(schemas_json, schemas) || !schemas.is_object()) {
    return Error(Status::invalid, "schemas of " + owner + ": not a JSON object");
  }
  for (const auto& [name, schema] : schemas.items()) {
    if (!is_component_name(name)) return Error(Status::invalid, "schema \"" + name + "\": not a component name");
    if (is_reserved_schema_name(name)) return Error(Status::conflict, "schema " + name + " belongs to the host");
    if (const auto known = entries_.find(name); known != entries_.end()) {
      return Error(Status::conflict, "schema " + name + " belongs to " + known->second.owner);
    }
    if (!schema.is_object()) return Error(Status::invalid, "schema " + name + ": not an object");
    NEXUS_TRY(check_patterns(schema));
  }
  for (auto& [name, schema] : schemas.items()) {
    entries_[name] = {owner, std::make_shared<const nlohmann::json>(std::move(schema))};
  }
  return {};
}

void SchemaStore::remove_owner(const std::string& owner) {
  std::erase_if(entries_, [&](const auto& entry) { return entry.second.owner == owner; });
}

const nlohmann::json* SchemaStore::find(std::string_view name) const {
  const auto found = entries_.find(name);
  return found == entries_.end() ? nullptr : found->second.schema.get();
}

std::optional<std::string> SchemaStore::reference_name(std::string_view reference) {
  if (!reference.starts_with(kReferencePrefix)) return std::nullopt;
  return std::string(reference.substr(kReferencePrefix.size()));
}

}  // namespace nexus::api
