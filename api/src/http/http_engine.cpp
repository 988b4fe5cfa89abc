#include "http/acceptor.h"
#include "http/listening_socket.h"
#include "http/transport.h"

#include <nexus/api/http_engine.h>

#include <pistache/reactor.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <utility>

namespace nexus::api {
namespace {

using namespace http;

// A worker ends its connections at once when told to; one that does not is inside a handler that blocks, and is waited
// for at most that long before its thread is joined.
constexpr std::chrono::seconds kCutTime{5};

class PistacheEngine final : public HttpEngine {
 public:
  PistacheEngine(Descriptor listening, std::shared_ptr<EngineState> state, unsigned threads)
      : state_(std::move(state)), acceptor_(std::move(listening), state_), port_(local_port(acceptor_.listening())) {
    reactor_ = Pistache::Aio::Reactor::create();
    reactor_->init(Pistache::Aio::AsyncContext(std::max(1U, threads), "nexus-edge"));
    const auto key = reactor_->addHandler(std::make_shared<Transport>(state_));
    for (const auto& handler : reactor_->handlers(key))
      workers_.push_back(std::static_pointer_cast<Transport>(handler));
  }

  ~PistacheEngine() override { drain(Clock::now()); }

  void start() override {
    reactor_->run();
    acceptor_.start([this](AcceptedSocket&& accepted) {
      return workers_[next_worker_++ % workers_.size()]->mailbox()->post(std::move(accepted));
    });
  }

  std::uint16_t port() const noexcept override { return port_; }

  bool drain(Clock::time_point deadline) override {
    const std::lock_guard lock(drain_mutex_);
    if (reactor_ == nullptr) return clean_;
    acceptor_.stop();
    tell_workers(state_->draining);
    clean_ = wait_for_close(deadline);
    if (!clean_) {
      tell_workers(state_->cutting);
      wait_for_close(Clock::now() + kCutTime);
      clean_ = state_->cut_off.load() == 0;
    }
    stop_workers();
    return clean_;
  }

  EngineCounters counters() const noexcept override {
    EngineCounters counters;
    counters.accepted = state_->accepted.load();
    counters.open = state_->open.load();
    for (const auto& worker : workers_) counters.requests += worker->requests();
    counters.refused = state_->refused.load();
    counters.slow_closed = state_->slow_closed.load();
    return counters;
  }

 private:
  void tell_workers(std::atomic<bool>& flag) {
    flag = true;
    for (const auto& worker : workers_) worker->mailbox()->wake();
  }

  bool wait_for_close(Clock::time_point deadline) {
    std::unique_lock lock(state_->mutex);
    return state_->all_closed.wait_until(lock, deadline, [this] { return state_->open.load() == 0; });
  }

  void stop_workers() {
    reactor_->shutdown();
    reactor_.reset();
    for (const auto& worker : workers_) worker->close_all();
  }

  std::shared_ptr<EngineState> state_;
  Acceptor acceptor_;
  std::uint16_t port_;
  std::shared_ptr<Pistache::Aio::Reactor> reactor_;  // null once drained
  std::vector<std::shared_ptr<Transport>> workers_;
  std::size_t next_worker_ = 0;  // of the accept loop
  std::mutex drain_mutex_;
  bool clean_ = true;
};

}  // namespace

Result<std::unique_ptr<HttpEngine>> HttpEngine::listen(const EngineOptions& options, EngineHandlers handlers) {
  NEXUS_ASSIGN(Descriptor listening, listen_on(options.host, options.port));
  try {
    auto state = std::make_shared<EngineState>();
    state->limits = options.limits;
    state->handlers = std::move(handlers);
    return std::unique_ptr<HttpEngine>(
        std::make_unique<PistacheEngine>(std::move(listening), std::move(state), options.threads));
  } catch (const std::exception& error) {
    return Error(Status::unavailable, std::string("cannot start the network engine: ") + error.what());
  }
}

}  // namespace nexus::api
