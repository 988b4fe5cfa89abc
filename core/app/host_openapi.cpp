#include "core/app/host_openapi.h"

namespace nexus::core::openapi {

const char* const kHealth = R"({
  "operationId": "getHealth", "summary": "Whether the process is alive", "tags": ["host"],
  "description": "For whoever restarts a process that hangs: it asks nothing else.",
  "x-tags": [{"name": "host", "description": "The panel itself: health, version and this document"}],
  "responses": {"200": {"description": "It is", "content": {"application/json": {"schema": {
    "type": "object", "required": ["status"], "properties": {"status": {"type": "string", "const": "ok"}}}}}}}})";

const char* const kReady = R"({
  "operationId": "getReadiness", "summary": "Whether the panel can do its work", "tags": ["host"],
  "description": "Ready: the database answers and every enabled plugin runs.",
  "responses": {
    "200": {"description": "All of it", "content": {"application/json": {"schema": {
      "type": "object", "required": ["status"], "properties": {"status": {"type": "string", "const": "ready"}}}}}},
    "503": {"description": "Something is missing: `details` names it, and so do `database` and `plugins`",
      "content": {"application/json": {
        "schema": {"allOf": [{"$ref": "#/components/schemas/Error"}, {"type": "object", "properties": {
          "database": {"type": "string", "enum": ["ok", "unreachable"]},
          "plugins": {"type": "array", "items": {"type": "string"}, "description": "Ids of those that do not run"}}}]},
        "example": {"code": 50301, "message": "服务不可用", "details": "plugin servers: not running",
          "request_id": "019b2f6e8c4a7d10f3a95c27e84b6d01", "database": "ok", "plugins": ["servers"]}}}}}})";

const char* const kDocument = R"({
  "operationId": "getApiDocument", "summary": "The OpenAPI document of the routes that exist now", "tags": ["host"],
  "description": "Changes with the plugins that run, and has no envelope around it.",
  "responses": {"200": {"description": "An OpenAPI 3.1 document", "x-envelope": false,
    "content": {"application/json": {"schema": {
      "type": "object", "required": ["openapi", "info", "paths"], "additionalProperties": true,
      "properties": {"openapi": {"type": "string"}, "info": {"type": "object"}, "paths": {"type": "object"}}},
      "example": {"openapi": "3.1.0", "info": {"title": "NexusPanel API", "version": "0.1.0"}, "paths": {}}}}}}})";

const char* const kSystemInfo = R"({
  "operationId": "getSystemInfo", "summary": "Version, running time and plugins of the panel", "tags": ["host"],
  "description": "What a support request should quote.",
  "responses": {"200": {"description": "About the panel", "content": {"application/json": {"schema": {
    "type": "object", "required": ["version", "uptime_seconds", "plugins"],
    "properties": {
      "version": {"type": "string", "example": "0.1.0"},
      "uptime_seconds": {"type": "integer", "minimum": 0, "example": 86400},
      "plugins": {"type": "array", "items": {"type": "object", "required": ["id", "version", "state"],
        "properties": {"id": {"type": "string", "example": "users"}, "version": {"type": "string", "example": "1.0.0"},
                       "state": {"type": "string", "example": "running"}}}}}}}}}}})";

const char* const kPlugins = R"({
  "operationId": "listPlugins", "summary": "All installed plugins", "tags": ["plugins"],
  "x-tags": [{"name": "plugins", "description": "What is installed, and what became of it"}],
  "description": "Also those that are not enabled or failed: with state, last error and what they declare.",
  "responses": {"200": {"description": "The plugins", "content": {"application/json": {"schema": {
    "type": "object", "required": ["plugins"],
    "properties": {"plugins": {"type": "array", "items": {"$ref": "#/components/schemas/InstalledPlugin"}}}}}}}}})";

const char* const kPlugin = R"({
  "operationId": "getPlugin", "summary": "One installed plugin", "tags": ["plugins"],
  "description": "Its state, its last error and what it declares.",
  "parameters": [{"name": "id", "in": "path", "required": true, "description": "The plugin's id",
                  "schema": {"type": "string", "minLength": 1, "maxLength": 256}}],
  "responses": {"200": {"description": "The plugin", "content": {"application/json": {"schema": {
    "$ref": "#/components/schemas/InstalledPlugin"}}}}}})";

const char* const kSchemas = R"({"InstalledPlugin": {
  "type": "object",
  "required": ["id", "version", "state", "last_error", "dependencies", "dependents", "permissions", "topics", "routes",
               "commands"],
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
    "routes": {"type": "array", "items": {"type": "object",
      "required": ["method", "path", "permission", "public", "step_up", "session_only"],
      "properties": {"method": {"type": "string"}, "path": {"type": "string"},
                     "permission": {"type": ["string", "null"]}, "public": {"type": "boolean"},
                     "step_up": {"type": "boolean", "description": "Needs a recent authentication"},
                     "session_only": {"type": "boolean", "description": "Refuses API tokens"}}}},
    "commands": {"type": "array", "description": "What an operator may type behind `nexuspanel`",
      "items": {"type": "object", "required": ["name", "arguments", "summary"],
        "properties": {"name": {"type": "string"}, "arguments": {"type": "string"},
                       "summary": {"type": "string", "description": "In the caller's language"}}}}},
  "example": {
    "id": "monitoring", "version": "1.0.0", "state": "running", "last_error": null,
    "dependencies": [{"id": "servers", "min_version": null, "optional": false}], "dependents": [],
    "permissions": ["monitoring.read"], "topics": [],
    "routes": [{"method": "GET", "path": "/api/v1/servers/:id/metrics", "permission": "monitoring.read",
                "public": false, "step_up": false, "session_only": false}],
    "commands": []}}})";

}  // namespace nexus::core::openapi
