// Questions between plugins: asking, and answering.
#pragma once

#include <nexus/cpp/call.h>

#include <atomic>

namespace nexus {

using ServiceDone = std::function<void(Call&, Result<std::string>)>;

// A service that this plugin asks. Copyable; valid for the plugin's life.
class Binding {
 public:
  // Bound to nothing: asking answers Status::unavailable.
  Binding() = default;
  Binding(const Host& host, nx_handle handle) noexcept : host_(&host), handle_(handle) {}

  // Asks; `done` runs exactly once, later, on a worker: also where the question could not be put (then at once, here).
  void invoke(Call& call, std::string_view method, std::string_view payload, ServiceDone done) const {
    if (host_ == nullptr) return done(call, Error(Status::unavailable, "the binding is empty"));
    auto box = std::make_unique<Box>(Box{host_, std::move(done)});
    const auto status =
        host_->services->invoke(call.raw(), handle_, to_abi(method), to_abi(payload), &Box::run, box.get(), nullptr);
    if (status == NX_OK) {
      static_cast<void>(box.release());  // run frees it
    } else {
      box->done(call, Error(Status{status}, "the service cannot be asked"));
    }
  }

 private:
  struct Box {
    const Host* host;
    ServiceDone done;

    static void run(void* user_data, nx_call* raw, nx_status status, nx_str response) noexcept {
      const std::unique_ptr<Box> box(static_cast<Box*>(user_data));
      Call call(*box->host, raw);
      try {
        if (status == NX_OK) {
          box->done(call, std::string(view(response)));
        } else {
          box->done(call, Error(Status{status}, std::string(view(response))));
        }
      } catch (const std::exception& error) {
        call.set_error(error.what());
      } catch (...) {
        call.set_error("unknown exception");
      }
    }
  };

  const Host* host_ = nullptr;
  nx_handle handle_ = 0;
};

// A question put to a service of this plugin. Copies share the duty to answer; the first answer counts, and when the
// last copy goes without one, the caller gets Status::internal.
class Question {
 public:
  Question(const Host& host, nx_handle request) : state_(std::make_shared<State>(host, request)) {}

  nx_handle handle() const noexcept { return state_->request; }
  void answer(std::string_view response) const { complete(NX_OK, response); }
  void answer(const std::string& response) const { complete(NX_OK, response); }
  void answer(const Error& error) const { complete(static_cast<nx_status>(error.status()), error.what()); }
  void answer(const Result<std::string>& result) const {
    result.ok() ? answer(std::string_view(result.value())) : answer(result.error());
  }

 private:
  struct State {
    State(const Host& its_host, nx_handle its_request) : host(its_host), request(its_request) {}
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() {
      if (!answered.load()) host.services->complete(host.raw, request, NX_E_INTERNAL, to_abi("no answer"));
    }
    Host host;
    nx_handle request;
    std::atomic<bool> answered{false};
  };

  void complete(nx_status status, std::string_view response) const {
    if (state_->answered.exchange(true)) return;
    state_->host.services->complete(state_->host.raw, state_->request, status, to_abi(response));
  }

  std::shared_ptr<State> state_;
};

}  // namespace nexus
