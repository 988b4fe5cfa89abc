// A MySQL or MariaDB session opened by SOCI.
#pragma once

#include "url.h"

#include <nexus/cpp/result.h>

#include <chrono>
#include <memory>

typedef struct st_mysql MYSQL;

namespace nexus::storage {

struct MysqlSession {
  std::shared_ptr<void> owner;  // the soci::session
  MYSQL* handle = nullptr;
};

// Connects; read and write time-outs hold for the whole life of the session.
Result<MysqlSession> open_mysql_session(const Location& location, std::chrono::seconds connect_timeout,
                                        std::chrono::seconds read_timeout);

}  // namespace nexus::storage
