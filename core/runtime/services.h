// Questions between plugins: who provides what, and what has been asked and not yet answered.
#pragma once

#include "core/runtime/call.h"
#include "core/runtime/handle_table.h"
#include "core/runtime/streams.h"
#include "core/runtime/timer_queue.h"

#include <nexus/services.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace nexus::core {

inline constexpr std::size_t kServicePayloadLimit = 16 * 1024 * 1024;
// Questions of one plugin that wait for an answer: as many as requests that wait for a worker.
inline constexpr std::uint32_t kMostInvocations = 10'000;

struct ServiceSpec {
  std::string id;  // "<plugin id>.<name>/<major>"
  std::uint32_t minor = 0;
  decltype(nx_service::call) call = nullptr;
  decltype(nx_service::cancelled) cancelled = nullptr;
  decltype(nx_service::stream) stream = nullptr;
  void* self = nullptr;
};

// Thread-safe. Exactly once: an invocation ends when it is taken out of the table, which one of answer, failure,
// cancel, deadline and the end of the provider or caller does; that one posts `done`.
class Services {
 public:
  explicit Services(TimerQueue& timers);

  // False where another provides the id.
  bool provide(const std::shared_ptr<Owner>& owner, const ServiceSpec& spec);
  nx_handle bind(const Owner& owner, const std::string& id, std::uint32_t min_minor);

  nx_status invoke(nx_call& call, nx_handle binding, std::string_view method, std::string_view payload,
                   nx_service_done done, void* user_data, nx_handle* out);
  nx_status cancel(const Owner& caller, nx_handle invocation);
  nx_status complete(const Owner& provider, nx_handle request, nx_status status, std::string_view response);

  nx_status open_stream(nx_call& call, nx_handle binding, std::string_view method, std::string_view payload,
                        std::uint32_t window, const nx_stream_events& events, void* user_data, nx_handle* out);
  const Streams& streams() const noexcept { return streams_; }
  Streams& streams() noexcept { return streams_; }

  // `owner` provides nothing any more (its callers get NX_E_UNAVAILABLE), and what it asked is cancelled. Answers
  // how many questions and streams that ended. Its gate must be draining; what entered before may still ask, so repeat
  // it when idle.
  std::size_t withdraw(const Owner& owner);
  // Forgets its bindings as well.
  void forget(const Owner& owner);

 private:
  struct Provider {
    std::shared_ptr<Owner> owner;
    ServiceSpec spec;
  };
  struct Binding {
    std::string id;
    std::uint32_t min_minor = 0;
  };
  struct Invocation;

  std::shared_ptr<const Provider> find(const std::string& id, std::uint32_t min_minor) const;
  // Whom a question or a stream of `call` is for; a status where it may not be put.
  nx_status reach(const nx_call& call, nx_handle binding, std::string_view method, std::string_view payload,
                  std::shared_ptr<const Provider>& out) const;
  std::shared_ptr<Invocation> make(const nx_call& call, std::shared_ptr<const Provider> provider, nx_service_done done,
                                   void* user_data) const;
  bool dispatch(const std::shared_ptr<Invocation>& invocation, nx_handle handle, std::string_view method,
                std::string_view payload);
  void end(nx_handle handle, const std::shared_ptr<Invocation>& invocation, nx_status status, std::string_view response,
           bool tell_provider);

  TimerQueue* timers_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const Provider>, std::less<>> providers_;
  HandleTable<Binding> bindings_{1};
  HandleTable<Invocation> invocations_{2};
  Streams streams_;
};

}  // namespace nexus::core
