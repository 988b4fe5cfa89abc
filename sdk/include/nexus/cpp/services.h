// Questions between plugins: asking, and answering.
#pragma once

#include <nexus/cpp/call.h>

#include <atomic>

namespace nexus {

using ServiceDone = std::function<void(Call&, Result<std::string>)>;

// This plugin's side of a stream. Copyable, thread-safe; stale once it is closed.
class Stream {
 public:
  Stream() = default;
  Stream(const Host& host, nx_handle handle) noexcept : host_(&host), handle_(handle) {}

  nx_handle handle() const noexcept { return handle_; }
  // Status::busy: the window is full and nothing was taken; drained() tells when to go on.
  Status send(std::uint32_t kind, std::string_view bytes) const noexcept {
    return Status{host_->services->stream_send(host_->raw, handle_, kind, to_abi(bytes))};
  }
  void consumed(std::size_t bytes) const noexcept { host_->services->stream_consumed(host_->raw, handle_, bytes); }
  void close(Status why = Status::ok, std::string_view reason = {}) const noexcept {
    host_->services->stream_close(host_->raw, handle_, static_cast<nx_status>(why), to_abi(reason));
  }

 private:
  const Host* host_ = nullptr;
  nx_handle handle_ = 0;
};

// What a plugin does with its side of a stream. data() and drained() run on the other side's threads, one at a time and
// also while this side sends: they must not block, nor take a lock that is held while a Stream is called. closed() is
// the last, on a worker.
class StreamEvents {
 public:
  virtual ~StreamEvents() = default;
  // The bytes count against the other side's window until Stream::consumed.
  virtual void data(std::uint32_t kind, std::string_view bytes) = 0;
  virtual void drained() {}
  virtual void closed(Status why, std::string_view reason) = 0;
};

namespace detail {

// The events that cross the ABI: user_data owns the object until closed ran.
struct StreamBox {
  std::shared_ptr<StreamEvents> events;

  static StreamBox& of(void* user_data) noexcept { return *static_cast<StreamBox*>(user_data); }
  static nx_stream_events table() noexcept {
    nx_stream_events out{};
    out.struct_size = sizeof out;
    out.data = [](void* user_data, nx_handle, std::uint32_t kind, nx_str bytes) noexcept {
      guarded([&] { of(user_data).events->data(kind, view(bytes)); });
    };
    out.drained = [](void* user_data, nx_handle) noexcept { guarded([&] { of(user_data).events->drained(); }); };
    out.closed = [](void* user_data, nx_handle, nx_status why, nx_str reason) noexcept {
      const std::unique_ptr<StreamBox> box(&of(user_data));
      guarded([&] { box->events->closed(Status{why}, view(reason)); });
    };
    return out;
  }

 private:
  // There is no call that could carry the reason.
  template <class Work>
  static void guarded(Work&& work) noexcept {
    try {
      work();
    } catch (...) {
    }
  }
};

}  // namespace detail

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

  // Opens a stream; `events` is kept until it has closed. What goes wrong later, a refusal of the provider included,
  // comes as closed(). `window`: bytes on their way in each direction, 0 takes the host's.
  Result<Stream> open_stream(Call& call, std::string_view method, std::string_view payload,
                             std::shared_ptr<StreamEvents> events, std::uint32_t window = 0) const {
    if (host_ == nullptr) return Error(Status::unavailable, "the binding is empty");
    if (!NX_HAS(host_->services, open_stream)) return Error(Status::unsupported, "this host has no streams");
    auto box = std::make_unique<detail::StreamBox>(detail::StreamBox{std::move(events)});
    const auto table = detail::StreamBox::table();
    nx_handle handle = 0;
    const auto status = host_->services->open_stream(call.raw(), handle_, to_abi(method), to_abi(payload), window,
                                                     &table, box.get(), &handle);
    if (status != NX_OK) return Error(Status{status}, "the stream cannot be opened");
    static_cast<void>(box.release());  // closed frees it
    return Stream(*host_, handle);
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
