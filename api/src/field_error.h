// One reason why a request was refused by its route's rules.
#pragma once

#include <nexus/cpp/result.h>

#include <cstdint>
#include <string>
#include <vector>

namespace nexus::api {

struct FieldError {
  std::string field;  // "email", "target.server_ids[0]"
  std::string rule;   // a JSON Schema keyword
  std::vector<TextArg> args;
};

// Why a request did not pass: a code, its details, and for 42201 the fields.
struct Refusal {
  std::int32_t app_code = 0;  // 0: it passed
  std::string details_key;    // empty: the code's own
  std::vector<TextArg> args;
  std::vector<FieldError> errors;

  explicit operator bool() const noexcept { return app_code != 0; }
};

// Enough for a person to work through; keeps answers and memory small whatever is sent.
inline constexpr std::size_t kMaxFieldErrors = 20;
// Longest field name that is repeated in an answer, in bytes: senders choose the names of unknown fields.
inline constexpr std::size_t kMaxFieldName = 200;

}  // namespace nexus::api
