// A SQLite session opened by SOCI.
#pragma once

#include <nexus/cpp/result.h>

#include <memory>
#include <string>

// Declared, not included: SOCI's header wants to include sqlite3.h inside a namespace of its own.
struct sqlite3;

namespace nexus::storage {

struct SqliteSession {
  std::shared_ptr<void> owner;  // the soci::session
  ::sqlite3* handle = nullptr;
};

// The file must exist.
Result<SqliteSession> open_sqlite_session(const std::string& path);

}  // namespace nexus::storage
