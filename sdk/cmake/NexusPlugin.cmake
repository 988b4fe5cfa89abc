# nexus_add_plugin(<name>
#   [ENTRY file]               where the entry symbol is; plugin.cpp unless told. A plugin.c with nothing else to it is
#                              linked as C, without the C++ runtime
#   [SOURCES file ...]         everything else
#   [LIBRARIES target ...]
#   [MIGRATIONS step ...]      migrations/<step>.sqlite.sql and migrations/<step>.mysql.sql, for example 001_accounts;
#                              a line "-- down" in each parts the way up from the way down
#   [CATALOGUES locale ...]    i18n/<locale>.json
#   [OPENAPI file]             an OpenAPI document with one operation for each route
#   [CONFIG_SCHEMA file]       the JSON Schema of the plugin's configuration section
#   [OUTPUT_DIRECTORY folder]) where the module goes; NEXUS_PLUGIN_DIR unless told, and the build folder without either
#
# Makes <name>, the module that the host loads: one exported symbol, nothing undefined, hidden everything; and, where there
# are sources or files to embed, <name>_logic, all but the entry, for tests to link (two entry symbols in one program would
# clash). The files are embedded; <name>_resources() in <name>_resources.h gives them to Registrar::resources.

# Compiled and linked so that the host can load, isolate and unload it.
function(_nexus_harden target)
  set_target_properties(${target} PROPERTIES
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON POSITION_INDEPENDENT_CODE ON)
  # Unique symbols would keep a plugin mapped after it was closed; only gcc makes them.
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-gnu-unique>)
  if(COMMAND nexus_defaults)
    nexus_defaults(${target})
  endif()
endfunction()

# <name>_logic: the sources, and the plugin's own files as constants.
function(_nexus_add_logic name)
  cmake_parse_arguments(ARG "" "OPENAPI;CONFIG_SCHEMA" "SOURCES;LIBRARIES;MIGRATIONS;CATALOGUES" ${ARGN})
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
            "-DCONFIG_SCHEMA=${ARG_CONFIG_SCHEMA}" -P ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/NexusEmbed.cmake
    DEPENDS ${inputs} ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/NexusEmbed.cmake
    COMMENT "Embedding the resources of ${name}"
    VERBATIM)
  add_library(${name}_logic STATIC ${ARG_SOURCES} ${generated}/${name}_resources.cpp)
  target_include_directories(${name}_logic PUBLIC ${CMAKE_CURRENT_SOURCE_DIR} ${generated})
  target_link_libraries(${name}_logic PUBLIC Nexus::SDK ${ARG_LIBRARIES})
  _nexus_harden(${name}_logic)
endfunction()

function(nexus_add_plugin name)
  cmake_parse_arguments(ARG "" "ENTRY;OUTPUT_DIRECTORY" "" ${ARGN})
  set(logic ${ARG_UNPARSED_ARGUMENTS})
  cmake_parse_arguments(LOGIC "" "OPENAPI;CONFIG_SCHEMA" "SOURCES;LIBRARIES;MIGRATIONS;CATALOGUES" ${logic})
  if(LOGIC_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "nexus_add_plugin(${name}): unknown arguments ${LOGIC_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT ARG_ENTRY)
    set(ARG_ENTRY plugin.cpp)
  endif()
  if(NOT ARG_OUTPUT_DIRECTORY AND DEFINED NEXUS_PLUGIN_DIR)
    set(ARG_OUTPUT_DIRECTORY ${NEXUS_PLUGIN_DIR})
  endif()

  add_library(${name} MODULE ${ARG_ENTRY})
  if(logic)
    _nexus_add_logic(${name} ${logic})
    target_link_libraries(${name} PRIVATE ${name}_logic)
  else()
    target_link_libraries(${name} PRIVATE Nexus::SDK)
  endif()
  _nexus_harden(${name})
  set_target_properties(${name} PROPERTIES PREFIX "" UNITY_BUILD OFF)
  if(ARG_OUTPUT_DIRECTORY)
    set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${ARG_OUTPUT_DIRECTORY})
  endif()
  target_link_options(${name} PRIVATE
    LINKER:--version-script=${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map LINKER:-z,now LINKER:--exclude-libs,ALL)
  set_target_properties(${name} PROPERTIES LINK_DEPENDS ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map)
  # clang does not link its sanitizers' runtime into a module, so their symbols stay undefined there
  if(NOT (CMAKE_CXX_COMPILER_ID MATCHES "Clang" AND NEXUS_SANITIZE))
    target_link_options(${name} PRIVATE LINKER:-z,defs)
  endif()
endfunction()
