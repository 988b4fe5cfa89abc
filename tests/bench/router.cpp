// What the edge costs before a handler runs, in nanoseconds per request: finding a route, and the whole pipeline for an
// authenticated GET whose token is remembered, with rate limits off and on.
#include "pipeline.h"
#include "registry.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>

namespace {

using namespace nexus::api;

// A host that knows one token and has no work to do.
class QuietHost final : public Hooks {
 public:
  QuietHost() {
    auto principal = std::make_shared<Principal>();
    principal->user_id = 1;
    principal->locale = "zh-CN";
    known_ = std::move(principal);
  }
  std::optional<Authentication> remembered(std::string_view) noexcept override { return Authentication{known_, 0}; }
  void authenticate(CredentialKind, std::string, const Exchange&, std::function<void(Authentication)> done) override {
    done({known_, 0});
  }
  Access access_to(const Principal&, std::string_view) noexcept override { return Access::granted; }
  void audit(const AuditEvent&, std::function<void()> written) override { written(); }
  std::string translate(std::string_view, std::string_view key, std::span<const nexus::TextArg>) override {
    return std::string(key);
  }
  bool post(std::function<void()> work) override { return work(), true; }
  void access(const AccessRecord&) noexcept override {}
  void problem(std::string_view, std::string_view) noexcept override {}

 private:
  std::shared_ptr<const Principal> known_;
};

class Sink final : public Responder::Target {
 public:
  void answer(AnswerMessage answer) override { bytes += answer.fields.size() + answer.body.size(); }
  bool abandoned() const noexcept override { return false; }
  std::size_t bytes = 0;
};

constexpr const char* kPlain = R"({"responses":{"200":{}}})";
constexpr const char* kWithId =
    R"({"parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"integer"}}],"responses":{"200":{}}})";

void add(Registry& registry, const std::string& pattern, const char* openapi, bool is_inline) {
  RouteSpec spec;
  spec.owner = "bench";
  spec.method = "GET";
  spec.pattern = pattern;
  spec.openapi_json = openapi;
  spec.permission = "bench.view";
  spec.is_inline = is_inline;
  spec.handler = [](const std::shared_ptr<Exchange>& exchange) {
    Response response;
    response.data_json = R"({"greeting":"hello"})";
    exchange->respond(std::move(response));
  };
  if (const auto added = registry.add_route(std::move(spec)); !added) std::puts(added.error().what());
}

// The best of several rounds: the others had company on the machine.
double nanoseconds(const std::function<void()>& work) {
  constexpr int kRounds = 7;
  constexpr int kCalls = 50'000;
  double best = 1e9;
  for (int round = 0; round < kRounds; ++round) {
    const auto start = Clock::now();
    for (int call = 0; call < kCalls; ++call) work();
    const std::chrono::duration<double, std::nano> took = Clock::now() - start;
    best = std::min(best, took.count() / kCalls);
  }
  return best;
}

RequestMessage message_for(std::string_view target) {
  RequestMessage message;
  message.method = "GET";
  message.target = target;
  message.fields = {{"Host", "127.0.0.1:8080"},
                    {"User-Agent", "bench"},
                    {"Accept", "application/json"},
                    {"Authorization", "Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.c2lnbmF0dXJl"}};
  message.peer = "127.0.0.1";
  return message;
}

void measure_pipeline(const char* name, const std::string& target, const RateLimits& limits) {
  QuietHost host;
  auto pipeline = std::make_shared<Pipeline>(host, TrustedProxies(), limits);
  Registry registry(pipeline->router(), pipeline->texts(), "bench", "1");
  add(registry, "/api/v1/hello", kPlain, false);
  add(registry, "/api/v1/quick", kPlain, true);
  add(registry, "/api/v1/servers/:id/metrics", kWithId, false);
  const auto sink = std::make_shared<Sink>();
  const double cost = nanoseconds([&] { pipeline->handle(message_for(target), Responder(sink)); });
  const double own = nanoseconds([&] {
    auto message = message_for(target);
    Responder responder(sink);
    responder.send({200, std::string(384, 'x'), std::string(64, 'x'), false});
  });
  std::printf("%-44s %8.0f ns (%.0f ns of it are the benchmark's own message)\n", name, cost, own);
  pipeline->stop();
}

void measure_router() {
  QuietHost host;
  const Texts texts(host);
  Router router;
  Registry registry(router, texts, "bench", "1");
  for (const auto* resource :
       {"users", "servers", "alerts", "tasks", "plugins", "ssh-keys", "server-groups", "roles"}) {
    const std::string base = std::string("/api/v1/") + resource;
    add(registry, base, kPlain, false);
    add(registry, base + "/:id", kWithId, false);
    add(registry, base + "/:id/metrics", kWithId, false);
  }
  const std::array<std::string_view, 5> parameter{"api", "v1", "servers", "42", "metrics"};
  const std::array<std::string_view, 3> literal{"api", "v1", "users"};
  std::printf("%-44s %8.0f ns\n", "route lookup, /api/v1/users", nanoseconds([&] { router.match("GET", literal); }));
  std::printf("%-44s %8.0f ns\n", "route lookup, /api/v1/servers/:id/metrics",
              nanoseconds([&] { router.match("GET", parameter); }));
}

}  // namespace

int main() {
  measure_router();
  measure_pipeline("pipeline, GET through the pool", "/api/v1/hello", {0, 0});
  measure_pipeline("pipeline, GET inline", "/api/v1/quick", {0, 0});
  measure_pipeline("pipeline, GET with a path parameter", "/api/v1/servers/42/metrics", {0, 0});
  measure_pipeline("pipeline, GET through the pool, limited", "/api/v1/hello", {4'000'000'000U, 10});
}
