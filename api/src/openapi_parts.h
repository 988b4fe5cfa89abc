// What operations of the OpenAPI document share: the errors that the edge answers by itself, headers, schemas of the
// envelope, and the two ways to prove who is calling.
#pragma once

#include "openapi_example.h"
#include "schema_store.h"

#include <nexus/api/route.h>

#include <string>
#include <string_view>
#include <vector>

namespace nexus::api {

// Names in components/securitySchemes.
inline constexpr const char* kSessionScheme = "bearer";
inline constexpr const char* kTokenScheme = "api_token";

struct StandardError {
  const char* status;  // or "default"
  const char* name;    // in components/responses
  const char* description;
  std::vector<std::int32_t> codes;  // the usual ones of the status
};

const std::vector<StandardError>& standard_errors();

// The codes of an error that does not say them: the standard error's, or the first of the status.
std::vector<std::int32_t> usual_codes(const std::string& status);

// {"$ref": "#/components/<kind>/<name>"}
OrderedJson reference(std::string_view kind, std::string_view name);

// The headers that the edge sends with an answer of this status, beside those that `response` has already.
void add_headers(const std::string& status, RateClass rate_class, OrderedJson& response);

// Gives the error a schema and one example for each code, where it has none.
void complete_error(const std::vector<std::int32_t>& codes, const Examples& examples, OrderedJson& response);

// The edge's schemas and those of all owners.
OrderedJson named_schemas(const SchemaStore& schemas);

// components of a document with these schemas; whatever `document` does not reach is left out.
OrderedJson make_components(const OrderedJson& document, const OrderedJson& schemas, const Examples& examples);

}  // namespace nexus::api
