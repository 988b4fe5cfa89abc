// From a complete request to its handler: the list of steps that every request takes.
#pragma once

#include "client_address.h"
#include "deadlines.h"
#include "rate_limiter.h"
#include "request.h"
#include "route_tree.h"
#include "texts.h"
#include "ws/hub.h"

#include <nexus/api/hooks.h>
#include <nexus/api/http_engine.h>
#include <nexus/api/server.h>

#include <atomic>
#include <memory>

namespace nexus::api {

// Shared by the server and by each request, so that a late answer finds it.
class Pipeline : public std::enable_shared_from_this<Pipeline> {
 public:
  // WebSockets live on so many threads, and there are at most as many.
  Pipeline(Hooks& hooks, TrustedProxies proxies, const RateLimits& limits, unsigned socket_threads = 1,
           std::size_t most_sockets = EngineLimits().connections);

  // Runs on an I/O thread.
  void handle(RequestMessage&& message, Responder&& responder) noexcept;
  // The answer to something that never became a request.
  AnswerMessage refusal(int http_status, std::int32_t app_code, std::string_view accept_language) const noexcept;
  void set_rate_limits(const RateLimits& limits) noexcept;
  // Ends the timer thread, after which no request times out, and cuts off what WebSockets there are.
  void stop() {
    sockets_->finish_drain(Clock::now());
    deadlines_.stop();
  }

  Router& router() noexcept { return router_; }
  Hooks& hooks() noexcept { return hooks_; }
  const Texts& texts() const noexcept { return texts_; }
  Deadlines& deadlines() noexcept { return deadlines_; }
  ws::Hub& sockets() noexcept { return *sockets_; }

 private:
  enum class Next { go_on, stop };  // stop: the request is answered, or goes on elsewhere
  using Step = Next (Pipeline::*)(Request& request);
  static const std::array<Step, 10> kSteps;

  void run(Request& request, std::size_t first) noexcept;
  Next read_target(Request& request);
  Next match_route(Request& request);
  Next limit_body(Request& request);
  Next authenticate(Request& request);
  Next limit_rate(Request& request);
  Next authorize(Request& request);
  Next check_upgrade(Request& request);
  Next check_parameters(Request& request);
  Next limit_sockets(Request& request);
  Next dispatch(Request& request);

  void find_client(Request& request) const;
  Next find_out(Request& request, CredentialKind kind, std::string_view credential);
  bool accept(Request& request, const Authentication& authentication);
  bool admit(Request& request);
  void resume(const std::shared_ptr<Request>& request, const Authentication& authentication) noexcept;
  void call_handler(Request& request) noexcept;
  Next refuse(Request& request, const Refusal& refusal);
  Next refuse(Request& request, std::int32_t app_code);
  bool enter_auth(Request& request);
  bool post(Request& request) noexcept;
  void start_timer(Request& request);

  Hooks& hooks_;
  const TrustedProxies proxies_;
  const Texts texts_;
  Router router_;
  Deadlines deadlines_;
  std::atomic<std::uint32_t> general_limit_;
  std::atomic<std::uint32_t> auth_limit_;
  std::atomic<std::uint32_t> socket_limit_;
  const std::shared_ptr<ws::Hub> sockets_;
  // What held a slot keeps it alive: an answer may come after the pipeline.
  const std::shared_ptr<std::atomic<std::uint32_t>> auth_in_flight_ = std::make_shared<std::atomic<std::uint32_t>>(0);
  // Apart, so that a flood of addresses cannot push out users.
  RateLimiter users_;
  RateLimiter addresses_;
  RateLimiter auth_addresses_;
};

}  // namespace nexus::api
