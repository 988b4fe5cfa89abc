#include "core/app/host_openapi.h"

namespace nexus::core::openapi {

const char* const kHealth = R"({
  "operationId": "getHealth", "summary": "Whether the process is alive", "tags": ["host"],
  "responses": {"200": {"description": "It is", "content": {"application/json": {"schema": {
    "type": "object", "required": ["status"], "properties": {"status": {"type": "string", "const": "ok"}}}}}}}})";

const char* const kReady = R"({
  "operationId": "getReadiness", "summary": "Whether the database answers and every enabled plugin runs",
  "tags": ["host"],
  "responses": {
    "200": {"description": "All of it", "content": {"application/json": {"schema": {
      "type": "object", "required": ["status"], "properties": {"status": {"type": "string", "const": "ready"}}}}}},
    "503": {"description": "Something is missing: `details` names it, and so do `database` and `plugins`"}}})";

const char* const kDocument = R"({
  "operationId": "getApiDocument", "summary": "The OpenAPI document of the routes that exist now", "tags": ["host"],
  "responses": {"200": {"description": "An OpenAPI 3.1 document, without an envelope"}}})";

const char* const kSystemInfo = R"({
  "operationId": "getSystemInfo", "summary": "Version, running time and plugins of the panel", "tags": ["host"],
  "responses": {"200": {"description": "About the panel", "content": {"application/json": {"schema": {
    "type": "object", "required": ["version", "uptime_seconds", "plugins"],
    "properties": {
      "version": {"type": "string"}, "uptime_seconds": {"type": "integer", "minimum": 0},
      "plugins": {"type": "array", "items": {"type": "object", "required": ["id", "version", "state"],
        "properties": {"id": {"type": "string"}, "version": {"type": "string"}, "state": {"type": "string"}}}}}}}}}}})";

const char* const kPlugins = R"({
  "operationId": "listPlugins", "summary": "All installed plugins with state and last error", "tags": ["plugins"],
  "responses": {"200": {"description": "The plugins", "content": {"application/json": {"schema": {
    "type": "object", "required": ["plugins"],
    "properties": {"plugins": {"type": "array", "items": {"$ref": "#/components/schemas/InstalledPlugin"}}}}}}}}})";

const char* const kPlugin = R"({
  "operationId": "getPlugin", "summary": "One installed plugin", "tags": ["plugins"],
  "parameters": [{"name": "id", "in": "path", "required": true, "description": "The plugin's id",
                  "schema": {"type": "string", "minLength": 1, "maxLength": 256}}],
  "responses": {"200": {"description": "The plugin", "content": {"application/json": {"schema": {
    "$ref": "#/components/schemas/InstalledPlugin"}}}}}})";

const char* const kSchemas = R"({"InstalledPlugin": {
  "type": "object",
  "required": ["id", "version", "state", "last_error", "dependencies", "dependents", "permissions", "topics", "routes"],
  "properties": {
    "id": {"type": "string"}, "version": {"type": "string"},
    "state": {"type": "string", "enum": ["discovered", "disabled", "probed", "created", "registered", "migrated", "running",
                                         "quiescing", "drained", "stopped", "destroyed", "failed"]},
    "last_error": {"type": ["string", "null"]},
    "dependencies": {"type": "array", "items": {"type": "object", "required": ["id", "min_version", "optional"],
      "properties": {"id": {"type": "string"}, "min_version": {"type": ["string", "null"]},
                     "optional": {"type": "boolean"}}}},
    "dependents": {"type": "array", "items": {"type": "string"}},
    "permissions": {"type": "array", "items": {"type": "string"}},
    "topics": {"type": "array", "items": {"type": "string"}},
    "routes": {"type": "array", "items": {"type": "object", "required": ["method", "path", "permission", "public"],
      "properties": {"method": {"type": "string"}, "path": {"type": "string"},
                     "permission": {"type": ["string", "null"]}, "public": {"type": "boolean"}}}}}}})";

}  // namespace nexus::core::openapi
