#include "rate_limiter.h"

#include <sys/random.h>

#include <algorithm>
#include <cstring>

namespace nexus::api {
namespace {

// Addresses are chosen by strangers: without a secret they could choose ones that collide.
std::uint64_t hash_secret() noexcept {
  static const std::uint64_t secret = [] {
    std::uint64_t value = 0;
    while (::getrandom(&value, sizeof(value), 0) != static_cast<ssize_t>(sizeof(value))) {
    }
    return value;
  }();
  return secret;
}

std::uint64_t mixed(std::uint64_t value) noexcept {
  value = (value ^ (value >> 33)) * 0xFF51AFD7ED558CCDULL;
  value = (value ^ (value >> 33)) * 0xC4CEB9FE1A85EC53ULL;
  return value ^ (value >> 33);
}

}  // namespace

std::size_t RateLimiter::KeyHash::operator()(const Key& key) const noexcept {
  std::array<std::uint64_t, 2> words{};
  std::memcpy(words.data(), key.data(), sizeof(words));
  const std::uint64_t secret = hash_secret();
  return mixed(mixed(words[0] ^ secret) + words[1] + (secret >> 7));
}

std::uint32_t RateLimiter::step_of(Clock::time_point now) const noexcept {
  // One window later, so that a moment just before the start has a step too.
  return now < start_ ? kWindowSteps : static_cast<std::uint32_t>((now - start_) / kStep) + kWindowSteps;
}

void RateLimiter::expire(Window& window, std::uint32_t step) {
  auto first = window.counts.begin();
  for (; first != window.counts.end() && first->step + kWindowSteps < step; ++first) window.total -= first->requests;
  window.counts.erase(window.counts.begin(), first);
}

void RateLimiter::make_room(Shard& shard, std::uint32_t step) {
  constexpr std::size_t kMaxOfShard = kMaxKeys / kShards;
  if (shard.windows.size() < std::min(shard.sweep_at, kMaxOfShard)) return;
  if (shard.windows.size() >= shard.sweep_at) {
    for (auto entry = shard.windows.begin(); entry != shard.windows.end();) {
      expire(entry->second, step);
      entry = entry->second.total == 0 ? shard.windows.erase(entry) : std::next(entry);
    }
    shard.sweep_at = std::max<std::size_t>(64, shard.windows.size() * 2);
  }
  if (shard.windows.size() < kMaxOfShard) return;
  auto victim = shard.windows.begin();
  auto candidate = victim;
  for (std::size_t seen = 0; seen < kCandidates && candidate != shard.windows.end(); ++seen, ++candidate) {
    if (candidate->second.total < victim->second.total) victim = candidate;
  }
  shard.windows.erase(victim);
}

RateDecision RateLimiter::take(const Key& key, std::uint32_t limit, Clock::time_point now) {
  if (limit == 0) return {};
  const std::uint32_t step = step_of(now);
  Shard& shard = shards_[KeyHash()(key) >> 60];
  const std::lock_guard lock(shard.mutex);
  auto found = shard.windows.find(key);
  if (found == shard.windows.end()) {
    make_room(shard, step);
    found = shard.windows.try_emplace(key).first;
  }
  Window& window = found->second;
  expire(window, step);
  RateDecision decision{window.total < limit, limit, 0, 0};
  if (decision.allowed) {
    // Threads may come in another order than their clocks were read.
    if (window.counts.empty() || window.counts.back().step < step) window.counts.push_back({step, 0});
    ++window.counts.back().requests;
    ++window.total;
  }
  decision.remaining = limit > window.total ? limit - window.total : 0;
  const std::uint32_t oldest = window.counts.empty() ? step : window.counts.front().step;
  const auto leaves = std::chrono::milliseconds(kStep * (oldest + kWindowSteps + 1)) - kStep * step;
  decision.reset_seconds = static_cast<std::uint32_t>(std::max<std::int64_t>(1, (leaves.count() + 999) / 1000));
  return decision;
}

std::size_t RateLimiter::keys() const {
  std::size_t total = 0;
  for (const auto& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    total += shard.windows.size();
  }
  return total;
}

}  // namespace nexus::api
