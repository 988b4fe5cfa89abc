// Streams of nexus.services in a FakeHost: the test plays the other side.
#pragma once

#include <nexus/testing/fake_messages.h>

#include <memory>
#include <optional>

namespace nexus::testing {

namespace detail {
class FakeStreams;
}

// The test's side of a stream. What the plugin sends is kept, and consumed at once unless `consumes` is false.
class TestStream {
 public:
  struct Message {
    std::uint32_t kind = 0;
    std::string bytes;
  };
  struct End {
    Status why = Status::ok;
    std::string reason;
  };

  TestStream(detail::World& world, nx_handle handle, std::uint32_t window)
      : world_(world), handle_(handle), window_(window == 0 ? 256 * 1024 : window) {}

  // The plugin's data() runs here. Status::busy where its window is full.
  Status send(std::uint32_t kind, std::string_view bytes) {
    {
      const auto guard = world_.lock();
      if (closed_ || !attached_) return Status::stale;
      if (to_plugin_ != 0 && to_plugin_ + bytes.size() > window_) return Status::busy;
      to_plugin_ += bytes.size();
    }
    events_.data(user_data_, handle_, kind, to_abi(bytes));
    return Status::ok;
  }
  // Gives the plugin's bytes back; its drained() runs here where it waited.
  void consume(std::size_t bytes) {
    bool drained = false;
    {
      const auto guard = world_.lock();
      from_plugin_ -= std::min(bytes, from_plugin_);
      drained = !closed_ && from_plugin_ <= window_ / 2 && std::exchange(wants_drained_, false);
    }
    if (drained && events_.drained != nullptr) events_.drained(user_data_, handle_);
  }
  void close(Status why = Status::ok, const std::string& reason = {}) {
    end(why, reason);
    world_.settle();
  }

  // Waits, running queued work, until `ready`; false when patience ends.
  bool wait(const std::function<bool()>& ready) { return world_.await(ready); }
  // The bytes of all messages of a kind, and waiting until they contain `text`.
  std::string all(std::uint32_t kind) const {
    const auto guard = world_.lock();
    std::string joined;
    for (const auto& message : received_) {
      if (message.kind == kind) joined += message.bytes;
    }
    return joined;
  }
  bool wait_for(std::uint32_t kind, std::string_view text) {
    return wait([&] { return all(kind).find(text) != std::string::npos; });
  }
  bool wait_closed() {
    return wait([&] { return closed_.has_value(); });
  }

  std::vector<Message> received() const {
    const auto guard = world_.lock();
    return received_;
  }
  std::optional<End> closed() const {
    const auto guard = world_.lock();
    return closed_;
  }
  // Bytes that the plugin was sent and has not consumed.
  std::size_t unconsumed() const {
    const auto guard = world_.lock();
    return to_plugin_;
  }

  bool consumes = true;

 private:
  friend class detail::FakeStreams;

  void attach(const nx_stream_events& events, void* user_data) {
    const auto guard = world_.lock();
    events_ = events;
    user_data_ = user_data;
    attached_ = true;
  }
  // The plugin's closed() runs in its turn.
  bool end(Status why, const std::string& reason) {
    const auto guard = world_.lock();
    if (closed_) return false;
    closed_ = End{why, reason};
    if (attached_) tell_end(*closed_);
    world_.notify();
    return true;
  }
  void tell_end(const End& end) {
    world_.enqueue([events = events_, data = user_data_, handle = handle_, end] {
      events.closed(data, handle, static_cast<nx_status>(end.why), to_abi(end.reason));
    });
  }

  detail::World& world_;
  const nx_handle handle_;
  const std::size_t window_;
  nx_stream_events events_{};
  void* user_data_ = nullptr;
  bool attached_ = false;
  std::vector<Message> received_;
  std::optional<End> closed_;
  std::size_t to_plugin_ = 0;
  std::size_t from_plugin_ = 0;
  bool wants_drained_ = false;
};

// A provider that the test plays: takes a stream that the plugin opens, or refuses it.
using FakeStreamProvider = std::function<Result<void>(std::string_view method, std::string_view payload,
                                                      const std::shared_ptr<TestStream>& stream)>;

namespace detail {

class FakeStreams {
 public:
  FakeStreams(World& world, nx_services_api& table) : world_(world) {
    world.streams = this;
    table.open_stream = &open_stream;
    table.stream_send = &send;
    table.stream_consumed = &consumed;
    table.stream_close = &close;
  }

