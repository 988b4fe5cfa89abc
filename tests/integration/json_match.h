// Compares an answer with an example of the documentation, field by field and in order.
#pragma once

#include <nlohmann/json.hpp>

#include <string>

namespace nexus::test {

using Json = nlohmann::ordered_json;

// Empty where `actual` has exactly the members of `expected`, in that order, with equal values; else the first
// difference with its path. In `expected`, the text "<int>", "<number>", "<string>", "<time>" (ISO 8601 UTC), "<jwt>",
// "<bool>" or "<any>" stands for any such value.
std::string difference(const Json& expected, const Json& actual, const std::string& path = "$");

inline std::string difference(const char* expected, const Json& actual) {
  return difference(Json::parse(expected), actual);
}

}  // namespace nexus::test
