#include "schema_keywords.h"

#include "expression.h"
#include "formats.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <set>
#include <vector>

namespace nexus::api {
namespace {

using nlohmann::json;

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

constexpr std::array<std::string_view, 12> kAnnotations{
    "title",    "description", "default",  "example",      "examples",        "deprecated",
    "readOnly", "writeOnly",   "$comment", "externalDocs", "contentEncoding", "contentMediaType"};
constexpr std::array<std::string_view, 15> kCopied{"type",
                                                   "enum",
                                                   "const",
                                                   "multipleOf",
                                                   "minimum",
                                                   "maximum",
                                                   "exclusiveMinimum",
                                                   "exclusiveMaximum",
                                                   "minLength",
                                                   "maxLength",
                                                   "minItems",
                                                   "maxItems",
                                                   "required",
                                                   "minProperties",
                                                   "maxProperties"};
// Their subschemas look at the same value as the schema around them, so they cannot be closed one by one.
constexpr std::array<std::string_view, 3> kCombinators{"allOf", "anyOf", "oneOf"};
constexpr std::array<std::string_view, 4> kConditions{"not", "if", "then", "else"};

class Preparation {
 public:
  explicit Preparation(const SchemaStore& schemas) : schemas_(schemas) {}

  Result<json> run(const json& schema) {
    NEXUS_ASSIGN(json root, transform(schema, true));
    json document = json::object();
    document["allOf"] = json::array({std::move(root)});
    while (!wanted_.empty()) {
      const auto [name, closed] = *wanted_.begin();
      wanted_.erase(wanted_.begin());
      done_.insert({name, closed});
      NEXUS_ASSIGN(json named, transform(*schemas_.find(name), closed));
      document[section(closed)][name] = std::move(named);
    }
    return document;
  }

 private:
  static const char* section(bool closed) { return closed ? "closed" : "open"; }

  Result<json> transform(const json& schema, bool closed) {
    if (schema.is_boolean()) return schema;
    if (!schema.is_object()) return Error(Status::invalid, "a schema is neither an object nor a boolean");
    if (schema.contains("$ref")) return reference(schema, closed);
    json out = json::object();
    out[keyword::kBudget] = true;
    for (const auto& [name, value] : schema.items()) NEXUS_TRY(transform_keyword(schema, name, value, out));
    NEXUS_TRY(close(schema, closed, out));
    return out;
  }

  // The name that `schema` refers to, and says nothing else than that.
  Result<std::string> referred(const json& schema) const {
    for (const auto& [name, value] : schema.items()) {
      if (name != "$ref" && !contains(kAnnotations, name)) {
        return Error(Status::invalid, "\"" + name + "\" beside $ref would be ignored");
      }
    }
    std::vector<std::string> seen;
    NEXUS_TRY(check_ends(schema, seen));
    return resolve(schema);
  }

  Result<json> reference(const json& schema, bool closed) {
    NEXUS_ASSIGN(const std::string name, referred(schema));
    if (!done_.contains({name, closed})) wanted_.insert({name, closed});
    return json{{"$ref", std::string("#/") + section(closed) + "/" + name}};
  }

  Result<std::string> resolve(const json& schema) const {
    const auto& reference = schema.at("$ref");
    const auto name = reference.is_string() ? SchemaStore::reference_name(reference.get<std::string>()) : std::nullopt;
    if (!name || schemas_.find(*name) == nullptr)
      return Error(Status::not_found, "unknown reference " + reference.dump());
    return *name;
  }

  // Calls `visit` for each subschema that looks at the same value as `schema`.
  template <class Visit>
  static Result<void> each_beside(const json& schema, Visit visit) {
    for (const auto name : kCombinators) {
      const auto found = schema.find(std::string(name));
      if (found == schema.end() || !found->is_array()) continue;
      for (const auto& child : *found) NEXUS_TRY(visit(child));
    }
    for (const auto name : kConditions) {
      if (const auto found = schema.find(std::string(name)); found != schema.end()) NEXUS_TRY(visit(*found));
    }
    return {};
  }

