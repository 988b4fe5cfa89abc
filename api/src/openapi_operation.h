// One operation of the OpenAPI document.
#pragma once

#include "openapi_example.h"
#include "route_entry.h"

namespace nexus::api {

// The route's fragment, completed by what the edge adds and checks: the envelope around a success, the errors that it
// answers by itself, headers, examples, who may call it. The fragment may say, for the document alone:
//   x-message   of a 2xx response: the catalogue key of its message; absent: the usual one
//   x-envelope  of a 2xx response: false where the answer is JSON without an envelope
//   x-codes     of an error response: its application codes, where they are not the usual ones of the status
OrderedJson make_operation(const RouteEntry& route, const Examples& examples);

// "GET" -> "get"
std::string lower_method(const std::string& method);

}  // namespace nexus::api
