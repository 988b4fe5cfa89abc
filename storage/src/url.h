// storage.url, taken apart.
#pragma once

#include <nexus/cpp/result.h>
#include <nexus/storage/database.h>

#include <string>
#include <string_view>

namespace nexus::storage {

struct Location {
  Dialect dialect = Dialect::sqlite;
  std::string path;  // SQLite
  std::string host;  // MySQL, like the rest
  unsigned port = 3306;
  std::string user;
  std::string password;
  std::string database;

  // For messages: the URL without its password.
  std::string shown() const;
};

// Status::invalid with a reason that quotes nothing which may hold a password.
Result<Location> parse_url(std::string_view url);

}  // namespace nexus::storage
