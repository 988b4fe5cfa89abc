#include "core/runtime/services.h"

#include <nexus/cpp/str.h>
#include <nexus/log.h>

#include <vector>

namespace nexus::core {

struct Services::Invocation {
  std::shared_ptr<Owner> caller;
  std::shared_ptr<const Provider> provider;
  std::shared_ptr<const Origin> origin;  // of the caller's call
  std::shared_ptr<std::atomic<bool>> given_up = std::make_shared<std::atomic<bool>>(false);
  nx_service_done done = nullptr;
  void* user_data = nullptr;
  std::atomic<std::uint64_t> timer{0};

  ~Invocation() {
    if (caller != nullptr) caller->invocations.fetch_sub(1);
  }
};

namespace {

// What a provider sees of the call that asks it.
std::shared_ptr<Origin> asked_by(const std::string& plugin, const Origin& from) {
  auto origin = same_client(from);
  origin->caller_plugin = plugin;
  origin->principal = from.principal;
  origin->deadline = from.deadline;
  return origin;
}

nx_status why_refused(Owner& provider) {
  return provider.gate().state() == InFlight::State::open ? NX_E_BUSY : NX_E_UNAVAILABLE;
}

}  // namespace

Services::Services(TimerQueue& timers) : timers_(&timers) {}

bool Services::provide(const std::shared_ptr<Owner>& owner, const ServiceSpec& spec) {
  auto provider = std::make_shared<const Provider>(Provider{owner, spec});
  const std::lock_guard lock(mutex_);
  return providers_.emplace(spec.id, std::move(provider)).second;
}

nx_handle Services::bind(const Owner& owner, const std::string& id, std::uint32_t min_minor) {
  return bindings_.insert(owner, std::make_shared<Binding>(Binding{id, min_minor}));
}

std::shared_ptr<const Services::Provider> Services::find(const std::string& id, std::uint32_t min_minor) const {
  const std::lock_guard lock(mutex_);
  const auto found = providers_.find(id);
  return found == providers_.end() || found->second->spec.minor < min_minor ? nullptr : found->second;
}

std::shared_ptr<Services::Invocation> Services::make(const nx_call& call, std::shared_ptr<const Provider> provider,
                                                     nx_service_done done, void* user_data) const {
  auto& caller = call.owner();
  if (caller.invocations.fetch_add(1) >= kMostInvocations) {
    caller.invocations.fetch_sub(1);
    return nullptr;
  }
  auto invocation = std::make_shared<Invocation>();
  invocation->caller = caller.shared_from_this();
  invocation->provider = std::move(provider);
  invocation->origin = call.origin();
  invocation->done = done;
  invocation->user_data = user_data;
  return invocation;
}

nx_status Services::reach(const nx_call& call, nx_handle binding, std::string_view method, std::string_view payload,
                          std::shared_ptr<const Provider>& out) const {
  if (call.phase() == Phase::registration) return NX_E_PHASE;
  if (payload.size() > kServicePayloadLimit || method.size() > kServicePayloadLimit) return NX_E_LIMIT;
  const auto bound = bindings_.find(binding);
  if (bound == nullptr) return NX_E_STALE;
  if (call.deadline() <= std::chrono::steady_clock::now()) return NX_E_TIMEOUT;
  out = find(bound->id, bound->min_minor);
  return out == nullptr ? NX_E_UNAVAILABLE : NX_OK;
}

nx_status Services::invoke(nx_call& call, nx_handle binding, std::string_view method, std::string_view payload,
                           nx_service_done done, void* user_data, nx_handle* out) {
  if (done == nullptr) return NX_E_INVALID;
  // The caller's gate stays entered until the question is in the table: who withdraws the caller either refuses it here
  // or finds it there.
  const auto ticket = call.owner().gate().enter();
  if (!ticket) return NX_E_UNAVAILABLE;
  std::shared_ptr<const Provider> provider;
  if (const auto status = reach(call, binding, method, payload, provider); status != NX_OK) return status;
  const auto invocation = make(call, std::move(provider), done, user_data);
  if (invocation == nullptr) return NX_E_BUSY;
  const auto handle = invocations_.insert(call.owner(), invocation);
  if (handle == 0) return NX_E_BUSY;
  if (out != nullptr) *out = handle;
  if (dispatch(invocation, handle, method, payload)) return NX_OK;
  // Refused: where somebody else ended it meanwhile, `done` was promised.
  if (invocations_.take(handle) == nullptr) return NX_OK;
  if (const auto timer = invocation->timer.load()) timers_->cancel(timer);
  return why_refused(*invocation->provider->owner);
}

nx_status Services::open_stream(nx_call& call, nx_handle binding, std::string_view method, std::string_view payload,
                                std::uint32_t window, const nx_stream_events& events, void* user_data, nx_handle* out) {
  if (out == nullptr || !is_complete(events)) return NX_E_INVALID;
  const auto ticket = call.owner().gate().enter();
  if (!ticket) return NX_E_UNAVAILABLE;
  std::shared_ptr<const Provider> provider;
  if (const auto status = reach(call, binding, method, payload, provider); status != NX_OK) return status;
  if (provider->spec.stream == nullptr) return NX_E_UNSUPPORTED;
  if (window > kWidestWindow) return NX_E_LIMIT;
  const auto stream = streams_.open(call.owner(), *provider->owner, window, events, user_data);
  if (stream == nullptr) return NX_E_BUSY;
  *out = stream->handle(Stream::Side::opener);
  auto run = [this, stream, provider, from = call.origin(), asker = call.owner().id(), method = std::string(method),
              payload = std::string(payload)] {
    nx_call accept(*provider->owner, Phase::work, asked_by(asker, *from));
    nx_stream_events taken{};
    taken.struct_size = sizeof taken;
    void* its_data = nullptr;
    const auto handle = stream->handle(Stream::Side::provider);
    const auto status = provider->owner->call_down("stream", accept.request_id(), [&] {
      return provider->spec.stream(provider->spec.self, &accept, handle, to_abi(method), to_abi(payload), &taken,
                                   &its_data);
    });
    if (status == NX_OK && is_complete(taken)) return stream->accept(copy_struct(&taken), its_data);
    streams_.close(*provider->owner, handle, status == NX_OK ? NX_E_INTERNAL : status, accept.error());
  };
  if (provider->owner->post(std::move(run), Admission::bounded)) return NX_OK;
  return streams_.abandon(*stream) ? why_refused(*provider->owner) : NX_OK;
}

bool Services::dispatch(const std::shared_ptr<Invocation>& invocation, nx_handle handle, std::string_view method,
                        std::string_view payload) {
  if (invocation->origin->deadline != kNoDeadline) {
    invocation->timer = timers_->schedule(invocation->origin->deadline, [this, handle] {
      if (const auto late = invocations_.take(handle)) end(handle, late, NX_E_TIMEOUT, "the deadline passed", true);
    });
  }
  auto run = [this, invocation, handle, method = std::string(method), payload = std::string(payload)] {
    if (invocation->given_up->load()) return;
    const auto& provider = *invocation->provider;
    const auto& from = *invocation->origin;
    auto origin = asked_by(invocation->caller->id(), from);
    origin->given_up = invocation->given_up;
    nx_call call(*provider.owner, Phase::work, std::move(origin));
    const auto status = provider.owner->call_down("service", call.request_id(), [&] {
      return provider.spec.call(provider.spec.self, &call, handle, to_abi(method), to_abi(payload));
    });
    if (status == NX_OK) return;
    if (const auto failed = invocations_.take(handle)) end(handle, failed, status, call.error(), false);
  };
  return invocation->provider->owner->post(std::move(run), Admission::bounded);
}

// Whoever took the invocation out of the table calls this, once.
void Services::end(nx_handle handle, const std::shared_ptr<Invocation>& invocation, nx_status status,
                   std::string_view response, bool tell_provider) {
  invocation->given_up->store(true);
  if (const auto timer = invocation->timer.load()) timers_->cancel(timer);
  if (tell_provider && invocation->provider->spec.cancelled != nullptr) {
    invocation->provider->owner->post(
        [invocation, handle] {
          const auto& provider = *invocation->provider;
          provider.owner->call_down("cancelled", invocation->origin->request_id, [&] {
            provider.spec.cancelled(provider.spec.self, handle);
            return nx_status{NX_OK};
          });
        },
        Admission::always);
  }
  const bool promised = invocation->caller->post(
      [invocation, status, response = std::string(response)] {
        auto& caller = *invocation->caller;
        nx_call call(caller, Phase::work, invocation->origin);
        caller.call_down("done", call.request_id(), [&] {
          invocation->done(invocation->user_data, &call, status, to_abi(response));
          return nx_status{NX_OK};
        });
        if (!call.error().empty()) {
          caller.log(NX_LOG_WARNING, "the plugin could not take an answer", call.error(), call.request_id());
        }
      },
      Admission::always);
  if (!promised) {
    invocation->caller->log(NX_LOG_WARNING, "an answer came after the plugin was closed",
                            invocation->provider->spec.id);
  }
}

nx_status Services::cancel(const Owner& caller, nx_handle handle) {
  const auto found = invocations_.find(handle);
  if (found == nullptr || found->caller.get() != &caller) return NX_E_STALE;
  const auto taken = invocations_.take(handle);
  if (taken == nullptr) return NX_E_STALE;
  end(handle, taken, NX_E_CANCELLED, "cancelled by the caller", true);
  return NX_OK;
}

nx_status Services::complete(const Owner& provider, nx_handle handle, nx_status status, std::string_view response) {
  if (response.size() > kServicePayloadLimit) return NX_E_LIMIT;
  const auto found = invocations_.find(handle);
  if (found == nullptr || found->provider->owner.get() != &provider) return NX_E_STALE;
  const auto taken = invocations_.take(handle);
  if (taken == nullptr) return NX_E_STALE;
  end(handle, taken, status > 0 ? NX_E_INTERNAL : status, response, false);
  return NX_OK;
}

std::size_t Services::withdraw(const Owner& owner) {
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(providers_, [&](const auto& entry) { return entry.second->owner.get() == &owner; });
  }
  const auto left = invocations_.take_if([&](const Owner& caller, const Invocation& invocation) {
    return &caller == &owner || invocation.provider->owner.get() == &owner;
  });
  for (const auto& [handle, invocation] : left) {
    const bool asked = invocation->caller.get() == &owner;
    end(handle, invocation, asked ? NX_E_CANCELLED : NX_E_UNAVAILABLE,
        asked ? "the plugin is stopping" : "the provider is stopping", true);
  }
  return left.size() + streams_.withdraw(owner);
}

void Services::forget(const Owner& owner) {
  withdraw(owner);
  bindings_.take_owner(owner);
}

}  // namespace nexus::core
