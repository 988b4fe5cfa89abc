// OpenAPI operations of the trail's routes.
#pragma once

#include <string>

namespace nexus::core::audit::openapi {

std::string list_operation();
std::string export_operation();
// Schemas that they refer to.
extern const char* const kSchemas;

}  // namespace nexus::core::audit::openapi
