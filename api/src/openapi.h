// The OpenAPI 3.1 document of a set of routes.
#pragma once

#include "route_entry.h"
#include "schema_store.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::api {

// Fragments describe only `data` of a success; the document shows the envelope, and the errors that the edge itself
// answers.
std::string make_openapi(std::string_view title, std::string_view version,
                         const std::vector<std::shared_ptr<const RouteEntry>>& routes, const SchemaStore& schemas);

}  // namespace nexus::api
