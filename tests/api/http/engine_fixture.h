// An engine on a free port of loopback, with a few answers to ask for.
#pragma once

#include "support/raw_client.h"

#include <nexus/api/http_engine.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace nexus::api::test {

using nexus::test::RawAnswer;
using nexus::test::RawClient;

// Runs functions later, on a thread of its own; what waits at its end is dropped.
class Later {
 public:
  Later();
  ~Later();
  void after(std::chrono::milliseconds delay, std::function<void()> function);

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<Clock::time_point, std::function<void()>> waiting_;
  bool stopping_ = false;
  std::thread thread_;
};

// Targets: /echo answers "<method> <target> <body>"; /late/<ms> the same from another thread; /big/<bytes>; /drop drops
// its responder; /throw throws; /status/<code>; /close asks for the end of the connection; /hold keeps the responder
// for the test.
class EngineFixture {
 public:
  explicit EngineFixture(const EngineLimits& limits = {}, std::string host = "127.0.0.1");

  HttpEngine& engine() { return *engine_; }
  std::uint16_t port() const { return engine_->port(); }
  RawClient client() const { return RawClient(port()); }
  // Answers a request on a connection of its own.
  bool alive() const;
  // The next responder of /hold; empty where none came in time.
  Responder held();
  // Waits until the condition holds.
  static bool eventually(const std::function<bool()>& condition,
                         std::chrono::milliseconds patience = std::chrono::milliseconds(10'000));
  bool all_closed(std::chrono::milliseconds patience = std::chrono::milliseconds(10'000)) {
    return eventually([this] { return engine_->counters().open == 0; }, patience);
  }

 private:
  void handle(RequestMessage&& request, Responder&& responder);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Responder> held_;
  Later later_;
  std::unique_ptr<HttpEngine> engine_;
};

std::string get(std::string_view target, std::string_view more_fields = "");
std::string post(std::string_view target, std::string_view body);

}  // namespace nexus::api::test
