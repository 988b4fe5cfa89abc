// The middle of a FakeHost, shared by its parts: phases, calls, queued work, the clock, and what went wrong. Tests use
// fake_host.h.
#pragma once

#include <nexus/testing/values.h>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>

namespace nexus::testing::detail {

enum class Phase { empty, creating, created, registering, registered, starting, running, quiesced, stopped };

class World;

// One unit of work. Kept after its end, so that late use is named instead of crashing.
struct FakeCall {
  World* world = nullptr;
  std::string name;  // of the work, for messages: "GET /api/v1/hello"
  Principal who;
  std::string request_id;
  std::string locale = "en";
  std::string remote_address;
  std::string caller_plugin;
  std::int64_t deadline_us = std::numeric_limits<std::int64_t>::max();  // monotonic
  bool on_io_thread = false;
  bool owned_by_plugin = false;
  bool cancelled = false;
  bool live = true;
  std::string error;
  nx_principal abi{};
  std::vector<nx_str> scopes;

  nx_call* raw() noexcept { return reinterpret_cast<nx_call*>(this); }
  static FakeCall* of(const nx_call* raw) noexcept {
    return const_cast<FakeCall*>(reinterpret_cast<const FakeCall*>(raw));
  }
};

// The registration scope.
struct FakeReg {
  World* world = nullptr;
};

// Copies what the plugin knows of a struct; members that are newer than the plugin stay zero.
template <class Struct>
Struct copy_in(const Struct& given) {
  Struct copy{};
  std::memcpy(&copy, &given, std::min<std::size_t>(given.struct_size, sizeof copy));
  return copy;
}

inline std::string text(nx_str value) { return std::string(view(value)); }

// Thread-safe. Its lock is never held while code of the plugin runs.
class World {
 public:
  explicit World(Options given) : options(std::move(given)), now_us(options.now_us) {
    reg.world = this;
    threshold = options.log_threshold;
  }

  using Lock = std::unique_lock<std::recursive_mutex>;
  Lock lock() const { return Lock(mutex_); }

  static World& of(const nx_host* host) noexcept { return *static_cast<World*>(host->impl); }
  static World& of(const nx_reg* raw) noexcept { return *reinterpret_cast<const FakeReg*>(raw)->world; }
  nx_reg* raw_reg() noexcept { return reinterpret_cast<nx_reg*>(&reg); }

  // Something that the plugin did wrong.
  void fail(std::string what) {
    const auto guard = lock();
    failures.push_back(std::move(what));
  }

  // Every host function that can fail begins with it: counts, injects, and checks that the plugin may call at all.
  nx_status enter(const char* function) {
    const auto guard = lock();
    ++calls_made;
    if (phase == Phase::creating) {
      fail(std::string(function) + " was called from create, where the host may only be kept");
      return NX_E_PHASE;
    }
    if (phase == Phase::stopped) {
      fail(std::string(function) + " was called after destroy");
      return NX_E_STALE;
    }
    const bool named = inject_function == function;
    if (calls_made == inject_at || named) {
      inject_at = 0;
      inject_function.clear();
      injected = function;
      return inject_status;
    }
    return NX_OK;
  }

  nx_status enter_registration(const char* function) {
    if (const auto status = enter(function); status != NX_OK) return status;
    if (phase == Phase::registering) return NX_OK;
    fail(std::string(function) + " was called outside register_all");
    return NX_E_PHASE;
  }

  // The call behind a pointer of the plugin's, or nullptr, and a failure noted, where it has ended.
  FakeCall* live(const nx_call* raw, const char* function) {
    const auto guard = lock();
    auto* call = FakeCall::of(raw);
    if (call != nullptr && call->live) return call;
    fail(std::string(function) + ": the call " + (call == nullptr ? "is null" : "of \"" + call->name + "\" has ended"));
    return nullptr;
  }

