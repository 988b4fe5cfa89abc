// The rule of one path, query or header parameter: scalars only, checked without building a JSON document.
#pragma once

#include "expression.h"
#include "formats.h"
#include "schema_store.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::api {

class ParameterRule {
 public:
  // From an OpenAPI parameter object. Refused with a reason: a type that is no scalar, a keyword that would be ignored.
  static Result<ParameterRule> compile(const nlohmann::json& parameter, const SchemaStore& schemas);

  const std::string& name() const noexcept { return name_; }
  const std::string& place() const noexcept { return place_; }  // "path", "query" or "header"
  bool required() const noexcept { return required_; }
  bool accepts(std::string_view text) const;

 private:
  enum class Type { string, integer, number, boolean };

  Result<void> take_schema(const nlohmann::json& schema);
  Result<void> take_keyword(const std::string& keyword, const nlohmann::json& value);
  Result<void> take_type(const nlohmann::json& value);
  bool in_range(double value) const noexcept;
  bool accepts_text(std::string_view text) const;

  std::string name_;
  std::string place_;
  bool required_ = false;
  Type type_ = Type::string;
  std::vector<std::string> values_;  // of `enum`, as they stand in a URL; empty: any
  std::optional<double> minimum_;
  std::optional<double> maximum_;
  std::size_t min_length_ = 0;
  std::size_t max_length_ = SIZE_MAX;
  FormatCheck format_ = nullptr;
  std::optional<Expression> pattern_;
};

}  // namespace nexus::api
