#include "pipeline.h"
#include "registry.h"

#include <nexus/api/server.h>

namespace nexus::api {
namespace {

class EdgeServer final : public Server {
 public:
  EdgeServer(std::shared_ptr<Pipeline> pipeline, const ServerOptions& options)
      : pipeline_(std::move(pipeline)),
        registry_(pipeline_->router(), pipeline_->texts(), options.title, options.version) {}

  // The engine first: then nothing arrives any more. Requests that are still being handled keep the pipeline.
  ~EdgeServer() override {
    engine_.reset();
    pipeline_->stop();
  }

  Result<void> listen(const EngineOptions& options) {
    EngineHandlers handlers;
    handlers.request = [pipeline = pipeline_](RequestMessage&& message, Responder&& responder) {
      pipeline->handle(std::move(message), std::move(responder));
    };
    handlers.refusal = [pipeline = pipeline_](int status, std::int32_t app_code, std::string_view accept_language) {
      return pipeline->refusal(status, app_code, accept_language);
    };
    NEXUS_ASSIGN(engine_, HttpEngine::listen(options, std::move(handlers)));
    return {};
  }

  Result<void> add_route(RouteSpec route) override { return registry_.add_route(std::move(route)); }
  Result<void> add_schemas(const std::string& owner, std::string_view schemas_json) override {
    return registry_.add_schemas(owner, schemas_json);
  }
  void remove_owner(const std::string& owner) override { registry_.remove_owner(owner); }
  void suspend_owner(const std::string& owner, const std::vector<RoutePlace>& places) override {
    registry_.suspend_owner(owner, places);
  }

  void start() override { engine_->start(); }
  std::uint16_t port() const noexcept override { return engine_->port(); }
  // WebSockets leave while the engine drains; it gives up no socket any more once it has.
  bool drain(Clock::time_point deadline) override {
    pipeline_->sockets().begin_drain();
    const bool clean = engine_->drain(deadline);
    return pipeline_->sockets().finish_drain(deadline) && clean;
  }
  void set_rate_limits(const RateLimits& limits) override { pipeline_->set_rate_limits(limits); }
  std::shared_ptr<const std::string> openapi() const override { return registry_.openapi(); }
  void close_websockets(const std::function<bool(const Principal&)>& matches, std::uint16_t code,
                        std::string_view reason) override {
    pipeline_->sockets().close(matches, code, reason);
  }
  std::size_t websockets() const noexcept override { return pipeline_->sockets().open(); }
  EngineCounters counters() const noexcept override { return engine_->counters(); }

 private:
  std::shared_ptr<Pipeline> pipeline_;
  Registry registry_;
  std::unique_ptr<HttpEngine> engine_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::create(const ServerOptions& options, Hooks& hooks) {
  NEXUS_ASSIGN(auto proxies, TrustedProxies::parse(options.trusted_proxies));
  auto pipeline = std::make_shared<Pipeline>(hooks, std::move(proxies), options.rate_limits, options.engine.threads,
                                             options.engine.limits.connections);
  auto server = std::make_unique<EdgeServer>(std::move(pipeline), options);
  NEXUS_TRY(server->listen(options.engine));
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace nexus::api