  // A schema that comes back to itself at the same value would never end.
  Result<void> check_ends(const json& schema, std::vector<std::string>& seen) const {
    if (!schema.is_object()) return {};
    if (!schema.contains("$ref")) {
      return each_beside(schema, [&](const json& child) { return check_ends(child, seen); });
    }
    NEXUS_ASSIGN(const std::string name, resolve(schema));
    if (std::find(seen.begin(), seen.end(), name) != seen.end()) {
      return Error(Status::invalid, "schema " + name + " refers to itself without end");
    }
    seen.push_back(name);
    NEXUS_TRY(check_ends(*schemas_.find(name), seen));
    seen.pop_back();
    return {};
  }

  Result<void> transform_keyword(const json& schema, const std::string& name, const json& value, json& out) {
    if (contains(kAnnotations, name) || name.starts_with("x-")) return {};
    if (contains(kCopied, name)) {
      out[name] = value;
      return {};
    }
    if (name == "allOf") return transform_all(value, out);
    if (contains(kCombinators, name)) return transform_list(value, out[name]);
    if (contains(kConditions, name) || name == "contains") return transform_into(value, false, out[name]);
    if (name == "items" || name == "propertyNames") return transform_into(value, true, out[name]);
    if (name == "properties") return transform_members(value, out[name]);
    if (name == "additionalProperties") {
      return value.is_boolean() ? Result<void>{} : transform_into(value, true, out[name]);
    }
    if (name == "format") return transform_format(value, out);
    if (name == "uniqueItems") return transform_unique(schema, value, out);
    if (name == "pattern") {
      out[keyword::kPattern] = {{"pattern", value}, {"limit", schema.value("maxLength", kMaxPatternLength)}};
      return {};
    }
    return Error(Status::unsupported, "keyword \"" + name + "\" is not supported in a request");
  }

  Result<void> transform_into(const json& schema, bool closed, json& out) {
    NEXUS_ASSIGN(out, transform(schema, closed));
    return {};
  }

  static Result<void> check_list(const json& list) {
    if (list.is_array() && !list.empty()) return {};
    return Error(Status::invalid, "allOf, anyOf and oneOf are arrays of schemas");
  }

  // The validator leaves a list of parts at the first one that fails, but a part that holds the one before it speaks
  // whatever that one says: so all parts are heard, in their order.
  Result<void> transform_all(const json& list, json& out) {
    NEXUS_TRY(check_list(list));
    json parts;
    for (const auto& schema : list) {
      NEXUS_ASSIGN(json part, transform_part(schema));
      if (!parts.is_null()) innermost(part)["allOf"] = json::array({std::move(parts)});
      parts = std::move(part);
    }
    out["allOf"] = json::array({std::move(parts)});
    return {};
  }

  // Never a reference, beside which nothing can stand: each part of allOf becomes an object of its own. It ends, as
  // check_ends has found.
  Result<json> transform_part(const json& schema) {
    if (schema.is_boolean()) return schema == true ? json::object() : json{{"not", json::object()}};
    if (!schema.is_object() || !schema.contains("$ref")) return transform(schema, false);
    NEXUS_ASSIGN(const std::string name, referred(schema));
    return transform_part(*schemas_.find(name));
  }

  // The part that is heard first.
  static json& innermost(json& part) {
    json* at = &part;
    while (at->contains("allOf")) at = &(*at)["allOf"].front();
    return *at;
  }

  Result<void> transform_list(const json& list, json& out) {
    NEXUS_TRY(check_list(list));
    for (const auto& schema : list) {
      NEXUS_ASSIGN(json child, transform(schema, false));
      out.push_back(std::move(child));
    }
    return {};
  }

  Result<void> transform_members(const json& members, json& out) {
    if (!members.is_object()) return Error(Status::invalid, "properties is not an object");
    out = json::object();
    for (const auto& [name, schema] : members.items()) NEXUS_TRY(transform_into(schema, true, out[name]));
    return {};
  }

