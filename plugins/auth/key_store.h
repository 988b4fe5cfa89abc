// auth_keys: the signing keys, sealed with the panel's master key.
#pragma once

#include "key_ring.h"

#include <nexus/cpp/db.h>

namespace nexus::auth {

// Every key; the first is made where there is none. Fails where one cannot be opened: tokens would fail at random.
Result<KeyRing> load_keys(Call& call);

}  // namespace nexus::auth
