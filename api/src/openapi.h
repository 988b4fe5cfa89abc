// The OpenAPI 3.1 document of a set of routes.
#pragma once

#include "route_entry.h"
#include "schema_store.h"
#include "texts.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::api {

// What the route's fragment calls its operation; "get_servers_id" of "GET /api/v1/servers/:id" where it has no name.
std::string operation_id(const RouteEntry& route);

// Fragments describe only `data` of a success; the document shows the envelope, the errors that the edge itself
// answers, and who may call what (see make_operation). A fragment's member `x-tags`, an array of OpenAPI tag objects,
// describes tags of the document.
std::string make_openapi(std::string_view title, std::string_view version,
                         const std::vector<std::shared_ptr<const RouteEntry>>& routes, const SchemaStore& schemas,
                         const Texts& texts);

}  // namespace nexus::api
