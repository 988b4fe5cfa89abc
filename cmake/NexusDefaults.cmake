# What every target of ours has in common. Call nexus_defaults(<target>) right after making one.

set(CMAKE_C_STANDARD 11)
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_UNITY_BUILD ${NEXUS_UNITY})
set(CMAKE_UNITY_BUILD_BATCH_SIZE 6)

set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
set(NEXUS_PLUGIN_DIR ${PROJECT_BINARY_DIR}/lib/nexuspanel/plugins)

if(NEXUS_SANITIZE)
  add_compile_options(-fsanitize=${NEXUS_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${NEXUS_SANITIZE})
  if(NEXUS_SANITIZE STREQUAL "thread")
    # Asio's fences are unknown to it; asio's locks are enough.
    add_compile_definitions(BOOST_ASIO_DISABLE_FENCED_BLOCK)
  endif()
endif()

# Names of files in messages do not depend on where the tree lies, so the compiler cache serves every clone of it.
add_compile_options(-ffile-prefix-map=${PROJECT_SOURCE_DIR}=.)

add_compile_definitions(_GNU_SOURCE)

function(nexus_defaults target)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wshadow -Wundef -Wcast-qual
    # gcc 12 sees overlaps in "literal" + std::string that are not there (PR 105651)
    $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CXX_COMPILER_ID:GNU>>:-Wno-restrict>
    $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor -Woverloaded-virtual>
    # gcc 12 takes the parts of a std::variant that are not there for uninitialised ones when it optimises
    $<$<CONFIG:Release>:-Wno-maybe-uninitialized>
    $<$<BOOL:${NEXUS_WERROR}>:-Werror>)
endfunction()
