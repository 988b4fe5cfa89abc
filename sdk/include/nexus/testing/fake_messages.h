// nexus.events and nexus.services of a FakeHost.
#pragma once

#include <nexus/testing/world.h>

#include <optional>

namespace nexus::testing {

// A service that the test plays: answers a method's payload.
using FakeService = std::function<Result<std::string>(std::string_view method, std::string_view payload)>;

namespace detail {

class FakeMessages {
 public:
  explicit FakeMessages(World& world) : world_(world) {
    world.messages = this;
    events_table.struct_size = sizeof events_table;
    events_table.declare_topic = &declare_topic;
    events_table.subscribe = &subscribe;
    events_table.publish = &publish;
    services_table.struct_size = sizeof services_table;
    services_table.provide = &provide;
    services_table.bind = &bind;
    services_table.invoke = &invoke;
    services_table.cancel = &cancel;
    services_table.complete = &complete;
  }

  struct Subscription {
    std::string pattern;
    nx_event_fn fn = nullptr;
    void* user_data = nullptr;
  };
  struct Service {
    std::string id;
    nx_service raw{};
  };
  struct Need {
    std::string id;
    bool optional = false;
  };

  // Queues an event for every subscription that it fits.
  void deliver(const std::string& topic, const std::string& key, const std::string& payload,
               const std::string& source) {
    const auto guard = world_.lock();
    const auto sequence = ++sequence_;
    for (const auto& subscription : subscriptions) {
      if (!fits(subscription.pattern, topic)) continue;
      world_.enqueue([=, this] {
        auto& call = world_.new_call("event " + topic, Principal::nobody());
        nx_event event{};
        event.struct_size = sizeof event;
        event.topic = to_abi(topic);
        event.key = to_abi(key);
        event.payload = to_abi(payload);
        event.sequence = sequence;
        event.time_us = world_.now_us;
        event.source = to_abi(source);
        event.request_id = to_abi(call.request_id);
        subscription.fn(subscription.user_data, call.raw(), &event);
        world_.end_call(call);
      });
    }
  }

  // Asks a service of the plugin and waits for its answer.
  Result<std::string> ask(const std::string& id, const std::string& method, const std::string& payload,
                          const Principal& who, const std::string& caller) {
    const auto found = std::find_if(services.begin(), services.end(), [&](const auto& s) { return s.id == id; });
    if (found == services.end()) return Error(Status::unavailable, "the plugin does not provide " + id);
    auto& call = world_.new_call(id + " " + method, who);
    call.caller_plugin = caller;
    const auto handle = world_.next_handle++;
    questions_[handle] = {};
    const auto status = found->raw.call(found->raw.self, call.raw(), handle, to_abi(method), to_abi(payload));
    world_.end_call(call);
    if (status != NX_OK) {
      if (questions_[handle]) world_.fail(id + " " + method + " failed and answered as well");
      return Error(Status{status}, call.error);
    }
    if (!world_.await([&] { return questions_[handle].has_value(); })) {
      world_.fail(id + " " + method + " was never answered");
      return Error(Status::timeout, "never answered");
    }
    world_.settle();
    const auto guard = world_.lock();
    return *questions_[handle];
  }

  // A service that the plugin must have and nobody plays; empty where there is none.
  std::string missing() const {
    for (const auto& [handle, need] : needs) {
      if (!need.optional && !fakes.contains(need.id)) return need.id;
    }
    return {};
  }

  nx_events_api events_table{};
  nx_services_api services_table{};
  std::map<std::string, Json> topics;
  std::vector<Subscription> subscriptions;
  std::vector<PublishedEvent> published;
  std::vector<Service> services;
  std::map<nx_handle, Need> needs;
  std::map<std::string, FakeService> fakes;

 private:
  struct Invocation {
    std::string id, method, payload;
    nx_service_done done = nullptr;
    void* user_data = nullptr;
    FakeCall* call = nullptr;
    bool cancelled = false;
  };

  static bool fits(const std::string& pattern, const std::string& topic) {
    return pattern == "*" || pattern == topic ||
           (pattern.ends_with(".*") && topic.starts_with(pattern.substr(0, pattern.size() - 1)));
  }