  FakeCall& new_call(std::string name, const Principal& who) {
    const auto guard = lock();
    auto& call = *calls.emplace_back(std::make_unique<FakeCall>());
    call.world = this;
    call.name = std::move(name);
    call.who = who;
    call.locale = who.locale.empty() ? "zh-CN" : who.locale;
    call.request_id = "request-" + std::to_string(calls.size());
    auto& abi = call.abi;
    abi.struct_size = sizeof abi;
    abi.user_id = who.user_id;
    abi.user_name = to_abi(call.who.user_name);
    abi.role = to_abi(call.who.role);
    abi.session_id = to_abi(call.who.session_id);
    abi.token_id = to_abi(call.who.token_id);
    abi.locale = to_abi(call.who.locale);
    abi.authenticated_us = who.authenticated_us;
    abi.elevated_until_us = who.elevated_until_us;
    if (call.who.has_second_factor) abi.flags |= NX_PRINCIPAL_SECOND_FACTOR;
    if (call.who.scopes) {
      abi.flags |= NX_PRINCIPAL_SCOPED;
      for (const auto& scope : *call.who.scopes) call.scopes.push_back(to_abi(scope));
      abi.scopes = call.scopes.data();
      abi.scope_count = static_cast<std::uint32_t>(call.scopes.size());
    }
    return call;
  }

  FakeCall& new_child(const FakeCall& parent, std::string name) {
    auto& call = new_call(std::move(name), parent.who);
    call.request_id = parent.request_id;
    call.locale = parent.locale;
    call.remote_address = parent.remote_address;
    call.deadline_us = parent.deadline_us;
    return call;
  }

  void end_call(FakeCall& call) {
    const auto guard = lock();
    if (!call.live) return;
    for (const auto& hook : call_end_hooks) hook(call);
    call.live = false;
  }

  // -- queued work: what a host's workers would run
  void enqueue(std::function<void()> work) {
    const auto guard = lock();
    queue.push_back(std::move(work));
    changed.notify_all();
  }
  void notify() { changed.notify_all(); }

  void settle() {
    for (;;) {
      auto guard = lock();
      if (queue.empty() && due) due();
      if (queue.empty()) return;
      const auto work = std::move(queue.front());
      queue.pop_front();
      guard.unlock();
      work();
    }
  }

  // Runs queued work until `done` (called under the lock); false when patience ends.
  bool await(const std::function<bool()>& done) {
    const auto until = std::chrono::steady_clock::now() + options.patience;
    for (;;) {
      settle();
      auto guard = lock();
      if (done()) return true;
      if (!queue.empty()) continue;
      if (options.automatic_clock && jump && jump()) continue;
      if (changed.wait_until(guard, until) == std::cv_status::timeout) return done();
    }
  }

  std::int64_t monotonic_us() const {
    const auto guard = lock();
    return now_us - options.now_us;
  }

  Options options;
  std::string plugin_id = "test";
  bool has_plugin = false;  // false in tests of services and stores
  Phase phase = Phase::empty;
  FakeReg reg;
  std::int64_t now_us;
  volatile std::int32_t threshold = NX_LOG_DEBUG;
  nx_handle next_handle = 1;

  std::vector<std::string> failures;
  std::uint64_t calls_made = 0;
  std::uint64_t inject_at = 0;  // 0: nothing
  std::string inject_function;
  nx_status inject_status = NX_OK;
  std::string injected;  // the function that was made to fail

  std::deque<std::unique_ptr<FakeCall>> calls;
  std::vector<std::function<void(FakeCall&)>> call_end_hooks;
  std::deque<std::function<void()>> queue;
  std::function<bool()> jump;  // to the next timer; false where there is none
  std::function<void()> due;   // queues the timers that are due now

  // The FakeHost and its parts, for functions that are given only a pointer of the ABI.
  void* owner = nullptr;
  class FakeDb* db = nullptr;
  class FakeHttp* http = nullptr;
  class FakeMessages* messages = nullptr;
  class FakeStreams* streams = nullptr;
  class FakeWs* ws = nullptr;
  class FakeTexts* texts = nullptr;
  class FakeAuth* auth = nullptr;
  class FakeClock* clock = nullptr;
  class FakeAudit* audit = nullptr;
  class FakeCommands* commands = nullptr;

 private:
  mutable std::recursive_mutex mutex_;
  std::condition_variable_any changed;
};

}  // namespace nexus::testing::detail
