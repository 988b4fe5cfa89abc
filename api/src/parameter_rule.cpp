#include "parameter_rule.h"

#include "schema_keywords.h"
#include "text.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace nexus::api {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 7> kIgnored{"title",    "description", "default", "example",
                                                   "examples", "deprecated",  "$comment"};

bool is_annotation(std::string_view name) {
  return name.starts_with("x-") || std::find(kIgnored.begin(), kIgnored.end(), name) != kIgnored.end();
}

}  // namespace

Result<ParameterRule> ParameterRule::compile(const json& parameter, const SchemaStore& schemas) {
  if (!parameter.is_object() || !parameter.contains("name") || !parameter["name"].is_string()) {
    return Error(Status::invalid, "a parameter has no name");
  }
  ParameterRule rule;
  rule.name_ = parameter["name"].get<std::string>();
  const auto refused = [&](const std::string& why) {
    return Error(Status::invalid, "parameter \"" + rule.name_ + "\": " + why);
  };
  const auto place = parameter.value("in", json());
  if (place != "path" && place != "query" && place != "header") return refused("`in` is not path, query or header");
  rule.place_ = place.get<std::string>();
  rule.required_ = parameter.value("required", json(false)) == true;
  if (rule.place_ == "path" && !rule.required_) return refused("a path parameter needs \"required\": true");
  const json* schema = parameter.contains("schema") ? &parameter["schema"] : nullptr;
  if (schema == nullptr || !schema->is_object()) return refused("has no schema");
  if (const auto reference = schema->find("$ref"); reference != schema->end()) {
    const auto name =
        reference->is_string() ? SchemaStore::reference_name(reference->get<std::string>()) : std::nullopt;
    schema = name ? schemas.find(*name) : nullptr;
    if (schema == nullptr) return refused("unknown reference");
  }
  if (auto taken = rule.take_schema(*schema); !taken) return refused(taken.error().reason());
  return rule;
}

Result<void> ParameterRule::take_schema(const json& schema) {
  if (schema.contains("type")) NEXUS_TRY(take_type(schema["type"]));
  for (const auto& [keyword, value] : schema.items()) {
    if (keyword != "type" && !is_annotation(keyword)) NEXUS_TRY(take_keyword(keyword, value));
  }
  return {};
}

Result<void> ParameterRule::take_type(const json& value) {
  if (value == "string")
    type_ = Type::string;
  else if (value == "integer")
    type_ = Type::integer;
  else if (value == "number")
    type_ = Type::number;
  else if (value == "boolean")
    type_ = Type::boolean;
  else
    return Error(Status::unsupported, "type " + value.dump() + " is no scalar");
  return {};
}

Result<void> ParameterRule::take_keyword(const std::string& keyword, const json& value) {
  if (keyword == "enum" && value.is_array()) {
    for (const auto& item : value) values_.push_back(item.is_string() ? item.get<std::string>() : item.dump());
  } else if (keyword == "minimum" && value.is_number()) {
    minimum_ = value.get<double>();
  } else if (keyword == "maximum" && value.is_number()) {
    maximum_ = value.get<double>();
  } else if (keyword == "minLength" && value.is_number_unsigned()) {
    min_length_ = value.get<std::size_t>();
  } else if (keyword == "maxLength" && value.is_number_unsigned()) {
    max_length_ = value.get<std::size_t>();
  } else if (keyword == "pattern" && value.is_string()) {
    pattern_ = Expression::compile(value.get<std::string>());
  } else if (keyword == "format" && value.is_string() && find_format(value.get<std::string>()) != nullptr) {
    format_ = find_format(value.get<std::string>());
  } else {
    return Error(Status::unsupported, "\"" + keyword + "\": " + value.dump() + " is not supported");
  }
  return {};
}

bool ParameterRule::in_range(double value) const noexcept {
  return (!minimum_ || value >= *minimum_) && (!maximum_ || value <= *maximum_);
}

bool ParameterRule::accepts_text(std::string_view text) const {
  const std::size_t length = code_points(text);
  if (length < min_length_ || length > max_length_) return false;
  if (format_ != nullptr && !format_(text)) return false;
  return !pattern_ || pattern_->matches(text);
}

bool ParameterRule::accepts(std::string_view text) const {
  if (!values_.empty() && std::find(values_.begin(), values_.end(), text) == values_.end()) return false;
  switch (type_) {
    case Type::integer: {
      const auto value = parse_integer(text);
      return value && in_range(static_cast<double>(*value));
    }
    case Type::number: {
      const auto value = parse_number(text);
      return value && in_range(*value);
    }
    case Type::boolean: return text == "true" || text == "false";
    case Type::string: break;
  }
  return accepts_text(text);
}

}  // namespace nexus::api