  static nx_status declare_topic(nx_reg* reg, const nx_topic* given) noexcept {
    auto& world = World::of(reg);
    if (const auto status = world.enter_registration("events.declare_topic"); status != NX_OK) return status;
    const auto raw = copy_in(*given);
    const auto name = text(raw.name);
    const auto parsed = Json::parse(view(raw.schema_json), nullptr, false);
    if (!name.starts_with(world.plugin_id + ".") || name.find('/') == std::string::npos || parsed.is_discarded()) {
      world.fail("topic " + name + " needs the form \"" + world.plugin_id + ".<fact>/<revision>\" and a JSON Schema");
      return NX_E_INVALID;
    }
    world.messages->topics[name] = parsed;
    return NX_OK;
  }
  static nx_status subscribe(nx_reg* reg, const nx_subscription* given) noexcept {
    auto& world = World::of(reg);
    if (const auto status = world.enter_registration("events.subscribe"); status != NX_OK) return status;
    const auto raw = copy_in(*given);
    world.messages->subscriptions.push_back({text(raw.pattern), raw.fn, raw.user_data});
    return NX_OK;
  }
  static nx_status publish(const nx_host* host, const nx_call* raw_call, const nx_event* given) noexcept {
    auto& world = World::of(host);
    if (const auto status = world.enter("events.publish"); status != NX_OK) return status;
    const auto guard = world.lock();
    const auto event = copy_in(*given);
    PublishedEvent fact{text(event.topic), text(event.key), Json::parse(view(event.payload), nullptr, false), {}};
    if (!world.messages->topics.contains(fact.topic)) {
      world.fail("events.publish: the plugin did not declare " + fact.topic);
      return NX_E_NOT_FOUND;
    }
    if (fact.payload.is_discarded()) {
      world.fail("events.publish: the payload of " + fact.topic + " is no JSON");
      return NX_E_INVALID;
    }
    if (raw_call != nullptr) {
      const auto* call = world.live(raw_call, "events.publish");
      if (call == nullptr) return NX_E_STALE;
      fact.request_id = call->request_id;
    }
    world.messages->deliver(fact.topic, fact.key, text(event.payload), world.plugin_id);
    world.messages->published.push_back(std::move(fact));
    return NX_OK;
  }

  static nx_status provide(nx_reg* reg, const nx_service* given) noexcept {
    auto& world = World::of(reg);
    if (const auto status = world.enter_registration("services.provide"); status != NX_OK) return status;
    const auto raw = copy_in(*given);
    world.messages->services.push_back({text(raw.id), raw});
    return NX_OK;
  }
  static nx_status bind(nx_reg* reg, nx_str id, std::uint32_t, std::uint32_t flags, nx_handle* out) noexcept {
    auto& world = World::of(reg);
    if (const auto status = world.enter_registration("services.bind"); status != NX_OK) return status;
    *out = world.next_handle++;
    world.messages->needs[*out] = {text(id), (flags & NX_BIND_OPTIONAL) != 0};
    return NX_OK;
  }
  static nx_status invoke(nx_call* raw, nx_handle binding, nx_str method, nx_str payload, nx_service_done done,
                          void* user_data, nx_handle* out) noexcept {
    auto& world = *FakeCall::of(raw)->world;
    if (const auto status = world.enter("services.invoke"); status != NX_OK) return status;
    const auto guard = world.lock();
    const auto* call = world.live(raw, "services.invoke");
    if (call == nullptr) return NX_E_STALE;
    auto& me = *world.messages;
    const auto need = me.needs.find(binding);
    if (need == me.needs.end()) {
      world.fail("services.invoke: no such binding");
      return NX_E_STALE;
    }
    if (!me.fakes.contains(need->second.id)) return NX_E_UNAVAILABLE;
    const auto handle = world.next_handle++;
    auto& child = world.new_child(*call, "answer of " + need->second.id);
    me.invocations_[handle] = {need->second.id, text(method), text(payload), done, user_data, &child, false};
    if (out != nullptr) *out = handle;
    world.enqueue([&me, handle] { me.answer(handle); });
    return NX_OK;
  }

  void answer(nx_handle handle) {
    auto guard = world_.lock();
    const auto invocation = invocations_[handle];
    invocations_.erase(handle);
    const auto fake = fakes[invocation.id];
    guard.unlock();
    const auto late = world_.monotonic_us() > invocation.call->deadline_us;
    const auto result = invocation.cancelled ? Result<std::string>(Error(Status::cancelled))
                        : late               ? Result<std::string>(Error(Status::timeout))
                                             : fake(invocation.method, invocation.payload);
    const auto status = result.ok() ? NX_OK : static_cast<nx_status>(result.error().status());
    const std::string response = result.ok() ? result.value() : result.error().what();
    invocation.done(invocation.user_data, invocation.call->raw(), status, to_abi(response));
    world_.end_call(*invocation.call);
  }

  static nx_status cancel(const nx_host* host, nx_handle handle) noexcept {
    auto& world = World::of(host);
    if (const auto status = world.enter("services.cancel"); status != NX_OK) return status;
    const auto guard = world.lock();
    const auto found = world.messages->invocations_.find(handle);
    if (found == world.messages->invocations_.end()) return NX_E_STALE;
    found->second.cancelled = true;
    return NX_OK;
  }
  static nx_status complete(const nx_host* host, nx_handle request, nx_status answer, nx_str response) noexcept {
    auto& world = World::of(host);
    if (const auto status = world.enter("services.complete"); status != NX_OK) return status;
    const auto guard = world.lock();
    const auto found = world.messages->questions_.find(request);
    if (found == world.messages->questions_.end() || found->second) {
      world.fail("services.complete: nothing waits for this answer");
      return NX_E_STALE;
    }
    if (answer == NX_OK) {
      found->second = Result<std::string>(text(response));
    } else {
      found->second = Result<std::string>(Error(Status{answer}, text(response)));
    }
    world.notify();
    return NX_OK;
  }

  World& world_;
  std::uint64_t sequence_ = 0;
  std::map<nx_handle, Invocation> invocations_;
  std::map<nx_handle, std::optional<Result<std::string>>> questions_;
};

}  // namespace detail
}  // namespace nexus::testing
