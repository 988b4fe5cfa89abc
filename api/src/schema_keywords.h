// Makes a body's schema ready for the validator: only keywords that draft 7 and OpenAPI 3.1 share, unknown members
// refused unless the schema says otherwise, and our own keywords where the validator's are missing or unsafe.
#pragma once

#include "schema_store.h"

#include <nlohmann/json_fwd.hpp>

namespace nexus::api {

// Longest text that a regular expression of the standard library may see: it recurses for each character.
inline constexpr std::size_t kMaxPatternLength = 4096;
// Longest array whose items are compared with each other: the work grows with the square.
inline constexpr std::size_t kMaxUniqueItems = 1000;

// The keywords that body_schema.cpp implements.
namespace keyword {
inline constexpr const char* kBudget = "x-nexus-budget";    // on every schema: ends the search for errors in time
inline constexpr const char* kClosed = "x-nexus-closed";    // array: the member names that an object may have
inline constexpr const char* kFormat = "x-nexus-format";    // name of a format
inline constexpr const char* kPattern = "x-nexus-pattern";  // {"pattern", "limit": longest text it may see}
inline constexpr const char* kUnique = "x-nexus-unique";    // the longest array whose items are compared
}  // namespace keyword

// Every `pattern` in `fragment`, at any depth, compiles and has a maxLength of at most kMaxPatternLength beside it.
Result<void> check_patterns(const nlohmann::json& fragment);

// The document to compile. Refused with a reason: a keyword that would be ignored, an unknown reference or format, a
// schema that refers to itself without going deeper.
Result<nlohmann::json> prepare_schema(const nlohmann::json& schema, const SchemaStore& schemas);

}  // namespace nexus::api
