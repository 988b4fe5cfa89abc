// Turns what the JSON Schema validator says into fields and rules.
#pragma once

#include "field_error.h"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace nexus::api {

// How our own constraints describe a failure; `value` belongs to it (a format's name, an unknown member's).
std::string own_description(std::string_view rule, std::string_view value);

class ValidationReport {
 public:
  // `document` is what was validated: it tells an index from a member of that name.
  explicit ValidationReport(const nlohmann::json& document) : document_(document) {}

  // `context` is the validator's path: "<root>", "[name]", "[0]", ...
  void add(const std::vector<std::string>& context, std::string_view description);
  // At least one error, at most kMaxFieldErrors, each field and rule once.
  std::vector<FieldError> take() &&;

 private:
  struct Step {
    std::vector<std::string> context;
    FieldError error;
  };

  std::string field_of(const std::vector<std::string>& context) const;
  void forget_alternatives(const std::vector<std::string>& context);

  const nlohmann::json& document_;
  std::vector<Step> steps_;
};

}  // namespace nexus::api
