#include "core/audit/openapi.h"

namespace nexus::core::audit::openapi {
namespace {

// What both routes may be asked for.
constexpr const char* kFilters = R"(
    {"name": "user_id", "in": "query", "description": "Only entries of this user", "schema": {"type": "integer", "minimum": 1}},
    {"name": "plugin", "in": "query", "description": "Whose route it was, or `host`",
     "schema": {"type": "string", "minLength": 1, "maxLength": 64}},
    {"name": "action", "in": "query", "description": "The operationId of what was done",
     "schema": {"type": "string", "minLength": 1, "maxLength": 64}},
    {"name": "result", "in": "query", "description": "How it ended",
     "schema": {"type": "string", "enum": ["ok", "denied", "failed"]}},
    {"name": "target", "in": "query", "description": "What it was done to, for example `users/7`",
     "schema": {"type": "string", "minLength": 1, "maxLength": 256}},
    {"name": "remote_address", "in": "query", "description": "Where it came from",
     "schema": {"type": "string", "minLength": 1, "maxLength": 64}},
    {"name": "request_id", "in": "query", "description": "The X-Request-Id of the answer",
     "schema": {"type": "string", "minLength": 1, "maxLength": 64}},
    {"name": "from", "in": "query", "description": "Not before this time", "schema": {"type": "string", "format": "date-time"}},
    {"name": "to", "in": "query", "description": "Before this time", "schema": {"type": "string", "format": "date-time"}},
    {"name": "search", "in": "query", "description": "Part of the user's name, the target or the path, in any case",
     "schema": {"type": "string", "minLength": 1, "maxLength": 256}})";

}  // namespace

std::string list_operation() {
  return R"({
  "operationId": "listAuditEntries", "summary": "Who did what, to what, from where, and how it ended", "tags": ["audit"],
  "x-tags": [{"name": "audit", "description": "Who did what, to what, from where, and how it ended"}],
  "description": "An entry for each request that changed something, for each refused permission, and for what plugins record.",
  "parameters": [
    {"name": "page", "in": "query", "description": "Page, from 1", "schema": {"type": "integer", "minimum": 1, "default": 1}},
    {"name": "per_page", "in": "query", "description": "Entries on a page",
     "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}},
    {"name": "sort", "in": "query", "description": "Oldest first, or newest first",
     "schema": {"type": "string", "enum": ["time", "-time"], "default": "-time"}},)" +
         std::string(kFilters) + R"(],
  "responses": {
    "200": {"description": "A page of entries", "content": {"application/json": {
      "schema": {
        "type": "object", "required": ["entries", "pagination"],
        "properties": {
          "entries": {"type": "array", "items": {"$ref": "#/components/schemas/AuditEntry"}},
          "pagination": {"$ref": "#/components/schemas/Pagination"}}}}}}}})";
}

std::string export_operation() {
  return R"({
  "operationId": "exportAudit", "tags": ["audit"],
  "x-tags": [{"name": "audit", "description": "Who did what, to what, from where, and how it ended"}],
  "summary": "Entries as a file, oldest first; at most 10,000 in one answer, whose `Link` header then leads to the next",
  "description": "Is recorded in the trail itself.",
  "parameters": [
    {"name": "format", "in": "query", "description": "CSV after RFC 4180 with a line of names, or one JSON object in each line",
     "schema": {"type": "string", "enum": ["csv", "jsonl"], "default": "jsonl"}},
    {"name": "after", "in": "query", "description": "Only entries behind the one with this id",
     "schema": {"type": "integer", "minimum": 0, "default": 0}},)" +
         std::string(kFilters) + R"(],
  "responses": {
    "200": {"description": "The entries, without an envelope",
      "headers": {
        "Content-Disposition": {"description": "A name for the file", "schema": {"type": "string"}},
        "Link": {"description": "Where there are more: `<...>; rel=\"next\"`", "schema": {"type": "string"}}},
      "content": {
        "text/csv": {"schema": {"type": "string"}},
        "application/jsonl": {"schema": {"type": "string"}}}}}})";
}

const char* const kSchemas = R"({"AuditEntry": {
  "type": "object",
  "required": ["id", "time", "user", "session_id", "token_id", "plugin", "action", "method", "path", "target",
               "remote_address", "request_id", "status", "code", "result", "details"],
  "properties": {
    "id": {"type": "integer", "description": "Its number in the chain: 1, 2, 3, ..."},
    "time": {"type": "string", "format": "date-time"},
    "user": {"type": ["object", "null"], "required": ["id", "name"],
      "description": "Who was logged in; without an id, the name that somebody gave himself",
      "properties": {"id": {"type": ["integer", "null"]}, "name": {"type": "string"}}},
    "session_id": {"type": ["string", "null"]}, "token_id": {"type": ["string", "null"]},
    "plugin": {"type": "string"}, "action": {"type": "string"},
    "method": {"type": ["string", "null"], "description": "null where it was no request"},
    "path": {"type": ["string", "null"]},
    "target": {"type": "string"}, "remote_address": {"type": ["string", "null"]}, "request_id": {"type": ["string", "null"]},
    "status": {"type": ["integer", "null"]}, "code": {"type": "integer", "description": "0 is success"},
    "result": {"type": "string", "enum": ["ok", "denied", "failed"]},
    "details": {"type": ["object", "null"]}},
  "example": {
    "id": 7, "time": "2024-01-15T15:00:00.250000Z", "user": {"id": 1, "name": "admin"},
    "session_id": "5f0c7d0e9a3b4c1d8e2f6a7b9c0d1e2f", "token_id": "0b1c2d3e4f5061728394a5b6c7d8e9f0", "plugin": "users",
    "action": "updateUser", "method": "PATCH", "path": "/api/v1/users/2", "target": "users/2",
    "remote_address": "192.0.2.7", "request_id": "019b2f6e8c4a7d10f3a95c27e84b6d01", "status": 200, "code": 0,
    "result": "ok", "details": {"role": {"from": "user", "to": "operator"}}}}})";

}  // namespace nexus::core::audit::openapi