  static Result<void> transform_format(const json& value, json& out) {
    if (!value.is_string() || find_format(value.get<std::string>()) == nullptr) {
      return Error(Status::unsupported, "unknown format " + value.dump());
    }
    out[keyword::kFormat] = value;
    return {};
  }

  static Result<void> transform_unique(const json& schema, const json& value, json& out) {
    if (value != true) return {};
    const auto limit = schema.find("maxItems");
    if (limit == schema.end() || !limit->is_number_unsigned() || limit->get<std::size_t>() > kMaxUniqueItems) {
      return Error(Status::invalid, "uniqueItems needs a maxItems of at most " + std::to_string(kMaxUniqueItems));
    }
    out[keyword::kUnique] = *limit;
    return {};
  }

  // What a schema, and those that look at the same value, say of an object's members.
  struct Members {
    std::set<std::string> names;
    bool described = false;  // it is about objects at all
    bool open = false;       // others are welcome
  };

  Result<void> close(const json& schema, bool closed, json& out) {
    const auto stated = schema.find("additionalProperties");
    Members members;
    if (stated != schema.end()) {
      if (*stated != false) return {};
      add_names(schema, members.names);
    } else {
      if (!closed) return {};
      NEXUS_TRY(add_members(schema, members));
      if (!members.described || members.open) return {};
    }
    out[keyword::kClosed] = members.names;
    return {};
  }

  static bool describes_object(const json& schema) {
    if (schema.contains("properties")) return true;
    const auto type = schema.find("type");
    if (type == schema.end()) return false;
    return *type == "object" || (type->is_array() && std::find(type->begin(), type->end(), "object") != type->end());
  }

  static void add_names(const json& schema, std::set<std::string>& names) {
    const auto members = schema.find("properties");
    if (members == schema.end() || !members->is_object()) return;
    for (const auto& [name, child] : members->items()) names.insert(name);
  }

  Result<void> add_members(const json& schema, Members& members) const {
    if (!schema.is_object()) return {};
    if (schema.contains("$ref")) {
      NEXUS_ASSIGN(const std::string name, resolve(schema));
      return add_members(*schemas_.find(name), members);
    }
    members.described = members.described || describes_object(schema);
    members.open = members.open || schema.value("additionalProperties", json(false)) != false;
    add_names(schema, members.names);
    return each_beside(schema, [&](const json& child) { return add_members(child, members); });
  }

  const SchemaStore& schemas_;
  std::set<std::pair<std::string, bool>> wanted_;
  std::set<std::pair<std::string, bool>> done_;
};

Result<void> check_pattern(const json& schema) {
  const auto pattern = schema.at("pattern").get<std::string>();
  const auto limit = schema.find("maxLength");
  if (limit == schema.end() || !limit->is_number_unsigned() || limit->get<std::size_t>() > kMaxPatternLength) {
    return Error(Status::invalid,
                 "pattern \"" + pattern + "\" needs a maxLength of at most " + std::to_string(kMaxPatternLength));
  }
  if (!Expression::compile(pattern)) {
    return Error(Status::invalid, "pattern \"" + pattern + "\" is no regular expression");
  }
  return {};
}

bool holds_examples(std::string_view name) {
  return name == "example" || name == "examples" || name == "default" || name == "enum" || name == "const";
}

}  // namespace

Result<void> check_patterns(const json& fragment) {
  if (fragment.is_object() && fragment.contains("pattern") && fragment["pattern"].is_string()) {
    NEXUS_TRY(check_pattern(fragment));
  }
  if (!fragment.is_structured()) return {};
  for (const auto& [name, child] : fragment.items()) {
    if (fragment.is_array() || !holds_examples(name)) NEXUS_TRY(check_patterns(child));
  }
  return {};
}

Result<json> prepare_schema(const json& schema, const SchemaStore& schemas) { return Preparation(schemas).run(schema); }

}  // namespace nexus::api
