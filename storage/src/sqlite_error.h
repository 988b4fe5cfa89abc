#pragma once

#include <nexus/cpp/result.h>

#include <sqlite3.h>

#include <string_view>

namespace nexus::storage {

// Translates the failure `result` of `database`; `doing` (SQL text) is for the reason. Values never are in it.
Error sqlite_error(sqlite3* database, int result, std::string_view doing);

}  // namespace nexus::storage
