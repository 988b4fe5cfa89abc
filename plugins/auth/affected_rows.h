// Whether a statement changed anything.
#pragma once

#include <nexus/cpp/db.h>

#include <utility>

namespace nexus::auth {

inline Result<bool> any_affected(Result<ExecResult> done) {
  if (!done.ok()) return std::move(done).error();
  return done->affected != 0;
}

}  // namespace nexus::auth
