// Which entries a client asks for.
#pragma once

#include <nexus/api/exchange.h>
#include <nexus/cpp/list_query.h>

#include <cstdint>
#include <optional>
#include <string>

namespace nexus::core::audit {

struct Filter {
  std::optional<std::int64_t> user_id;
  std::optional<std::string> plugin, action, result, target, remote_address, request_id;
  std::optional<std::int64_t> from_us;  // at or behind
  std::optional<std::int64_t> to_us;    // before
  std::string search;                   // part of the user's name, the target or the path
  std::string sort = "-time";

  // The route's fragment has refused what is no value of its kind.
  static Filter from(const api::Exchange& exchange);
};

// The conditions in SQL. Borrows from both, of which `pattern` is that of filter.search.
Where where_of(const Filter& filter, const std::string& pattern);

// "&user_id=7&from=..." as the client wrote it, percent-encoded; empty where nothing is filtered.
std::string query_of(const api::Exchange& exchange);

}  // namespace nexus::core::audit
