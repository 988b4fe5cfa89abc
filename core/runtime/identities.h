// Who a token stands for: asks the identity provider, and remembers what it said until it is no longer so.
#pragma once

#include "core/runtime/call.h"
#include "core/runtime/handle_table.h"
#include "core/runtime/timer_queue.h"

#include <nexus/api/hooks.h>
#include <nexus/auth.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace nexus::core {

// Remembered tokens: about 10 MB, and more people than one panel serves at the same time.
inline constexpr std::size_t kRememberedTokens = 16'384;
// A provider that does not answer is as good as none; requests wait no longer than this.
inline constexpr std::chrono::seconds kIdentityDeadline{10};

// Accepted tokens by content. Looked up under a keyed hash, so that nobody can craft tokens that collide, and compared
// in full. Thread-safe.
class TokenMemory {
 public:
  TokenMemory();

  // Null where it is not remembered, or no longer valid at `now_us`.
  std::shared_ptr<const api::Principal> find(std::string_view token, std::int64_t now_us) noexcept;
  // What an answer to a question put now must be stored with.
  std::uint64_t epoch() const noexcept { return epoch_.load(); }
  // Unless something was invalidated since `epoch`: the answer may have been under way when that happened.
  void store(std::string_view token, std::shared_ptr<const api::Principal> principal, std::int64_t valid_until_us,
             std::uint64_t epoch);
  // When it returns, nothing for which `matches` is so is found any more. Looks at every token (well below 1 ms).
  void forget(const std::function<bool(const api::Principal&)>& matches);

 private:
  static constexpr std::size_t kShards = 16;
  struct Remembered {
    std::uint64_t hash;
    std::string token;
    std::shared_ptr<const api::Principal> principal;
    std::int64_t valid_until_us;
  };
  struct Shard {
    std::mutex mutex;
    std::list<Remembered> entries;  // oldest first: the one that goes when it is full
    std::unordered_map<std::uint64_t, std::list<Remembered>::iterator> by_hash;
  };
  std::uint64_t hash(std::string_view token) const noexcept;

  std::array<unsigned char, 16> key_{};
  std::atomic<std::uint64_t> epoch_{0};
  std::array<Shard, kShards> shards_;
};

// Thread-safe.
class Identities {
 public:
  using Done = std::function<void(api::Authentication)>;

  using Matches = std::function<bool(const api::Principal&)>;

  // `forgotten` is called for each invalidation, once nothing of it is remembered any more.
  Identities(TimerQueue& timers, std::function<void(const Matches&)> forgotten)
      : timers_(&timers), forgotten_(std::move(forgotten)) {}

  void set_provider(const std::shared_ptr<Owner>& owner, const nx_identity_provider& provider);
  // Its pending requests are answered 50301, and all that is remembered is forgotten.
  std::size_t withdraw(const Owner& owner);

  std::shared_ptr<const api::Principal> remembered(std::string_view token) noexcept;
  // `done` is called exactly once, from any thread: with 50301 where there is no provider or it does not answer.
  void authenticate(api::CredentialKind kind, std::string credential, const api::Exchange& exchange, Done done);
  nx_status complete(const Owner& provider, nx_handle request, std::int32_t app_code, const nx_identity* identity);
  nx_status invalidate(const Owner& caller, std::uint32_t kind, std::string_view id);

 private:
  struct Provider {
    std::shared_ptr<Owner> owner;
    nx_identity_provider table;
  };
  struct Request;

  bool is_provider(const Owner& owner) const;
  void forget(const Matches& matches);
  void ask(const std::shared_ptr<Request>& request, nx_handle handle);
  void refuse(nx_handle handle);
  void end(const std::shared_ptr<Request>& request, api::Authentication answer);

  TimerQueue* timers_;
  const std::function<void(const Matches&)> forgotten_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Provider> provider_;
  TokenMemory memory_;
  HandleTable<Request> requests_{4};
};

}  // namespace nexus::core
