// The right to use one connection of a pool; gives it back at the end of its life.
#pragma once

#include <memory>
#include <utility>

namespace nexus::storage {

class Connection;
class Pool;

class Lease {
 public:
  Lease() noexcept = default;
  Lease(Pool* pool, Connection* connection) noexcept : pool_(pool), connection_(connection) {}
  Lease(Lease&& other) noexcept
      : pool_(std::exchange(other.pool_, nullptr)), connection_(std::exchange(other.connection_, nullptr)) {}
  Lease& operator=(Lease&& other) noexcept {
    std::swap(pool_, other.pool_);
    std::swap(connection_, other.connection_);
    return *this;
  }
  ~Lease() {
    if (connection_ != nullptr) give_back();
  }

  Connection* operator->() const noexcept { return connection_; }
  Connection& operator*() const noexcept { return *connection_; }

 private:
  void give_back() noexcept;

  Pool* pool_ = nullptr;
  Connection* connection_ = nullptr;  // owned while leased
};

}  // namespace nexus::storage
