// Work that hashes a password, moved from the call that asks for it to the threads of the pool.
#pragma once

#include "hash_pool.h"

#include <nexus/cpp/call.h>

#include <functional>

namespace nexus::users {

// Runs on a thread of the pool with a child of the asking call; may throw.
using HashWork = std::function<void(Call&)>;
// Told why the work did not run, or what it threw.
using HashRefusal = std::function<void(const Error&)>;

// Either `work` runs to its end or `refuse` is called, at once or later; but neither where the pool stops first, which
// destroys both.
void run_hashed(HashPool& pool, Call& call, HashWork work, HashRefusal refuse);

}  // namespace nexus::users
