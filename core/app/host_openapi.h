// OpenAPI operations of the host's own routes.
#pragma once

namespace nexus::core::openapi {

extern const char* const kHealth;
extern const char* const kReady;
extern const char* const kDocument;
extern const char* const kSystemInfo;
extern const char* const kPlugins;
extern const char* const kPlugin;
// Schemas that they refer to.
extern const char* const kSchemas;

}  // namespace nexus::core::openapi
