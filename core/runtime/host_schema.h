// The host's own tables.
#pragma once

#include <nexus/storage/migrations.h>

#include <vector>

namespace nexus::core {

// Migrations of the owner "host". A step that was released is never changed: append another.
std::vector<storage::Migration> host_schema(storage::Dialect dialect);

}  // namespace nexus::core
