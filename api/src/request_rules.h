// What a route's OpenAPI fragment demands of a request, compiled once when the route is added.
#pragma once

#include "body_schema.h"
#include "field_error.h"
#include "parameter_rule.h"
#include "schema_store.h"

#include <nexus/cpp/result.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nexus::api {

using FindText = std::function<std::optional<std::string_view>(std::string_view name)>;

class RequestRules {
 public:
  // Compiles the fragment of a route whose pattern has these parameters. Refused with a reason.
  static Result<RequestRules> compile(std::string_view openapi_json, const std::vector<std::string>& path_parameters,
                                      const SchemaStore& schemas);

  // 40401 where a path parameter is not of its type.
  Refusal check_path(const FindText& path_param) const;
  // 40000 where a query parameter is unknown or malformed, or a required one is missing.
  Refusal check_query(const std::vector<std::pair<std::string, std::string>>& query) const;
  Refusal check_headers(const FindText& header) const;
  // 41501, 40000 (no JSON) or 42201. A route without a declared body takes none, or an empty object.
  Refusal check_body(std::string_view content_type, std::string_view body) const;

  bool has_path_rules() const noexcept { return !path_.empty(); }
  bool has_header_rules() const noexcept { return !headers_.empty(); }

 private:
  Result<void> take_body(const nlohmann::json& request_body, const SchemaStore& schemas);

  std::vector<ParameterRule> path_;
  std::vector<ParameterRule> query_;
  std::vector<ParameterRule> headers_;
  std::vector<std::string> other_media_types_;  // taken as they are
  std::shared_ptr<const BodySchema> body_;      // null: no JSON body is declared
  bool body_required_ = false;
};

}  // namespace nexus::api
