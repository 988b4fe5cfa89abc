// nexus.auth and nexus.clock of a FakeHost.
#pragma once

#include <nexus/testing/fake_texts.h>

#include <optional>
#include <set>

namespace nexus::testing::detail {

class FakeAuth {
 public:
  explicit FakeAuth(World& world) : world_(world) {
    world.auth = this;
    table.struct_size = sizeof table;
    table.declare_permission = &declare_permission;
    table.check = &check;
    table.provide_identity = &provide_identity;
    table.complete_identity = &complete_identity;
    table.invalidate = &invalidate;
    table.permissions = &permissions;
    table.minor = 1;
  }

  bool declared(const std::string& permission) const { return roles.contains(permission); }
  bool holds(const Principal& who, const std::string& permission) {
    const auto guard = world_.lock();
    const auto names = [&](const std::string& scope) { return scope == "*" || scope == permission; };
    if (who.scopes && std::none_of(who.scopes->begin(), who.scopes->end(), names)) return false;
    return who.role == "admin" || (roles.contains(permission) && roles[permission].contains(who.role));
  }

  Result<AuthenticationAnswer> authenticate(const std::string& credential, std::uint32_t kind,
                                            const std::string& address) {
    if (!provider) return Error(Status::unsupported, "the plugin provides no identities");
    auto& call = world_.new_call("authenticate", Principal::nobody());
    call.remote_address = address;
    const auto handle = world_.next_handle++;
    waiting[handle] = std::nullopt;
    const auto status = provider->authenticate(provider->self, call.raw(), handle, kind, to_abi(credential));
    world_.end_call(call);
    if (status != NX_OK) return Error(Status{status}, call.error);
    if (!world_.await([&] { return waiting[handle].has_value(); })) {
      world_.fail("authenticate was never completed");
      return Error(Status::timeout, "authenticate was never completed");
    }
    const auto guard = world_.lock();
    return *waiting[handle];
  }

  nx_auth_api table{};
  std::map<std::string, std::set<std::string>> roles;  // of each permission
  std::map<std::string, std::string> titles;           // catalogue key of each permission
  std::vector<Invalidation> invalidations;

 private:
  static nx_status declare_permission(nx_reg* reg, const nx_permission* given) noexcept {
    auto& world = World::of(reg);
    if (const auto status = world.enter_registration("auth.declare_permission"); status != NX_OK) return status;
    const auto permission = copy_in(*given);
    const auto name = text(permission.name);
    if (!name.starts_with(world.plugin_id + ".")) {
      world.fail("permission " + name + " does not begin with the plugin's id");
      return NX_E_INVALID;
    }
    const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.'; };
    if (!std::all_of(name.begin(), name.end(), fits)) {
      world.fail("permission " + name + " is not of [a-z0-9_.]");
      return NX_E_INVALID;
    }
    auto& roles = world.auth->roles[name];
    std::string_view rest = view(permission.default_roles);
    while (!rest.empty()) {
      const auto comma = rest.find(',');
      roles.emplace(rest.substr(0, comma));
      rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
    }
    world.auth->titles[name] = text(permission.title_key);
    return NX_OK;
  }
  static nx_status check(const nx_call* raw, nx_str permission) noexcept {
    auto& world = *FakeCall::of(raw)->world;
    if (const auto status = world.enter("auth.check"); status != NX_OK) return status;
    const auto* call = world.live(raw, "auth.check");
    if (call == nullptr) return NX_E_STALE;
    return world.auth->holds(call->who, text(permission)) ? NX_OK : NX_E_DENIED;
  }
  static nx_status provide_identity(nx_reg* reg, const nx_identity_provider* given) noexcept {
    auto& world = World::of(reg);
    if (const auto status = world.enter_registration("auth.provide_identity"); status != NX_OK) return status;
    if (world.auth->provider) return NX_E_CONFLICT;
    world.auth->provider = copy_in(*given);
    return NX_OK;
  }
  static nx_status complete_identity(const nx_host* host, nx_handle request, std::int32_t app_code,
                                     const nx_identity* identity) noexcept {
    auto& world = World::of(host);
    if (const auto status = world.enter("auth.complete_identity"); status != NX_OK) return status;
    const auto guard = world.lock();
    const auto found = world.auth->waiting.find(request);
    if (found == world.auth->waiting.end() || found->second) {
      world.fail("auth.complete_identity: nothing waits for this answer");
      return NX_E_STALE;
    }
    AuthenticationAnswer answer;
    answer.app_code = app_code;
    if (app_code == 0) {
      if (identity == nullptr || identity->principal == nullptr) return NX_E_INVALID;
      const auto who = copy_in(*identity->principal);
      answer.who = {who.user_id,        text(who.user_name), text(who.role),       text(who.session_id),
                    text(who.token_id), text(who.locale),    who.authenticated_us, who.elevated_until_us};
      if ((who.flags & NX_PRINCIPAL_SCOPED) != 0) {
        answer.who.scopes.emplace();
        for (std::uint32_t i = 0; i < who.scope_count; ++i) answer.who.scopes->push_back(text(who.scopes[i]));
      }
      answer.valid_until_us = identity->valid_until_us;
    }
    found->second = std::move(answer);
    world.notify();
    return NX_OK;
  }
  static nx_status permissions(const nx_call* raw, nx_sink out) noexcept {
    auto& world = *FakeCall::of(raw)->world;
    if (const auto status = world.enter("auth.permissions"); status != NX_OK) return status;
    const auto* call = world.live(raw, "auth.permissions");
    if (call == nullptr) return NX_E_STALE;
    Json list = Json::array();
    for (const auto& [name, held] : world.auth->roles) {
      const auto title = world.auth->titles.find(name);
      list.push_back(
          {{"name", name},
           {"title",
            title == world.auth->titles.end() ? name : world.texts->text_of(call->locale, title->second, nullptr, 0)},
           {"roles", held}});
    }
    const auto json = dump(list);
    return out.write(out.ctx, to_abi(json));
  }
  static nx_status invalidate(const nx_host* host, std::uint32_t kind, nx_str id) noexcept {
    auto& world = World::of(host);
    if (const auto status = world.enter("auth.invalidate"); status != NX_OK) return status;
    if (world.has_plugin && kind != NX_INVALIDATE_USER && !world.auth->provider) {
      world.fail("auth.invalidate: tokens and sessions are the identity provider's");
      return NX_E_DENIED;
    }
    const auto guard = world.lock();
    world.auth->invalidations.push_back({kind, text(id)});
    return NX_OK;
  }

