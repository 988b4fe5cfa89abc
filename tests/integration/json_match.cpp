#include "integration/json_match.h"

#include <regex>

namespace nexus::test {
namespace {

bool fits(const std::string& placeholder, const Json& actual) {
  static const std::regex kTime(R"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z)");
  static const std::regex kJwt(R"([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)");
  if (placeholder == "<any>") return true;
  if (placeholder == "<int>") return actual.is_number_integer();
  if (placeholder == "<number>") return actual.is_number();
  if (placeholder == "<bool>") return actual.is_boolean();
  if (!actual.is_string()) return false;
  const auto& text = actual.get_ref<const std::string&>();
  if (placeholder == "<time>") return std::regex_match(text, kTime);
  if (placeholder == "<jwt>") return std::regex_match(text, kJwt);
  return placeholder == "<string>" && !text.empty();
}

bool is_placeholder(const Json& value) {
  if (!value.is_string()) return false;
  const auto& text = value.get_ref<const std::string&>();
  return text.size() > 2 && text.front() == '<' && text.back() == '>';
}

std::string member_difference(const Json& expected, const Json& actual, const std::string& path) {
  auto have = actual.begin();
  for (const auto& [key, value] : expected.items()) {
    if (have == actual.end()) return path + ": " + key + " is missing";
    if (have.key() != key) return path + ": " + key + " expected, found " + have.key();
    if (auto inner = difference(value, have.value(), path + "." + key); !inner.empty()) return inner;
    ++have;
  }
  return have == actual.end() ? "" : path + ": " + have.key() + " is not documented";
}

std::string element_difference(const Json& expected, const Json& actual, const std::string& path) {
  if (expected.size() != actual.size())
    return path + ": " + std::to_string(actual.size()) + " elements: " + actual.dump();
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (auto inner = difference(expected[i], actual[i], path + "[" + std::to_string(i) + "]"); !inner.empty())
      return inner;
  }
  return "";
}

}  // namespace

std::string difference(const Json& expected, const Json& actual, const std::string& path) {
  if (is_placeholder(expected)) {
    const auto& placeholder = expected.get_ref<const std::string&>();
    return fits(placeholder, actual) ? "" : path + ": " + actual.dump() + " is no " + placeholder;
  }
  if (expected.is_object() && actual.is_object()) return member_difference(expected, actual, path);
  if (expected.is_array() && actual.is_array()) return element_difference(expected, actual, path);
  return expected == actual ? "" : path + ": " + expected.dump() + " expected, found " + actual.dump();
}

}  // namespace nexus::test
