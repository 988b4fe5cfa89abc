# nexus_add_plugin(<name>
#   [SOURCES file ...]         everything but plugin.cpp, which is always there
#   [LIBRARIES target ...]
#   [MIGRATIONS step ...]      migrations/<step>.sqlite.sql and migrations/<step>.mysql.sql, for example 001_accounts;
#                              a line "-- down" in each parts the way up from the way down
#   [CATALOGUES locale ...]    i18n/<locale>.json
#   [OPENAPI file]             an OpenAPI document with one operation for each route
#   [CONFIG_SCHEMA file])      the JSON Schema of the plugin's configuration section
#
# Makes <name>, the module that the host loads: one exported symbol, nothing undefined, hidden everything; and
# <name>_logic, all but plugin.cpp, for tests to link (two entry symbols in one program would clash). The files are embedded;
# <name>_resources() in <name>_resources.h gives them to Registrar::resources.

set(NEXUS_SDK_CMAKE_DIR ${CMAKE_CURRENT_LIST_DIR})

function(nexus_add_plugin name)
  cmake_parse_arguments(ARG "" "OPENAPI;CONFIG_SCHEMA" "SOURCES;LIBRARIES;MIGRATIONS;CATALOGUES" ${ARGN})
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "nexus_add_plugin(${name}): unknown arguments ${ARG_UNPARSED_ARGUMENTS}")
  endif()

  set(generated ${CMAKE_CURRENT_BINARY_DIR}/generated)
  set(inputs ${ARG_OPENAPI} ${ARG_CONFIG_SCHEMA})
  foreach(step IN LISTS ARG_MIGRATIONS)
    list(APPEND inputs migrations/${step}.sqlite.sql migrations/${step}.mysql.sql)
  endforeach()
  foreach(locale IN LISTS ARG_CATALOGUES)
    list(APPEND inputs i18n/${locale}.json)
  endforeach()
  list(TRANSFORM inputs PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  string(REPLACE ";" "|" migrations "${ARG_MIGRATIONS}")
  string(REPLACE ";" "|" catalogues "${ARG_CATALOGUES}")
  add_custom_command(
    OUTPUT ${generated}/${name}_resources.cpp ${generated}/${name}_resources.h
    COMMAND ${CMAKE_COMMAND} -DNAME=${name} -DSOURCE_DIR=${CMAKE_CURRENT_SOURCE_DIR} -DOUTPUT_DIR=${generated}
            "-DMIGRATIONS=${migrations}" "-DCATALOGUES=${catalogues}" "-DOPENAPI=${ARG_OPENAPI}"
            "-DCONFIG_SCHEMA=${ARG_CONFIG_SCHEMA}" -P ${NEXUS_SDK_CMAKE_DIR}/NexusEmbed.cmake
    DEPENDS ${inputs} ${NEXUS_SDK_CMAKE_DIR}/NexusEmbed.cmake
    COMMENT "Embedding the resources of ${name}"
    VERBATIM)

  add_library(${name}_logic STATIC ${ARG_SOURCES} ${generated}/${name}_resources.cpp)
  target_include_directories(${name}_logic PUBLIC ${CMAKE_CURRENT_SOURCE_DIR} ${generated})
  target_link_libraries(${name}_logic PUBLIC Nexus::SDK ${ARG_LIBRARIES})

  add_library(${name} MODULE plugin.cpp)
  target_link_libraries(${name} PRIVATE ${name}_logic)
  set_target_properties(${name} PROPERTIES PREFIX "" UNITY_BUILD OFF)
  if(DEFINED NEXUS_PLUGIN_DIR)
    set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${NEXUS_PLUGIN_DIR})
  endif()
  foreach(target IN ITEMS ${name} ${name}_logic)
    set_target_properties(${target} PROPERTIES
      C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON POSITION_INDEPENDENT_CODE ON)
    # Unique symbols would keep a plugin mapped after it was closed; only gcc makes them.
    target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:$<$<COMPILE_LANGUAGE:CXX>:-fno-gnu-unique>>)
    if(COMMAND nexus_defaults)
      nexus_defaults(${target})
    endif()
  endforeach()
  target_link_options(${name} PRIVATE
    LINKER:--version-script=${NEXUS_SDK_CMAKE_DIR}/plugin.map LINKER:-z,now LINKER:--exclude-libs,ALL)
  # clang does not link its sanitizers' runtime into a module, so their symbols stay undefined there
  if(NOT (CMAKE_CXX_COMPILER_ID MATCHES "Clang" AND NEXUS_SANITIZE))
    target_link_options(${name} PRIVATE LINKER:-z,defs)
  endif()
endfunction()
