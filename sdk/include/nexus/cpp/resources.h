// What nexus_add_plugin() embeds from a plugin's own files.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace nexus {

struct MigrationText {
  std::uint32_t version;
  std::string_view name;
  std::string_view sqlite_up, sqlite_down, mysql_up, mysql_down;
};

struct CatalogueText {
  std::string_view locale;
  std::string_view json;
};

// One operation of the plugin's openapi.json.
struct OperationText {
  std::string_view method;  // "GET"
  std::string_view path;    // "/api/v1/servers/{id}"
  std::string_view json;
};

struct Resources {
  std::span<const MigrationText> migrations;
  std::span<const CatalogueText> catalogues;
  std::span<const OperationText> operations;
  std::string_view schemas;        // components/schemas of openapi.json; empty where there are none
  std::string_view config_schema;  // empty: the plugin takes no configuration
};

}  // namespace nexus
