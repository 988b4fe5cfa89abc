// The chain: what makes a changed, removed or inserted entry show.
#pragma once

#include "core/audit/entry.h"
#include "core/runtime/master_key.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace nexus::core::audit {

inline constexpr std::size_t kHashBytes = 32;
using Hash = std::array<unsigned char, kHashBytes>;

// A place in the chain: everything up to it is fixed by its hash. Sequence 0 with a hash of zeros is the beginning.
struct Mark {
  std::int64_t sequence = 0;
  Hash hash{};

  bool operator==(const Mark&) const = default;
};

inline std::string_view bytes_of(const Hash& hash) noexcept {
  return {static_cast<const char*>(static_cast<const void*>(hash.data())), hash.size()};
}
// Zeros where `bytes` is no hash.
Hash to_hash(std::string_view bytes) noexcept;

// Every column in a fixed order, texts behind their length, so that no two entries read the same. Pure.
std::string encoded(std::int64_t sequence, const Entry& entry);

// Keyed BLAKE2b-256 under a subkey of the master key, which is not in the database. Thread-safe; wiped at the end.
class Chain {
 public:
  explicit Chain(const MasterKey& master);
  ~Chain();
  Chain(const Chain&) = delete;
  Chain& operator=(const Chain&) = delete;

  // The mark of `entry` as the one behind `before`.
  Mark next(const Mark& before, const Entry& entry) const;
  // Proves that it was the panel that removed everything up to `before`.
  Hash seal_of_start(const Mark& before) const;

 private:
  std::array<unsigned char, MasterKey::kBytes> key_{};
};

}  // namespace nexus::core::audit
