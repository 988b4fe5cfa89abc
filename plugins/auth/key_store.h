// auth_keys: the signing keys, sealed with the panel's master key.
#pragma once

#include "key_ring.h"

#include <nexus/cpp/db.h>

namespace nexus::auth {

// More than a panel has at a time, even where somebody rotates every day of a session's life.
inline constexpr std::int64_t kMaxKeys = 100;

// Every key; the first is made where there is none. Fails where one cannot be opened: tokens would fail at random.
Result<KeyRing> load_keys(Call& call);

// A new key, made at `created_us`. 40903 where there are kMaxKeys.
Result<void> add_key(Call& call, std::int64_t created_us);

Result<void> remove_key(Call& call, std::string_view kid);

}  // namespace nexus::auth
