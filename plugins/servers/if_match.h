// The If-Match header of a request, as the rules take it.
#pragma once

#include "precondition.h"

#include <nexus/cpp/etag.h>

namespace nexus::servers {

// Outlives the request.
inline Precondition if_match(const Request& request) {
  return [wanted = IfMatch(request)](std::int64_t state) { return wanted.allows(etag_of(state)); };
}

}  // namespace nexus::servers
