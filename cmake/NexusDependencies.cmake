# Every library we use, as one imported target each. All are Debian 12 packages (scripts/deps installs them).

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)

function(nexus_pkg_config target module)
  pkg_check_modules(${module}_PC REQUIRED IMPORTED_TARGET ${module})
  add_library(${target} ALIAS PkgConfig::${module}_PC)
endfunction()

function(nexus_library target header library)
  find_path(${library}_INCLUDE NAMES ${header} REQUIRED)
  find_library(${library}_LIBRARY NAMES ${library} REQUIRED)
  add_library(${target} INTERFACE IMPORTED GLOBAL)
  target_link_libraries(${target} INTERFACE ${${library}_LIBRARY})
endfunction()

nexus_pkg_config(deps::sodium libsodium)
nexus_pkg_config(deps::ssh2 libssh2)
nexus_pkg_config(deps::crypto libcrypto)
nexus_pkg_config(deps::sqlite sqlite3)
nexus_pkg_config(deps::utf8proc libutf8proc)
nexus_pkg_config(deps::zstd libzstd)
nexus_pkg_config(deps::mariadb libmariadb)
nexus_pkg_config(deps::zlib zlib)
nexus_library(deps::pistache pistache/endpoint.h pistache)
nexus_library(deps::soci soci/soci.h soci_core)
nexus_library(deps::soci_sqlite soci/sqlite3/soci-sqlite3.h soci_sqlite3)
nexus_library(deps::soci_mysql soci/mysql/soci-mysql.h soci_mysql)
nexus_library(deps::zxcvbn zxcvbn.h zxcvbn)

find_package(yaml-cpp REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(Poco REQUIRED COMPONENTS Foundation Util)
