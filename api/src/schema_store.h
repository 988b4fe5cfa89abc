// The named schemas of all owners, for "#/components/schemas/<name>".
#pragma once

#include <nexus/cpp/result.h>

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace nexus::api {

// Not thread-safe: the registry's lock guards it.
class SchemaStore {
 public:
  struct Entry {
    std::string owner;
    std::shared_ptr<const nlohmann::json> schema;
  };

  // `schemas_json` is an object of schemas by name. Nothing is added where one of them is refused.
  Result<void> add(const std::string& owner, std::string_view schemas_json);
  void remove_owner(const std::string& owner);

  // Null where there is none.
  const nlohmann::json* find(std::string_view name) const;
  // The name in "#/components/schemas/<name>".
  static std::optional<std::string> reference_name(std::string_view reference);

  const std::map<std::string, Entry, std::less<>>& entries() const noexcept { return entries_; }

 private:
  std::map<std::string, Entry, std::less<>> entries_;
};

// Names that the edge itself puts into the document's components.
bool is_reserved_schema_name(std::string_view name) noexcept;

}  // namespace nexus::api
