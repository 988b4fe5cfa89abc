#pragma once

#include "url.h"

#include <nexus/cpp/result.h>

#include <string_view>

namespace nexus::storage {

// Translates error `number` of a statement; `doing` (SQL text) is for the reason. Values never are in it.
Error mysql_error_of(unsigned number, std::string_view message, std::string_view doing);
// No session could be had: Status::unavailable, whatever the number.
Error mysql_connect_error(const Location& location, unsigned number, std::string_view message);
// Whether a session is of no more use after error `number`.
bool breaks_mysql_session(unsigned number);
// The number in the reason of an error made by mysql_error_of; 0 where there is none.
unsigned mysql_error_number(const Error& error);

}  // namespace nexus::storage
