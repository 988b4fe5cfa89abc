// JSON Schema for documents that are not requests: the same compiled checks as those of a route's body.
#pragma once

#include <nexus/cpp/result.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::api {

struct SchemaViolation {
  std::string field;  // "" (the document itself), "target.server_ids[0]", or the member that is missing or unknown
  std::string rule;   // the keyword: "type", "enum", "required", "additionalProperties", ...
  std::string text;   // in English: "Must be at most 90"
};

// Immutable and cheap to copy: may be used by all threads at once.
class JsonSchema {
 public:
  // Draft 7 keywords, without references. An object takes only its declared members unless the schema says otherwise.
  // Refused with a reason: a keyword that would be ignored, a `pattern` without maxLength <= 4096, no JSON object.
  static Result<JsonSchema> compile(std::string_view schema_json);

  // What is wrong with a JSON document; empty: it is as it should be.
  std::vector<SchemaViolation> check(std::string_view document_json) const;

 private:
  struct Compiled;
  explicit JsonSchema(std::shared_ptr<const Compiled> compiled);
  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace nexus::api
