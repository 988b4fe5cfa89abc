#include "validation_report.h"

#include "text.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace nexus::api {
namespace {

constexpr char kOwnMark = '\x01';

enum class Value { none, number, member };

struct Meaning {
  std::string_view start;  // of the validator's description
  const char* rule;
  Value value = Value::none;  // what else the description says
};

// A longer start stands before one that it begins with. Descriptions that are missing here only say that a part failed,
// and that part has said why.
constexpr std::array<Meaning, 20> kMeanings{{
    {"Failed to validate against any schemas allowed by anyOf", "anyOf"},
    {"Failed to match expected value set by 'const'", "const"},
    {"Failed to any values against subschema in 'contains'", "contains"},
    {"Failed to match against any enum values", "enum"},
    {"Expected number less than or equal to ", "maximum", Value::number},
    {"Expected number less than ", "exclusiveMaximum", Value::number},
    {"Expected number greater than or equal to ", "minimum", Value::number},
    {"Expected number greater than ", "exclusiveMinimum", Value::number},
    {"Array should contain no more than ", "maxItems", Value::number},
    {"Array should contain no fewer than ", "minItems", Value::number},
    {"String should be no more than ", "maxLength", Value::number},
    {"String should be no fewer than ", "minLength", Value::number},
    {"Object should have no more than ", "maxProperties", Value::number},
    {"Object should have no fewer than ", "minProperties", Value::number},
    {"Value should be a multiple of ", "multipleOf", Value::number},
    {"Target should not validate against schema", "not"},
    {"Failed to validate against any child schemas allowed by oneOf", "oneOf"},
    {"Failed to validate against exactly one child schema", "oneOf"},
    {"Missing required property '", "required", Value::member},
    {"Value type not permitted", "type"},
}};

// "100.000000 characters" -> "100"
std::string plain_number(std::string_view text) {
  text = text.substr(0, text.find_first_not_of("-0123456789."));
  if (text.find('.') != std::string_view::npos) {
    text = text.substr(0, text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.remove_suffix(1);
  }
  return std::string(text);
}

std::string with_member(std::string field, std::string_view name) {
  if (!field.empty()) field += '.';
  return field += name;
}

void take_own(std::string_view description, FieldError& error) {
  const std::size_t middle = description.find(kOwnMark);
  const auto value = description.substr(middle + 1);
  error.rule = description.substr(0, middle);
  if (error.rule == "additionalProperties") {
    error.field = with_member(std::move(error.field), value);
  } else if (!value.empty()) {
    error.args = {{"value", std::string(value)}};
  }
}

bool take_foreign(std::string_view description, FieldError& error) {
  const auto found = std::find_if(kMeanings.begin(), kMeanings.end(),
                                  [&](const Meaning& meaning) { return description.starts_with(meaning.start); });
  if (found == kMeanings.end()) return false;
  const auto rest = description.substr(found->start.size());
  error.rule = found->rule;
  if (found->value == Value::number) error.args = {{"value", plain_number(rest)}};
  if (found->value == Value::member)
    error.field = with_member(std::move(error.field), rest.substr(0, rest.rfind('\'')));
  return true;
}

}  // namespace

std::string own_description(std::string_view rule, std::string_view value) {
  return kOwnMark + std::string(rule) + kOwnMark + std::string(value);
}

std::string ValidationReport::field_of(const std::vector<std::string>& context) const {
  std::string field;
  const nlohmann::json* at = &document_;
  for (std::size_t index = 1; index < context.size() && at != nullptr; ++index) {
    const auto name = context[index].substr(1, context[index].size() - 2);
    const nlohmann::json* next = nullptr;
    if (at->is_array()) {
      field += context[index];
      const auto position = parse_integer(name);
      if (position && static_cast<std::size_t>(*position) < at->size())
        next = &(*at)[static_cast<std::size_t>(*position)];
    } else {
      field = with_member(std::move(field), name);
      if (const auto member = at->find(name); at->is_object() && member != at->end()) next = &*member;
    }
    at = next;
  }
  return field;
}

// Where no alternative fits, why each single one does not is noise; but members that are missing or wrong deeper stay.
void ValidationReport::forget_alternatives(const std::vector<std::string>& context) {
  while (!steps_.empty() && steps_.back().context == context && steps_.back().error.rule != "required" &&
         steps_.back().error.rule != "additionalProperties") {
    steps_.pop_back();
  }
}

void ValidationReport::add(const std::vector<std::string>& context, std::string_view description) {
  FieldError error{field_of(context), {}, {}};
  if (description.starts_with(kOwnMark)) {
    take_own(description.substr(1), error);
  } else if (!take_foreign(description, error)) {
    return;
  }
  if (error.rule == "anyOf" || error.rule == "oneOf") forget_alternatives(context);
  steps_.push_back({context, std::move(error)});
}

std::vector<FieldError> ValidationReport::take() && {
  std::vector<FieldError> errors;
  for (auto& step : steps_) {
    auto& error = step.error;
    error.field = std::string(truncated(error.field, kMaxFieldName));
    const bool known = std::any_of(errors.begin(), errors.end(), [&](const FieldError& other) {
      return other.field == error.field && other.rule == error.rule;
    });
    if (!known && errors.size() < kMaxFieldErrors) errors.push_back(std::move(error));
  }
  // A schema of `false` fails without a word.
  if (errors.empty()) errors.push_back({"", "not", {}});
  return errors;
}

}  // namespace nexus::api
