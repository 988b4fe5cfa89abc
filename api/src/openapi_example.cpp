#include "openapi_example.h"

#include "schema_store.h"

#include <nexus/cpp/status.h>

#include <algorithm>
#include <string>

namespace nexus::api {
namespace {

// Schemas that refer to each other in a circle, without an example, end here.
constexpr int kMaxDepth = 16;
constexpr const char* kRequestId = "019b2f6e8c4a7d10f3a95c27e84b6d01";

bool is_required(const OrderedJson& schema, const std::string& name) {
  const auto required = schema.find("required");
  return required != schema.end() && std::find(required->begin(), required->end(), name) != required->end();
}

}  // namespace

OrderedJson Examples::error(std::int32_t app_code) const {
  const std::string key = "error." + std::to_string(app_code);
  OrderedJson out = {
      {"code", app_code}, {"message", text(key)}, {"details", text(key + ".details")}, {"request_id", kRequestId}};
  if (app_code == code::kValidation) {
    out["errors"] = OrderedJson::array({{{"field", "name"}, {"rule", "required"}, {"message", text("rule.required")}}});
  }
  return out;
}

OrderedJson Examples::success(int http_status, std::string_view message_key, const OrderedJson* data) const {
  OrderedJson out = {{"code", http_status}, {"message", text(message_key.empty() ? "success" : message_key)}};
  if (data != nullptr) out["data"] = *data;
  return out;
}

std::optional<OrderedJson> Examples::made_of(const OrderedJson& schema, int depth) const {
  if (!schema.is_object() || depth > kMaxDepth) return std::nullopt;
  for (const auto* given : {"example", "const"}) {
    if (const auto found = schema.find(given); found != schema.end()) return *found;
  }
  if (const auto reference = schema.find("$ref"); reference != schema.end() && reference->is_string()) {
    const auto named = schemas_.find(SchemaStore::reference_name(reference->get<std::string>()).value_or(""));
    return named == schemas_.end() ? std::nullopt : made_of(*named, depth + 1);
  }
  if (const auto parts = schema.find("allOf"); parts != schema.end()) return all_of(*parts, depth + 1);
  if (const auto items = schema.find("items"); items != schema.end()) {
    const auto one = made_of(*items, depth + 1);
    return one ? std::optional(OrderedJson::array({*one})) : std::nullopt;
  }
  return schema.contains("properties") ? object_of(schema, depth + 1) : std::nullopt;
}

std::optional<OrderedJson> Examples::object_of(const OrderedJson& schema, int depth) const {
  auto out = OrderedJson::object();
  for (const auto& [name, property] : schema["properties"].items()) {
    if (auto value = made_of(property, depth)) {
      out[name] = std::move(*value);
    } else if (is_required(schema, name)) {
      return std::nullopt;
    }
  }
  return out.empty() ? std::nullopt : std::optional(std::move(out));
}

std::optional<OrderedJson> Examples::all_of(const OrderedJson& parts, int depth) const {
  auto out = OrderedJson::object();
  for (const auto& part : parts) {
    const auto value = made_of(part, depth);
    if (!value || !value->is_object()) return std::nullopt;
    out.update(*value);
  }
  return out;
}

}  // namespace nexus::api
