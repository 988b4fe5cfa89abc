// What the tests of the engine share: targets whose host keys are kept in memory, and an observer that remembers.
#pragma once

#include "ssh/engine.h"
#include "support/tcp_proxy.h"
#include "target_fixture.h"

#include <condition_variable>
#include <future>
#include <map>
#include <mutex>

namespace nexus::test {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Longer than anything here takes on a busy machine.
inline constexpr seconds kPatience{40};

// A MemoryGate for several threads.
class SharedGate : public ssh::HostKeyGate {
 public:
  ssh::Outcome<std::vector<std::string>> trusted_types() override {
    const std::lock_guard lock(mutex_);
    if (on_login) on_login();
    return gate_.trusted_types();
  }
  ssh::Outcome<ssh::HostKeyReport> judge(const ssh::HostKey& key, ssh::Trust trust) override {
    const std::lock_guard lock(mutex_);
    return gate_.judge(key, trust);
  }

  std::function<void()> on_login;  // set before use

 private:
  std::mutex mutex_;
  MemoryGate gate_;
};

class Recorder : public ssh::EngineObserver {
 public:
  struct Seen {
    int connected = 0;
    int alive = 0;
    std::vector<ssh::Failure> failures;
  };

  void connected(std::int64_t server_id) override {
    note(server_id, [](Seen& seen) { ++seen.connected; });
  }
  void alive(std::int64_t server_id) override {
    note(server_id, [](Seen& seen) { ++seen.alive; });
  }
  void disconnected(std::int64_t server_id, const ssh::Failure& failure) override {
    note(server_id, [&](Seen& seen) { seen.failures.push_back(failure); });
  }

  Seen of(std::int64_t server_id) {
    const std::lock_guard lock(mutex_);
    return seen_[server_id];
  }
  // Whether it came true in time.
  bool wait(std::int64_t server_id, const std::function<bool(const Seen&)>& holds, milliseconds time = kPatience) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, time, [&] { return holds(seen_[server_id]); });
  }

  std::function<void()> on_connected;  // set before use

 private:
  void note(std::int64_t server_id, const std::function<void(Seen&)>& change) {
    const std::lock_guard lock(mutex_);
    const int before = seen_[server_id].connected;
    change(seen_[server_id]);
    if (on_connected && seen_[server_id].connected > before) on_connected();
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::int64_t, Seen> seen_;
};

template <class T>
struct Answer {
  std::shared_ptr<std::promise<ssh::Outcome<T>>> promise = std::make_shared<std::promise<ssh::Outcome<T>>>();
  std::shared_future<ssh::Outcome<T>> future = promise->get_future().share();
  ssh::Ticket ticket;

  std::function<void(ssh::Outcome<T>)> done() {
    return [promise = promise](ssh::Outcome<T> outcome) { promise->set_value(std::move(outcome)); };
  }
  const ssh::Outcome<T>& wait() const {
    REQUIRE(future.wait_for(kPatience) == std::future_status::ready);
    return future.get();
  }
  bool ready() const { return future.wait_for(seconds(0)) == std::future_status::ready; }
};

inline ssh::EngineLimits quick_limits() {
  ssh::EngineLimits limits;
  limits.queued_per_server = 200;
  limits.keepalive = seconds(1);
  limits.silence = seconds(3);
  return limits;
}

// An engine with its observer.
struct Rig {
  explicit Rig(const ssh::EngineLimits& limits = quick_limits()) : engine(limits, observer) {}

  Answer<ssh::CommandResult> command(const ssh::Target& target, const std::string& text,
                                     const ssh::WorkOptions& options = {}) {
    Answer<ssh::CommandResult> answer;
    answer.ticket = engine.run_command(target, text, 64 * 1024, options, answer.done());
    return answer;
  }
  Answer<ssh::Engine::Files> files(const ssh::Target& target, std::vector<std::string> paths,
                                   const ssh::WorkOptions& options = {ssh::Priority::metrics}) {
    Answer<ssh::Engine::Files> answer;
    answer.ticket = engine.read_files(target, std::move(paths), 64 * 1024, options, answer.done());
    return answer;
  }
  Answer<ssh::Tested> test(const ssh::Target& target, const ssh::WorkOptions& options = {}) {
    Answer<ssh::Tested> answer;
    answer.ticket = engine.test(target, options, answer.done());
    return answer;
  }
  // A command that must succeed.
  std::string output(const ssh::Target& target, const std::string& text) {
    const auto answer = command(target, text);
    const auto& outcome = answer.wait();
    if (!outcome.ok()) {
      FAIL(to_string(outcome.error().stage)
           << " " << to_string(outcome.error().fault) << " " << outcome.error().reason);
    }
    return outcome.value().out;
  }
  // Of a command that must fail.
  ssh::Failure failure(const ssh::Target& target) {
    const auto answer = command(target, "true");
    REQUIRE_FALSE(answer.wait().ok());
    return answer.wait().error();
  }
  void trust(const ssh::Target& target) {
    const auto answer = test(target);
    const auto& outcome = answer.wait();
    if (!outcome.ok()) INFO(outcome.error().reason);
    REQUIRE(outcome.ok());
  }

  Recorder observer;
  ssh::Engine engine;
};

inline ssh::Target engine_target(std::int64_t server_id, const SshServer& server,
                                 std::shared_ptr<ssh::HostKeyGate> gate = std::make_shared<SharedGate>()) {
  auto target = target_of(server);
  target.server_id = server_id;
  target.host_keys = std::move(gate);
  return target;
}

// For servers that nobody gets as far as to log in to.
inline ssh::Target stranger_target(std::int64_t server_id, std::uint16_t port) {
  auto target = target_of(port, {"root", ssh::PrivateKey::generate_ed25519(), {}}, std::make_shared<MemoryGate>());
  target.server_id = server_id;
  target.host_keys = std::make_shared<SharedGate>();
  return target;
}

inline int count_of(const std::string& text, const std::string& part) {
  int found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace nexus::test
