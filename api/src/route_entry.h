// A route as the pipeline uses it: its specification, its pattern in parts, and what its fragment demands.
#pragma once

#include "request_rules.h"

#include <nexus/api/route.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::api {

struct PatternSegment {
  std::string text;  // literal text, or the parameter's name
  bool is_parameter = false;
};

// Immutable and shared once made.
struct RouteEntry {
  RouteSpec spec;
  bool is_suspended = false;  // only its place is known: owner, method, pattern and segments
  std::vector<PatternSegment> segments;
  RequestRules rules;
  std::string fragment;   // the OpenAPI operation, as given
  std::string operation;  // its operationId, or one made of method and pattern

  // Index of the path segment that holds this parameter.
  std::optional<std::size_t> parameter_index(std::string_view name) const noexcept;
};

// Whether both would be found by the same requests: parameters may have other names.
bool is_same_place(const RouteEntry& one, const RouteEntry& other) noexcept;

// Whether an API token is refused. What names no permission is open to one only for reading: nothing in its scopes
// could say more.
bool needs_session(const RouteSpec& spec) noexcept;

// Refused with a reason: no leading slash, an empty segment (but "/" itself), a bad or repeated parameter name.
Result<std::vector<PatternSegment>> parse_pattern(std::string_view pattern);

}  // namespace nexus::api
