// The parts of a list's SQL that a request decides: conditions, search and order.
#pragma once

#include <nexus/cpp/db.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nexus {

// Conditions joined with AND, and the values of their `?`. Borrows the values: they must outlive it. Use few forms of
// conditions, because each text is a statement of its own in the cache.
class Where {
 public:
  // One value for each `?` of `condition`.
  template <class... Args>
  void add(std::string_view condition, const Args&... args) {
    text_.append(text_.empty() ? " WHERE " : " AND ").append(condition);
    bind(args...);
  }

  // Values of what stands behind the conditions, such as a LIMIT.
  template <class... Args>
  void bind(const Args&... args) {
    (args_.push_back(bind_value(args)), ...);
  }

  // Empty, or " WHERE ..." with a space in front.
  const std::string& text() const noexcept { return text_; }
  const std::vector<nx_value>& args() const noexcept { return args_; }

 private:
  std::string text_;
  std::vector<nx_value> args_;
};

// The pattern of texts that contain `text`, for LIKE ? ESCAPE '!'. (A backslash would be an escape of MySQL's
// literals.)
inline std::string contains_pattern(std::string_view text) {
  std::string pattern = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '!') pattern += '!';
    pattern += c;
  }
  return pattern + '%';
}

// A field that a list may be sorted by, and its column.
struct SortColumn {
  std::string_view field;
  std::string_view column;
};

// " ORDER BY ..." for "name" or "-name" (descending). Equal rows, and a field that is not in `columns`, are ordered by
// `tie`, which must be unique, so that no row is on two pages.
inline std::string order_by(std::string_view sort, std::span<const SortColumn> columns, std::string_view tie) {
  const std::string direction = sort.starts_with('-') ? " DESC" : "";
  if (!direction.empty()) sort.remove_prefix(1);
  std::string order = " ORDER BY ";
  for (const auto& [field, column] : columns) {
    if (field == sort) order.append(column).append(direction).append(", ");
  }
  return order.append(tie).append(direction);
}

}  // namespace nexus
