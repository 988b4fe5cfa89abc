// Whether the master key is the one that the database was sealed with.
#pragma once

#include "core/runtime/master_key.h"

#include <nexus/cpp/result.h>
#include <nexus/storage/database.h>

#include <string>

namespace nexus::core {

// Opens or makes the master key of `data_dir`. A database that has a check value is never given a new key: where the
// file is missing or another, this fails and changes nothing.
Result<MasterKey> open_master_key(const std::string& data_dir, storage::Database& database);

}  // namespace nexus::core
