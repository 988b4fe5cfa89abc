// The schema of a JSON body, compiled (by valijson, which only body_schema.cpp knows).
#pragma once

#include "field_error.h"

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <vector>

namespace nexus::api {

// Immutable: may be used by all threads at once.
class BodySchema {
 public:
  virtual ~BodySchema() = default;

  // From what prepare_schema made.
  static Result<std::shared_ptr<const BodySchema>> compile(const nlohmann::json& prepared);

  // Every field that is wrong, at most kMaxFieldErrors; empty: the document is as it should be.
  virtual std::vector<FieldError> check(const nlohmann::json& document) const = 0;
};

}  // namespace nexus::api
