#include "integration/json_match.h"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace nexus::test {
namespace {

bool is_time(const std::string& text) {
  constexpr std::string_view kShape = "0000-00-00T00:00:00Z";
  if (text.size() != kShape.size()) return false;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (kShape[i] == '0' ? !digit : text[i] != kShape[i]) return false;
  }
  return true;
}

bool is_jwt(const std::string& text) {
  const auto in_alphabet = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
  };
  return text.size() > 100 && std::count(text.begin(), text.end(), '.') == 2 &&
         std::all_of(text.begin(), text.end(), in_alphabet);
}

bool fits(const std::string& placeholder, const Json& actual) {
  if (placeholder == "<any>") return true;
  if (placeholder == "<int>") return actual.is_number_integer();
  if (placeholder == "<number>") return actual.is_number();
  if (placeholder == "<bool>") return actual.is_boolean();
  if (!actual.is_string()) return false;
  const auto& text = actual.get_ref<const std::string&>();
  if (placeholder == "<time>") return is_time(text);
  if (placeholder == "<jwt>") return is_jwt(text);
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
