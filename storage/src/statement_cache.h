// Prepared statements of one connection by their SQL text; the least recently used one goes first.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace nexus::storage {

// Our plugins together have fewer distinct statements; a plugin that builds SQL from values cannot take more memory (or
// more of MySQL's 16382 prepared statements per server) than this per connection.
inline constexpr std::size_t kCachedStatements = 128;

// Not thread-safe. A statement is shared with its user, so one that is dropped while in use lives until that use ends.
template <class Statement>
class StatementCache {
 public:
  explicit StatementCache(std::size_t capacity = kCachedStatements) : capacity_(capacity) {}

  // The statement, now the most recently used; null when there is none.
  const std::shared_ptr<Statement>* find(std::string_view sql) {
    if (order_.empty()) return nullptr;
    // A loop runs the same text again and again: no hash for that.
    if (order_.front().first == sql) return &order_.front().second;
    const auto found = index_.find(sql);
    if (found == index_.end()) return nullptr;
    order_.splice(order_.begin(), order_, found->second);
    return &order_.front().second;
  }

  void insert(std::string_view sql, std::shared_ptr<Statement> statement) {
    if (find(sql) != nullptr) return;
    if (order_.size() >= capacity_) drop(std::prev(order_.end()));
    order_.emplace_front(sql, std::move(statement));
    index_.emplace(order_.front().first, order_.begin());
  }

  void erase(std::string_view sql) {
    const auto found = index_.find(sql);
    if (found != index_.end()) drop(found->second);
  }

  void clear() {
    index_.clear();
    order_.clear();
  }
  std::size_t size() const noexcept { return order_.size(); }

 private:
  using Order = std::list<std::pair<std::string, std::shared_ptr<Statement>>>;

  void drop(typename Order::iterator entry) {
    index_.erase(entry->first);
    order_.erase(entry);
  }

  std::size_t capacity_;
  Order order_;                                                           // most recently used first
  std::unordered_map<std::string_view, typename Order::iterator> index_;  // keys view the texts in order_
};

}  // namespace nexus::storage
