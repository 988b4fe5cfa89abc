// What the acceptor, the workers and the engine share. Limits and handlers never change once the engine listens.
#pragma once

#include <nexus/api/http_engine.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace nexus::api::http {

struct EngineState {
  EngineLimits limits;
  EngineHandlers handlers;

  std::atomic<std::uint64_t> accepted{0};
  std::atomic<std::uint64_t> open{0};
  std::atomic<std::uint64_t> refused{0};
  std::atomic<std::uint64_t> slow_closed{0};
  std::atomic<std::uint64_t> cut_off{0};  // connections with work left that a drain ended

  std::atomic<bool> draining{false};  // no idle connection stays, each answer is its connection's last
  std::atomic<bool> cutting{false};   // no connection stays

  std::mutex mutex;  // only for `all_closed`
  std::condition_variable all_closed;

  void connection_closed() {
    if (open.fetch_sub(1) != 1) return;
    const std::lock_guard lock(mutex);
    all_closed.notify_all();
  }
};

}  // namespace nexus::api::http
