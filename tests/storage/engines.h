// The two engines as test fixtures: the same scenarios run on both.
#pragma once

#include "storage/scratch.h"
#include "support/mariadb_server.h"

namespace nexus::test {

struct SqliteEngine {
  ScratchFolder folder;
  std::string url = "sqlite://" + folder.path() + "/panel.db";
};

struct MariadbEngine {
  std::string url = MariadbServer::shared().create_database();
};

}  // namespace nexus::test