  World& world_;
  std::optional<nx_identity_provider> provider;
  std::map<nx_handle, std::optional<AuthenticationAnswer>> waiting;
};

class FakeClock {
 public:
  explicit FakeClock(World& world) : world_(world) {
    world.clock = this;
    world.jump = [this] { return jump(); };
    world.due = [this] {
      while (!timers_.empty() && timers_.begin()->first <= world_.now_us) fire(timers_.begin());
    };
    table.struct_size = sizeof table;
    table.now_us = [](const nx_host* host) noexcept {
      const auto guard = World::of(host).lock();
      return World::of(host).now_us;
    };
    table.monotonic_us = [](const nx_host* host) noexcept { return World::of(host).monotonic_us(); };
    table.after = &after;
    table.cancel = &cancel;
  }

  // Runs what becomes due, in order, and what follows from it.
  void advance(std::int64_t microseconds) {
    const auto target = world_.now_us + microseconds;
    for (;;) {
      {
        const auto guard = world_.lock();
        const auto next = timers_.begin();
        if (next == timers_.end() || next->first > target) break;
        world_.now_us = std::max(world_.now_us, next->first);
        fire(next);
      }
      world_.settle();
    }
    const auto guard = world_.lock();
    world_.now_us = target;
  }

  std::size_t pending() const {
    const auto guard = world_.lock();
    return timers_.size();
  }

  // The plugin stops: every timer runs with no call.
  void drop_all() {
    for (;;) {
      Timer timer;
      {
        const auto guard = world_.lock();
        if (timers_.empty()) return;
        timer = timers_.begin()->second;
        timers_.erase(timers_.begin());
      }
      timer.fn(timer.user_data, nullptr);
    }
  }

  nx_clock_api table{};

 private:
  struct Timer {
    nx_handle handle = 0;
    nx_timer_fn fn = nullptr;
    void* user_data = nullptr;
  };
  using Timers = std::multimap<std::int64_t, Timer>;
  static constexpr std::size_t kMaxTimers = 10'000;  // as clock.h says
  static constexpr std::int64_t kDeadlineUs = 60 * kMicrosecondsPerSecond;

  void fire(Timers::iterator at) {
    const auto timer = at->second;
    timers_.erase(at);
    world_.enqueue([this, timer] {
      auto& call = world_.new_call("timer", Principal::nobody());
      call.deadline_us = world_.monotonic_us() + kDeadlineUs;
      timer.fn(timer.user_data, call.raw());
      world_.end_call(call);
    });
  }
  // Under the lock.
  bool jump() {
    if (timers_.empty()) return false;
    world_.now_us = std::max(world_.now_us, timers_.begin()->first);
    fire(timers_.begin());
    return true;
  }

  static nx_status after(const nx_host* host, std::int64_t delay_us, nx_timer_fn fn, void* user_data,
                         nx_handle* out) noexcept {
    auto& world = World::of(host);
    if (const auto status = world.enter("clock.after"); status != NX_OK) return status;
    const auto guard = world.lock();
    auto& timers = world.clock->timers_;
    if (timers.size() >= kMaxTimers) return NX_E_LIMIT;
    const Timer timer{world.next_handle++, fn, user_data};
    timers.emplace(world.now_us + std::max<std::int64_t>(0, delay_us), timer);
    if (out != nullptr) *out = timer.handle;
    world.notify();
    return NX_OK;
  }
  static nx_status cancel(const nx_host* host, nx_handle handle) noexcept {
    auto& world = World::of(host);
    if (const auto status = world.enter("clock.cancel"); status != NX_OK) return status;
    const auto guard = world.lock();
    auto& timers = world.clock->timers_;
    const auto found =
        std::find_if(timers.begin(), timers.end(), [&](const auto& t) { return t.second.handle == handle; });
    if (found == timers.end()) return NX_E_STALE;
    const auto timer = found->second;
    timers.erase(found);
    world.enqueue([timer] { timer.fn(timer.user_data, nullptr); });
    return NX_OK;
  }

  World& world_;
  Timers timers_;
};

}  // namespace nexus::testing::detail
