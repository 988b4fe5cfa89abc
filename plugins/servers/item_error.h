// Why one of many was refused, where an answer has a place for each of them.
#pragma once

#include <nexus/cpp/call.h>
#include <nexus/cpp/json.h>

namespace nexus::servers {

// {"code", "field" where it is about one, "message" in the caller's language}, and what the error says besides.
Json item_error(const Call& call, const Error& error);

}  // namespace nexus::servers
