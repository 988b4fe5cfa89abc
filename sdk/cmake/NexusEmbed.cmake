# Writes <name>_resources.{h,cpp}: a plugin's own files as constants. Run by nexus_add_plugin with cmake -P.
cmake_minimum_required(VERSION 3.25)

function(read_text path out)
  file(READ "${SOURCE_DIR}/${path}" text)
  set(${out} "R\"nexus_text(${text})nexus_text\"" PARENT_SCOPE)
endfunction()

# The parts of a migration before and after its line "-- down".
function(read_migration path out_up out_down)
  file(READ "${SOURCE_DIR}/${path}" text)
  string(FIND "${text}" "\n-- down\n" at)
  if(at EQUAL -1)
    message(FATAL_ERROR "${path}: no line \"-- down\"")
  endif()
  string(SUBSTRING "${text}" 0 ${at} up)
  math(EXPR at "${at} + 9")
  string(SUBSTRING "${text}" ${at} -1 down)
  set(${out_up} "R\"nexus_text(${up})nexus_text\"" PARENT_SCOPE)
  set(${out_down} "R\"nexus_text(${down})nexus_text\"" PARENT_SCOPE)
endfunction()

string(REPLACE "|" ";" MIGRATIONS "${MIGRATIONS}")
string(REPLACE "|" ";" CATALOGUES "${CATALOGUES}")

set(migrations "")
set(migration_count 0)
foreach(step IN LISTS MIGRATIONS)
  math(EXPR migration_count "${migration_count} + 1")
  read_migration(migrations/${step}.sqlite.sql sqlite_up sqlite_down)
  read_migration(migrations/${step}.mysql.sql mysql_up mysql_down)
  string(REGEX REPLACE "^[0-9]+_" "" step_name "${step}")
  string(APPEND migrations
    "    {${migration_count}, \"${step_name}\", ${sqlite_up}, ${sqlite_down}, ${mysql_up}, ${mysql_down}},\n")
endforeach()

set(catalogues "")
set(catalogue_count 0)
foreach(locale IN LISTS CATALOGUES)
  math(EXPR catalogue_count "${catalogue_count} + 1")
  read_text(i18n/${locale}.json text)
  string(APPEND catalogues "    {\"${locale}\", ${text}},\n")
endforeach()

set(operations "")
set(operation_count 0)
set(schemas "{}")
if(OPENAPI)
  file(READ "${SOURCE_DIR}/${OPENAPI}" document)
  # What the document says of its tags goes with each operation: the host makes one document of all plugins.
  string(JSON tags ERROR_VARIABLE missing GET "${document}" tags)
  string(JSON path_count LENGTH "${document}" paths)
  if(path_count GREATER 0)
    math(EXPR last_path "${path_count} - 1")
    foreach(i RANGE ${last_path})
      string(JSON path MEMBER "${document}" paths ${i})
      string(JSON item GET "${document}" paths "${path}")
      string(JSON method_count LENGTH "${item}")
      math(EXPR last_method "${method_count} - 1")
      foreach(j RANGE ${last_method})
        string(JSON method MEMBER "${item}" ${j})
        string(JSON operation GET "${item}" ${method})
        if(tags)
          string(JSON operation SET "${operation}" x-tags "${tags}")
        endif()
        string(TOUPPER "${method}" verb)
        math(EXPR operation_count "${operation_count} + 1")
        string(APPEND operations "    {\"${verb}\", \"${path}\", R\"nexus_text(${operation})nexus_text\"},\n")
      endforeach()
    endforeach()
  endif()
  string(JSON schemas ERROR_VARIABLE missing GET "${document}" components schemas)
  if(missing)
    set(schemas "")
  endif()
else()
  set(schemas "")
endif()

set(config_schema "{}") # an absent text: the empty view
if(CONFIG_SCHEMA)
  read_text(${CONFIG_SCHEMA} config_schema)
endif()

file(WRITE "${OUTPUT_DIR}/${NAME}_resources.h"
"#pragma once

#include <nexus/cpp/resources.h>

const nexus::Resources& ${NAME}_resources();
")

file(WRITE "${OUTPUT_DIR}/${NAME}_resources.cpp"
"#include \"${NAME}_resources.h\"

#include <array>

namespace {

constexpr std::array<nexus::MigrationText, ${migration_count}> kMigrations{{
${migrations}}};

constexpr std::array<nexus::CatalogueText, ${catalogue_count}> kCatalogues{{
${catalogues}}};

constexpr std::array<nexus::OperationText, ${operation_count}> kOperations{{
${operations}}};

}  // namespace

const nexus::Resources& ${NAME}_resources() {
  static constexpr nexus::Resources kResources{kMigrations, kCatalogues, kOperations, R\"nexus_text(${schemas})nexus_text\",
                                               ${config_schema}};
  return kResources;
}
")
