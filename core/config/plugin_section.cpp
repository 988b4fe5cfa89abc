#include "core/config/plugin_section.h"

#include "core/config/suggestion.h"

#include <nexus/api/json_schema.h>

#include <nlohmann/json.hpp>

#include <charconv>
#include <string_view>
#include <vector>

namespace nexus::core {
namespace {

using nlohmann::json;

template <class Number>
bool parse_number(std::string_view text, Number& out) {
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && stop == text.data() + text.size();
}

json plain_scalar(const std::string& text) {
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  std::string_view digits = text;
  if (digits.starts_with('-')) digits.remove_prefix(1);
  // 010 is eight to some readers of YAML and ten to others, so it is no number here.
  const bool ambiguous = digits.size() > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9';
  if (digits.empty() || digits[0] < '0' || digits[0] > '9' || ambiguous) return text;
  if (std::int64_t whole = 0; parse_number(text, whole)) return whole;
  if (double number = 0; parse_number(text, number)) return number;
  return text;
}

json convert(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null: return nullptr;
    case Node::Kind::scalar: return node.quoted ? json(node.text) : plain_scalar(node.text);
    case Node::Kind::sequence: {
      auto out = json::array();
      for (const auto& item : node.items) out.push_back(convert(item));
      return out;
    }
    case Node::Kind::mapping: {
      auto out = json::object();
      for (const auto& member : node.members) out[member.key] = convert(member.value);
      return out;
    }
  }
  return nullptr;
}

std::string print(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

// Where `field` ("target.server_ids[0]") is written, or its nearest parent that is; a key where there is one.
class FieldFinder {
 public:
  FieldFinder(const Node::Member& section, const json& schema)
      : at_(section.at), node_(&section.value), schema_(schema) {}

  void walk(std::string_view field) {
    while (!field.empty()) {
      if (field.front() == '[') {
        const auto end = field.find(']');
        if (end == std::string_view::npos || !item(field.substr(1, end - 1))) return;
        field.remove_prefix(end + 1);
      } else {
        if (field.front() == '.') field.remove_prefix(1);
        const auto end = std::min(field.find_first_of(".["), field.size());
        if (!member(field.substr(0, end))) return;
        field.remove_prefix(end);
      }
    }
  }

  const Position& at() const noexcept { return at_; }
  const json& schema() const noexcept { return schema_; }

 private:
  bool item(std::string_view number) {
    std::size_t index = 0;
    if (node_ == nullptr || !parse_number(number, index) || index >= node_->items.size()) return false;
    descend(node_->items[index].at, &node_->items[index], "items", {});
    return true;
  }

  bool member(std::string_view name) {
    if (node_ == nullptr) return false;
    for (const auto& candidate : node_->members) {
      if (candidate.key != name) continue;
      descend(candidate.at, &candidate.value, "properties", name);
      return true;
    }
    return false;  // missing: the place is the parent's, and so is the schema
  }

  void descend(const Position& at, const Node* node, const char* keyword, std::string_view name) {
    at_ = at;
    node_ = node;
    const auto sub = schema_.is_object() ? schema_.find(keyword) : schema_.end();
    json next;
    if (schema_.is_object() && sub != schema_.end()) {
      if (name.empty()) {
        next = *sub;
      } else if (sub->is_object() && sub->contains(std::string(name))) {
        next = (*sub)[std::string(name)];
      } else {
        unknown_in_ = *sub;
      }
    }
    schema_ = std::move(next);
  }

 public:
  // The names that were allowed where an unknown one stood.
  std::vector<std::string> siblings() const {
    std::vector<std::string> names;
    if (unknown_in_.is_object()) {
      for (const auto& [name, value] : unknown_in_.items()) names.push_back(name);
    }
    return names;
  }

 private:
  Position at_;
  const Node* node_;
  json schema_;
  json unknown_in_;
};

std::string sentence(const std::string& key, const api::SchemaViolation& violation, const FieldFinder& place) {
  const auto& schema = place.schema();
  if (violation.rule == "additionalProperties") {
    const auto word = violation.field.substr(violation.field.find_last_of('.') + 1);
    return "unknown key \"" + key + '"' + suggestion(word, place.siblings());
  }
  if (violation.rule == "required") return '"' + key + "\" is missing";
  if (violation.rule == "enum" && schema.is_object() && schema.contains("enum")) {
    std::string allowed;
    for (const auto& value : schema["enum"]) {
      allowed += (allowed.empty() ? "" : ", ") + (value.is_string() ? value.get<std::string>() : print(value));
    }
    return key + " must be one of " + allowed;
  }
  if (violation.rule == "type" && schema.is_object() && schema.contains("type")) {
    return key + " must be of type " +
           (schema["type"].is_string() ? schema["type"].get<std::string>() : print(schema["type"]));
  }
  return key + ": " + violation.text;
}

void fill_defaults(json& section, const json& schema) {
  const auto properties = schema.find("properties");
  if (properties == schema.end() || !properties->is_object()) return;
  for (const auto& [name, property] : properties->items()) {
    if (property.is_object() && property.contains("default") && !section.contains(name)) {
      section[name] = property["default"];
    }
  }
}

}  // namespace

std::string to_json(const Node& node) { return print(convert(node)); }

std::string check_section(const std::string& plugin_id, const Node::Member* section,
                          const std::optional<std::string>& schema_json, Problems& problems) {
  const bool given = section != nullptr && section->value.kind != Node::Kind::null;
  if (!schema_json) {
    if (given) problems.add(section->at, "the plugin " + plugin_id + " has no configuration, so it takes no section");
    return "{}";
  }
  const Position nowhere{"the configuration", 0, 0};
  const Node::Member empty{plugin_id, given || section == nullptr ? nowhere : section->at, {}};
  const auto& written = given ? *section : empty;
  const auto compiled = api::JsonSchema::compile(*schema_json);
  const auto schema = json::parse(*schema_json, nullptr, false);
  if (!compiled || !schema.is_object()) {
    problems.add(written.at, "the schema of the plugin " + plugin_id + " is broken, which its author must mend: " +
                                 (compiled ? "not a JSON object" : compiled.error().what()));
    return "{}";
  }
  if (given && section->value.kind != Node::Kind::mapping) {
    problems.add(section->value.at, plugin_id + " must be a mapping");
    return "{}";
  }
  auto document = given ? convert(section->value) : json::object();
  fill_defaults(document, schema);
  auto text = print(document);
  for (const auto& violation : compiled->check(text)) {
    FieldFinder place(written, schema);
    place.walk(violation.field);
    const auto key = violation.field.empty() ? plugin_id : plugin_id + '.' + violation.field;
    problems.add(place.at(), sentence(key, violation, place));
  }
  return text;
}

}  // namespace nexus::core