  // Opens one to a service of the plugin.
  std::shared_ptr<TestStream> open(const std::string& id, const std::string& method, const std::string& payload,
                                   const Principal& who, const std::string& caller) {
    const auto& services = world_.messages->services;
    const auto found = std::find_if(services.begin(), services.end(), [&](const auto& s) { return s.id == id; });
    auto stream = make(0);
    if (found == services.end() || found->raw.stream == nullptr) {
      stream->end(Status::unsupported, "the plugin has no streams of " + id);
      return stream;
    }
    auto& call = world_.new_call(id + " " + method, who);
    call.caller_plugin = caller;
    nx_stream_events events{};
    events.struct_size = sizeof events;
    void* user_data = nullptr;
    const auto status = found->raw.stream(found->raw.self, call.raw(), stream->handle_, to_abi(method), to_abi(payload),
                                          &events, &user_data);
    if (status == NX_OK) {
      stream->attach(events, user_data);
      // What ended while it opened has not been told yet.
      if (const auto ended = stream->closed()) stream->tell_end(*ended);
    } else {
      stream->end(Status{status}, call.error);
    }
    world_.end_call(call);
    world_.settle();
    return stream;
  }

  // The panel's end of all that are open.
  void close_all() {
    const auto guard = world_.lock();
    for (const auto& [handle, stream] : open_) stream->end(Status::unavailable, "the plugin is stopping");
    open_.clear();
  }

  std::map<std::string, FakeStreamProvider> providers;

 private:
  std::shared_ptr<TestStream> make(std::uint32_t window) {
    const auto guard = world_.lock();
    const auto handle = world_.next_handle++;
    return open_[handle] = std::make_shared<TestStream>(world_, handle, window);
  }
  std::shared_ptr<TestStream> find(nx_handle handle) const {
    const auto found = open_.find(handle);
    return found == open_.end() ? nullptr : found->second;
  }

  static nx_status open_stream(nx_call* raw, nx_handle binding, nx_str method, nx_str payload, std::uint32_t window,
                               const nx_stream_events* given, void* user_data, nx_handle* out) noexcept {
    auto& world = *FakeCall::of(raw)->world;
    if (const auto status = world.enter("services.open_stream"); status != NX_OK) return status;
    if (world.live(raw, "services.open_stream") == nullptr) return NX_E_STALE;
    const auto need = world.messages->needs.find(binding);
    if (need == world.messages->needs.end()) {
      world.fail("services.open_stream: no such binding");
      return NX_E_STALE;
    }
    auto& me = *world.streams;
    const auto provider = me.providers.find(need->second.id);
    if (provider == me.providers.end()) return NX_E_UNAVAILABLE;
    const auto stream = me.make(window);
    stream->attach(copy_in(*given), user_data);
    *out = stream->handle_;
    world.enqueue([stream, take = provider->second, method = text(method), payload = text(payload)] {
      if (const auto taken = take(method, payload, stream); !taken.ok()) {
        stream->end(taken.error().status(), taken.error().what());
      }
    });
    return NX_OK;
  }
  static nx_status send(const nx_host* host, nx_handle handle, std::uint32_t kind, nx_str bytes) noexcept {
    auto& world = World::of(host);
    if (const auto status = world.enter("services.stream_send"); status != NX_OK) return status;
    const auto guard = world.lock();
    const auto stream = world.streams->find(handle);
    if (stream == nullptr || stream->closed_) return NX_E_STALE;
    if (stream->from_plugin_ != 0 && stream->from_plugin_ + bytes.len > stream->window_) {
      stream->wants_drained_ = true;
      return NX_E_BUSY;
    }
    stream->received_.push_back({kind, text(bytes)});
    if (!stream->consumes) stream->from_plugin_ += bytes.len;
    world.notify();
    return NX_OK;
  }
  static nx_status consumed(const nx_host* host, nx_handle handle, std::uint64_t bytes) noexcept {
    auto& world = World::of(host);
    const auto guard = world.lock();
    const auto stream = world.streams->find(handle);
    if (stream == nullptr || stream->closed_) return NX_E_STALE;
    if (bytes > stream->to_plugin_) world.fail("services.stream_consumed: more than was sent");
    stream->to_plugin_ -= std::min<std::size_t>(bytes, stream->to_plugin_);
    world.notify();
    return NX_OK;
  }
  static nx_status close(const nx_host* host, nx_handle handle, nx_status why, nx_str reason) noexcept {
    auto& world = World::of(host);
    const auto guard = world.lock();
    const auto stream = world.streams->find(handle);
    if (stream == nullptr) return NX_E_STALE;
    world.streams->open_.erase(handle);
    return stream->end(Status{why}, text(reason)) ? NX_OK : NX_E_STALE;
  }

  World& world_;
  std::map<nx_handle, std::shared_ptr<TestStream>> open_;
};

}  // namespace detail
}  // namespace nexus::testing
