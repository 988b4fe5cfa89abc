// What an nx_http is, and requests that are answered later.
#pragma once

#include "core/runtime/call.h"
#include "core/runtime/handle_table.h"

#include <nexus/api/exchange.h>
#include <nexus/nexus.h>

#include <memory>

namespace nexus::core {

// A request whose handler returned without an answer.
struct Deferred {
  std::shared_ptr<api::Exchange> exchange;
  std::shared_ptr<const Origin> origin;
};
using DeferredTable = HandleTable<Deferred>;

// Requests of one plugin that wait for complete at the same time; more than the edge's connections (20,000) is a plugin
// that forgets them.
inline constexpr std::uint32_t kMostDeferred = 32'768;

// What a route calls.
struct RouteTarget {
  std::shared_ptr<Owner> owner;
  std::shared_ptr<DeferredTable> deferred;
  nx_http_fn fn = nullptr;
  void* user_data = nullptr;
  bool is_inline = false;
};

// Sees to it that the exchange is answered or deferred: runs the handler here, or, for a serialised plugin, when its
// turn comes.
void run_route(const std::shared_ptr<const RouteTarget>& target, const std::shared_ptr<api::Exchange>& exchange);

// Runs `run(target, exchange)` here for a concurrent plugin, on a worker when its turn comes for a serialised one;
// answers 503 where the plugin takes nothing any more. (A template: a request of a concurrent plugin copies nothing.)
template <class Target, class Run>
void run_in_turn(Owner& owner, const std::shared_ptr<const Target>& target,
                 const std::shared_ptr<api::Exchange>& exchange, Run run) {
  if (owner.concurrent()) {
    if (const auto ticket = owner.gate().enter()) return run(target, exchange);
  } else if (owner.post([target, exchange, run] { run(target, exchange); }, Admission::bounded)) {
    return;
  }
  exchange->respond(api::Response::from(Error(Status::unavailable)));
}

// Logs and answers that a handler failed without an answer.
void fail_route(const Owner& owner, api::Exchange& exchange, const nx_call& call, nx_status status);

// Copies an answer out of the ABI. `fault` replaces a bare 50301 (see nx_call::note_storage).
api::Response to_response(const nx_response& response, std::int32_t fault);

nx_status complete_deferred(DeferredTable& table, Owner& owner, nx_handle request, const nx_response* response);
// Answers 503 to what a plugin that goes away has left.
void abandon_deferred(DeferredTable& table, Owner& owner);

}  // namespace nexus::core

// One request while its handler runs.
struct nx_http {
  const nexus::core::RouteTarget* target = nullptr;
  const std::shared_ptr<nexus::api::Exchange>* exchange = nullptr;
  const nx_call* call = nullptr;
  bool answered = false;
  nx_handle deferred = 0;
  bool may_defer = true;
};
