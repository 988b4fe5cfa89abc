#pragma once

#include <string>
#include <string_view>

namespace nexus::storage {

// Enough of a statement to recognise it in the log.
inline std::string sql_excerpt(std::string_view sql) {
  constexpr std::size_t kLongest = 200;
  return sql.size() <= kLongest ? std::string(sql) : std::string(sql.substr(0, kLongest)) + "...";
}

}  // namespace nexus::storage
