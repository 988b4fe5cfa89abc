// nexus.call of a FakeHost.
#pragma once

#include <nexus/testing/world.h>

namespace nexus::testing::detail {

class FakeCalls {
 public:
  explicit FakeCalls(World& world) : world_(world) {
    table.struct_size = sizeof table;
    table.principal = [](const nx_call* raw) noexcept -> const nx_principal* {
      return &known(raw, "call.principal").abi;
    };
    table.request_id = [](const nx_call* raw) noexcept { return to_abi(known(raw, "call.request_id").request_id); };
    table.trace_parent = [](const nx_call* raw) noexcept {
      known(raw, "call.trace_parent");
      return nx_str{nullptr, 0};
    };
    table.locale = [](const nx_call* raw) noexcept { return to_abi(known(raw, "call.locale").locale); };
    table.remote_address = [](const nx_call* raw) noexcept {
      return present_or_absent(known(raw, "call.remote_address").remote_address);
    };
    table.caller_plugin = [](const nx_call* raw) noexcept {
      return present_or_absent(known(raw, "call.caller_plugin").caller_plugin);
    };
    table.remaining_us = &remaining_us;
    table.cancelled = [](const nx_call* raw) noexcept -> std::uint32_t {
      return known(raw, "call.cancelled").cancelled ? 1 : 0;
    };
    table.set_error = [](nx_call* raw, nx_str reason) noexcept { known(raw, "call.set_error").error = text(reason); };
    table.child = &child;
    table.background = &background;
    table.release = &release;
  }

  // Calls that the plugin made and never released.
  void check_released() {
    const auto guard = world_.lock();
    for (const auto& call : world_.calls) {
      if (call->live && call->owned_by_plugin) world_.fail("the call of \"" + call->name + "\" was never released");
    }
  }

  nx_call_api table{};

 private:
  // Also for a call that has ended: its memory is kept.
  static FakeCall& known(const nx_call* raw, const char* function) noexcept {
    auto& call = *FakeCall::of(raw);
    call.world->live(raw, function);
    return call;
  }
  static nx_str present_or_absent(const std::string& value) noexcept {
    return value.empty() ? nx_str{nullptr, 0} : to_abi(value);
  }
  static std::int64_t remaining_us(const nx_call* raw) noexcept {
    const auto& call = known(raw, "call.remaining_us");
    if (call.deadline_us == std::numeric_limits<std::int64_t>::max()) return call.deadline_us;
    return call.deadline_us - call.world->monotonic_us();
  }
  static nx_status child(const nx_call* raw, nx_call** out) noexcept {
    auto& world = *FakeCall::of(raw)->world;
    if (const auto status = world.enter("call.child"); status != NX_OK) return status;
    const auto* parent = world.live(raw, "call.child");
    if (parent == nullptr) return NX_E_STALE;
    auto& call = world.new_child(*parent, "child of " + parent->name);
    call.owned_by_plugin = true;
    *out = call.raw();
    return NX_OK;
  }
  static nx_status background(const nx_host* host, nx_str reason, std::int64_t timeout_us, nx_call** out) noexcept {
    auto& world = World::of(host);
    if (const auto status = world.enter("call.background"); status != NX_OK) return status;
    auto& call = world.new_call(text(reason), Principal::nobody());
    call.owned_by_plugin = true;
    if (timeout_us > 0) call.deadline_us = world.monotonic_us() + timeout_us;
    *out = call.raw();
    return NX_OK;
  }
  static void release(nx_call* raw) noexcept {
    auto& world = *FakeCall::of(raw)->world;
    auto* call = world.live(raw, "call.release");
    if (call == nullptr) return;
    if (!call->owned_by_plugin) return world.fail("call.release: \"" + call->name + "\" belongs to the host");
    world.end_call(*call);
  }

  World& world_;
};

}  // namespace nexus::testing::detail
