// The network engine alone, for a load generator: `nexus_bench_engine [port [threads]]`, then for example
// `wrk -t1 -c32 -d5s http://127.0.0.1:18080/json`. `/json` is answered on the I/O thread, `/pool` by a pool of two
// threads.
#include <nexus/api/http_engine.h>

#include <sys/resource.h>

#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace nexus::api;

constexpr std::string_view kJson =
    R"({"status":"ok","service":"nexuspanel","users":128,"uptime":93211,"load":[0.11,0.2,0.3],"items":[1,2,3,4]})";

AnswerMessage json_answer() { return {200, "Content-Type: application/json\r\n", std::string(kJson), false}; }

class Pool {
 public:
  explicit Pool(unsigned threads) {
    for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
  }
  ~Pool() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    more_.notify_all();
    for (auto& thread : threads_) thread.join();
  }
  void add(Responder&& responder) {
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back(std::move(responder));
    }
    more_.notify_one();
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      more_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      Responder responder = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      responder.send(json_answer());
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable more_;
  std::deque<Responder> waiting_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

void allow_many_descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
  allow_many_descriptors();
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  sigaddset(&stop, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);

  Pool pool(2);
  EngineOptions options;
  options.port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 18080);
  options.threads = static_cast<unsigned>(argc > 2 ? std::atoi(argv[2]) : 2);
  EngineHandlers handlers;
  handlers.request = [&pool](RequestMessage&& request, Responder&& responder) {
    if (request.target == "/pool") return pool.add(std::move(responder));
    if (request.target == "/json") return responder.send(json_answer());
    responder.send({404, {}, {}, false});
  };
  handlers.refusal = [](int status, std::int32_t, std::string_view) { return AnswerMessage{status, {}, {}, true}; };
  auto engine = HttpEngine::listen(options, std::move(handlers));
  if (!engine.ok()) {
    std::fprintf(stderr, "%s\n", engine.error().what());
    return 1;
  }
  engine.value()->start();
  std::fprintf(stderr, "listening on port %u\n", engine.value()->port());
  int signal = 0;
  sigwait(&stop, &signal);
  const bool clean = engine.value()->drain(Clock::now() + std::chrono::seconds(3));
  const EngineCounters counters = engine.value()->counters();
  std::fprintf(stderr, "accepted %llu, requests %llu, open %llu, clean %d\n",
               static_cast<unsigned long long>(counters.accepted), static_cast<unsigned long long>(counters.requests),
               static_cast<unsigned long long>(counters.open), clean);
  return 0;
}
