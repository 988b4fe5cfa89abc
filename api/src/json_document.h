// Strict parsing of JSON from the network: UTF-8, no duplicate member names, bounded depth, no recursion.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace nexus::api {

// Deeper than any body has a reason to be; protects everything that walks a document.
inline constexpr std::size_t kMaxJsonDepth = 64;

// Why a text is no acceptable JSON.
struct JsonProblem {
  const char* details_key = nullptr;
  std::size_t position = 0;  // in bytes, from 1
  std::string name;          // of a duplicate member
};

// Fills `out`; it is unspecified where there is a problem.
std::optional<JsonProblem> parse_json_document(std::string_view text, nlohmann::json& out);

}  // namespace nexus::api
