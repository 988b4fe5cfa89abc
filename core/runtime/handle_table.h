// Objects behind 64-bit handles that may be stale.
#pragma once

#include "core/runtime/owner.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace nexus::core {

// A handle is | generation 32 | kind 8 | shard 4 | index 20 |. A slot's generation changes when it is given back, so a
// handle that was taken never finds another object; a handle of another kind of table is stale as well. take() gives an
// object to exactly one caller, which is what "exactly once" rests on. Thread-safe.
template <class Object>
class HandleTable {
 public:
  explicit HandleTable(std::uint8_t kind) noexcept : kind_(kind) {}

  // 0 where the table is full.
  nx_handle insert(const Owner& owner, std::shared_ptr<Object> object) {
    const auto number = next_.fetch_add(1, std::memory_order_relaxed) % kShards;
    auto& shard = shards_[number];
    const std::lock_guard lock(shard.mutex);
    std::uint32_t index = 0;
    if (!shard.free.empty()) {
      index = shard.free.back();
      shard.free.pop_back();
    } else {
      if (shard.slots.size() > kIndexMask) return 0;
      index = static_cast<std::uint32_t>(shard.slots.size());
      shard.slots.emplace_back();
    }
    auto& slot = shard.slots[index];
    slot.object = std::move(object);
    slot.owner = &owner;
    return std::uint64_t{slot.generation} << 32 | std::uint64_t{kind_} << 24 | number << 20 | index;
  }

  // Null where the handle is stale.
  std::shared_ptr<Object> find(nx_handle handle) const {
    auto& shard = shards_[shard_of(handle)];
    const std::lock_guard lock(shard.mutex);
    const Slot* slot = slot_of(shard, handle);
    return slot == nullptr ? nullptr : slot->object;
  }

  // Everything in it now.
  std::vector<std::shared_ptr<Object>> list() const {
    std::vector<std::shared_ptr<Object>> all;
    for (const auto& shard : shards_) {
      const std::lock_guard lock(shard.mutex);
      for (const auto& slot : shard.slots) {
        if (slot.object != nullptr) all.push_back(slot.object);
      }
    }
    return all;
  }

  // The same as find, and the handle is stale from now on.
  std::shared_ptr<Object> take(nx_handle handle) {
    auto& shard = shards_[shard_of(handle)];
    const std::lock_guard lock(shard.mutex);
    Slot* slot = const_cast<Slot*>(slot_of(shard, handle));
    return slot == nullptr ? nullptr : give_back(shard, *slot, handle & kIndexMask);
  }

  // All for which `matches(owner, object)`.
  template <class Matches>
  std::vector<std::pair<nx_handle, std::shared_ptr<Object>>> take_if(Matches&& matches) {
    std::vector<std::pair<nx_handle, std::shared_ptr<Object>>> taken;
    for (std::uint64_t number = 0; number < kShards; ++number) {
      auto& shard = shards_[number];
      const std::lock_guard lock(shard.mutex);
      for (std::uint32_t index = 0; index < shard.slots.size(); ++index) {
        auto& slot = shard.slots[index];
        if (slot.object == nullptr || !matches(*slot.owner, *slot.object)) continue;
        const auto handle = std::uint64_t{slot.generation} << 32 | std::uint64_t{kind_} << 24 | number << 20 | index;
        taken.emplace_back(handle, give_back(shard, slot, index));
      }
    }
    return taken;
  }
  std::vector<std::pair<nx_handle, std::shared_ptr<Object>>> take_owner(const Owner& owner) {
    return take_if([&](const Owner& candidate, const Object&) { return &candidate == &owner; });
  }

 private:
  static constexpr std::uint64_t kShards = 16;  // a handle has four bits for it
  static constexpr std::uint64_t kIndexMask = (1U << 20) - 1;

  struct Slot {
    std::shared_ptr<Object> object;
    const Owner* owner = nullptr;
    std::uint32_t generation = 1;  // never 0, so that no handle is 0
  };
  struct Shard {
    mutable std::mutex mutex;
    std::vector<Slot> slots;
    std::vector<std::uint32_t> free;
  };

  static std::uint64_t shard_of(nx_handle handle) noexcept { return handle >> 20 & (kShards - 1); }

  const Slot* slot_of(const Shard& shard, nx_handle handle) const noexcept {
    const auto index = handle & kIndexMask;
    if ((handle >> 24 & 0xFF) != kind_ || index >= shard.slots.size()) return nullptr;
    const auto& slot = shard.slots[index];
    return slot.generation == handle >> 32 && slot.object != nullptr ? &slot : nullptr;
  }

  static std::shared_ptr<Object> give_back(Shard& shard, Slot& slot, std::uint64_t index) {
    auto object = std::move(slot.object);
    slot.object = nullptr;
    // A slot whose generations are used up is never used again: 2^32 stale handles would be needed to meet an old one.
    if (++slot.generation != 0) shard.free.push_back(static_cast<std::uint32_t>(index));
    return object;
  }

  const std::uint8_t kind_;
  std::atomic<std::uint64_t> next_{0};
  mutable std::array<Shard, kShards> shards_;
};

}  // namespace nexus::core
