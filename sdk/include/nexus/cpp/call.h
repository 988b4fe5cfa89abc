// One unit of work, seen from C++.
#pragma once

#include <nexus/cpp/host.h>

#include <array>
#include <chrono>
#include <limits>
#include <span>
#include <utility>
#include <vector>

namespace nexus {

// Borrowed view of an nx_call; lives as long as the callback that it was given to.
class Call {
 public:
  Call(const Host& host, nx_call* raw) noexcept : host_(&host), raw_(raw) {}

  const Host& host() const noexcept { return *host_; }
  nx_call* raw() const noexcept { return raw_; }

  const nx_principal& principal() const noexcept { return *host_->call->principal(raw_); }
  std::int64_t user_id() const noexcept { return principal().user_id; }
  std::string_view role() const noexcept { return view(principal().role); }
  bool is_admin() const noexcept { return role() == "admin"; }

  std::string_view request_id() const noexcept { return view(host_->call->request_id(raw_)); }
  std::string_view locale() const noexcept { return view(host_->call->locale(raw_)); }
  std::string_view remote_address() const noexcept { return view(host_->call->remote_address(raw_)); }
  std::string_view caller_plugin() const noexcept { return view(host_->call->caller_plugin(raw_)); }
  bool cancelled() const noexcept { return host_->call->cancelled(raw_) != 0; }

  // Time left; zero when the deadline has passed, microseconds::max() where there is none.
  std::chrono::microseconds remaining() const noexcept {
    const auto left = host_->call->remaining_us(raw_);
    return std::chrono::microseconds(left < 0 ? 0 : left);
  }

  bool allowed(std::string_view permission) const noexcept {
    return host_->auth->check(raw_, to_abi(permission)) == NX_OK;
  }

  // The text of a catalogue key in the caller's language.
  std::string translate(std::string_view key, std::span<const TextArg> args = {}) const {
    std::vector<nx_kv> values;
    values.reserve(args.size());
    for (const auto& arg : args) values.push_back({to_abi(arg.name), to_value(std::string_view(arg.value))});
    std::string text;
    host_->i18n->translate(raw_, to_abi(key), values.data(), static_cast<std::uint32_t>(values.size()),
                           append_to(text));
    return text;
  }

  void set_error(std::string_view reason) noexcept { host_->call->set_error(raw_, to_abi(reason)); }

 private:
  const Host* host_;
  nx_call* raw_;
};

// A call that this plugin owns: for work that goes on behind a callback. Movable; ends on destruction.
class OwnedCall {
 public:
  // A child: same principal, language, request id and deadline as `parent`.
  static Result<OwnedCall> child(const Call& parent) {
    nx_call* raw = nullptr;
    if (const auto status = parent.host().call->child(parent.raw(), &raw); status != NX_OK) {
      return Error(Status{status}, "no child call");
    }
    return OwnedCall(parent.host(), raw);
  }

  // Work of the plugin itself; a zero time-out is none.
  static Result<OwnedCall> background(const Host& host, std::string_view reason, std::chrono::microseconds timeout) {
    nx_call* raw = nullptr;
    if (const auto status = host.call->background(host.raw, to_abi(reason), timeout.count(), &raw); status != NX_OK) {
      return Error(Status{status}, "no background call");
    }
    return OwnedCall(host, raw);
  }

  OwnedCall(OwnedCall&& other) noexcept : call_(other.call_), owned_(std::exchange(other.owned_, false)) {}
  OwnedCall& operator=(OwnedCall&& other) noexcept {
    if (this != &other) {
      release();
      call_ = other.call_;
      owned_ = std::exchange(other.owned_, false);
    }
    return *this;
  }
  ~OwnedCall() { release(); }

  Call& operator*() noexcept { return call_; }
  Call* operator->() noexcept { return &call_; }

 private:
  OwnedCall(const Host& host, nx_call* raw) noexcept : call_(host, raw) {}
  void release() noexcept {
    if (owned_) call_.host().call->release(call_.raw());
  }

  Call call_;
  bool owned_ = true;
};

inline Result<void> Host::publish(const Call* cause, std::string_view topic, std::string_view key,
                                  std::string_view payload_json) const {
  nx_event event{};
  event.struct_size = sizeof event;
  event.topic = to_abi(topic);
  event.key = to_abi(key);
  event.payload = to_abi(payload_json);
  if (const auto status = events->publish(raw, cause == nullptr ? nullptr : cause->raw(), &event); status != NX_OK) {
    return Error(Status{status}, "cannot publish " + std::string(topic));
  }
  return {};
}

namespace detail {

// A callable that crosses the ABI once as a void* and is destroyed after it ran.
struct TimerBox {
  Host host;
  std::function<void(Call&)> work;

  static void run(void* user_data, nx_call* raw) noexcept {
    const std::unique_ptr<TimerBox> box(static_cast<TimerBox*>(user_data));
    if (raw == nullptr) return;
    Call call(box->host, raw);
    try {
      box->work(call);
    } catch (const std::exception& error) {
      call.set_error(error.what());
    } catch (...) {
      call.set_error("unknown exception");
    }
  }
};

}  // namespace detail

inline Result<nx_handle> Host::after(std::int64_t delay_us, std::function<void(Call&)> work) const {
  auto box = std::make_unique<detail::TimerBox>(detail::TimerBox{*this, std::move(work)});
  nx_handle handle = 0;
  if (const auto status = clock->after(raw, delay_us, &detail::TimerBox::run, box.get(), &handle); status != NX_OK) {
    return Error(Status{status}, "no timer");
  }
  static_cast<void>(box.release());  // run frees it
  return handle;
}

}  // namespace nexus
