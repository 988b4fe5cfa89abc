#include "core/runtime/streams.h"

#include "panel.h"

#include <doctest/doctest.h>

#include <thread>

using namespace nexus;
using test::eventually;
using test::Panel;
using test::RawPlugin;

namespace {

// One side of a stream as its plugin sees it.
struct Side final : StreamEvents {
  void data(std::uint32_t kind, std::string_view bytes) override {
    const bool is_alone = inside.exchange(true) == false;
    {
      const std::lock_guard lock(mutex);
      overlapped = overlapped || !is_alone || ended;
      thread = std::this_thread::get_id();
      kinds.push_back(kind);
      text += bytes;
    }
    if (on_data) on_data(bytes);
    inside = false;
  }
  void drained() override { ++drains; }
  void closed(Status why, std::string_view its_reason) override {
    const std::lock_guard lock(mutex);
    closed_by = std::this_thread::get_id();
    status = why;
    reason = its_reason;
    ended = true;
    ++closes;
  }
  std::string all() {
    const std::lock_guard lock(mutex);
    return text;
  }

  std::mutex mutex;
  std::atomic<bool> inside{false};
  bool overlapped = false;
  std::thread::id thread, closed_by;
  std::vector<std::uint32_t> kinds;
  std::string text, reason;
  Status status = Status::ok;
  bool ended = false;
  std::atomic<int> drains{0}, closes{0};
  std::function<void(std::string_view)> on_data;
};

// Provides "tap.flow/1", whose streams are kept.
struct Tap : RawPlugin {
  explicit Tap(Panel& panel, std::uint32_t flags = NX_PLUGIN_CONCURRENT, bool has_streams = true)
      : RawPlugin(flags), host(panel.make("tap", *this)), face(panel.host(host)) {
    callback.host = &face;
    callback.stream = [this](Call& call, std::string_view method, std::string_view payload, const Stream& its_stream) {
      return take(call, method, payload, its_stream);
    };
    on_register = [this, has_streams](nx_reg* reg, nx_call*) {
      nx_service service{};
      service.struct_size = sizeof service;
      service.id = to_abi("tap.flow/1");
      service.call = [](void*, nx_call*, nx_handle, nx_str, nx_str) -> nx_status { return NX_E_UNSUPPORTED; };
      if (has_streams) service.stream = &detail::run_stream;
      service.self = &callback;
      return face.services->provide(reg, &service);
    };
    REQUIRE(host.register_plugin(table).ok());
    REQUIRE(host.start().ok());
  }

  Result<std::shared_ptr<StreamEvents>> take(Call& call, std::string_view method, std::string_view payload,
                                             const Stream& its_stream) {
    if (gate) gate->wait();
    if (method == "refuse") return Error(Status::denied, "not today");
    if (method == "close") its_stream.close(Status::not_found, "gone at once");
    asked = std::string(call.caller_plugin()) + " " + std::string(payload);
    stream = its_stream;
    if (method == "greet") its_stream.send(7, "welcome");
    taken = true;
    return std::static_pointer_cast<StreamEvents>(side);
  }

  ~Tap() { leave(); }
  core::PluginHost& host;
  Host face;
  detail::Callback callback;
  test::Gate* gate = nullptr;
  std::shared_ptr<Side> side = std::make_shared<Side>();
  std::atomic<bool> taken{false};
  std::string asked;
  Stream stream;
};

struct Opener : RawPlugin {
  explicit Opener(Panel& panel) : host(panel.make("opener", *this)), face(panel.host(host)) {
    on_register = [this](nx_reg* reg, nx_call*) {
      nx_handle handle = 0;
      const auto status = face.services->bind(reg, to_abi("tap.flow/1"), 0, NX_BIND_OPTIONAL, &handle);
      binding = Binding(face, handle);
      return status;
    };
    REQUIRE(host.register_plugin(table).ok());
    REQUIRE(host.start().ok());
  }
  Result<Stream> open(const char* method = "flow", std::uint32_t window = 0) {
    auto call = OwnedCall::background(face, "test", std::chrono::seconds(20));
    REQUIRE(call.ok());
    return binding.open_stream(**call, method, "please", side, window);
  }

  ~Opener() { leave(); }
  core::PluginHost& host;
  Host face;
  Binding binding;
  std::shared_ptr<Side> side = std::make_shared<Side>();
};

}  // namespace

TEST_CASE("what is sent before the provider accepted waits for it; then a message comes on its sender's thread") {
  Panel panel;
  test::Gate gate;
  Tap tap(panel);
  tap.gate = &gate;
  Opener opener(panel);
  const auto stream = opener.open("greet");
  REQUIRE(stream.ok());
  REQUIRE(stream->send(1, "early ") == Status::ok);
  gate.open();
  REQUIRE(eventually([&] { return tap.side->all() == "early "; }));
  CHECK(tap.asked == "opener please");
  CHECK(eventually([&] { return opener.side->all() == "welcome"; }));
  CHECK(opener.side->kinds.front() == 7);
  REQUIRE(stream->send(2, "late") == Status::ok);
  CHECK(tap.side->all() == "early late");
  CHECK(tap.side->thread == std::this_thread::get_id());
}

TEST_CASE("a full window refuses until half of it was consumed") {
  Panel panel;
  Tap tap(panel);
  Opener opener(panel);
  const auto stream = opener.open("flow", 1000);
  REQUIRE(stream.ok());
  REQUIRE(eventually([&] { return tap.taken.load(); }));
  const std::string part(400, 'x');
  CHECK(stream->send(0, part) == Status::ok);
  CHECK(stream->send(0, part) == Status::ok);
  CHECK(stream->send(0, part) == Status::busy);
  tap.stream.consumed(200);
  CHECK(opener.side->drains == 0);
  tap.stream.consumed(100);
  CHECK(opener.side->drains == 1);
  CHECK(stream->send(0, part) == Status::ok);
  CHECK(tap.side->all().size() == 1200);
  SUBCASE("a message larger than the window goes where nothing is on its way") {
    tap.stream.consumed(900);
    CHECK(stream->send(0, std::string(5000, 'y')) == Status::ok);
    CHECK(stream->send(0, "") == Status::busy);
  }
  SUBCASE("the other direction has its own window") { CHECK(tap.stream.send(0, std::string(900, 'z')) == Status::ok); }
  CHECK(stream->send(0, std::string(core::kLargestStreamMessage + 1, 'x')) == Status{NX_E_LIMIT});
}

TEST_CASE("an end comes once to both sides, on a worker and after all that was sent") {
  Panel panel;
  Tap tap(panel);
  Opener opener(panel);
  auto stream = opener.open();
  REQUIRE(stream.ok());
  SUBCASE("by the opener") {
    REQUIRE(stream->send(0, "last words") == Status::ok);
    stream->close(Status::cancelled, "enough");
  }
  SUBCASE("by the provider") {
    REQUIRE(eventually([&] { return tap.taken.load(); }));
    REQUIRE(stream->send(0, "last words") == Status::ok);
    tap.stream.close(Status::cancelled, "enough");
  }
  REQUIRE(eventually([&] { return opener.side->closes + tap.side->closes == 2; }));
  for (auto* side : {opener.side.get(), tap.side.get()}) {
    CHECK(side->status == Status::cancelled);
    CHECK(side->reason == "enough");
    CHECK(side->closed_by != std::this_thread::get_id());
    CHECK_FALSE(side->overlapped);
  }
  CHECK(tap.side->all() == "last words");
  CHECK(stream->send(0, "x") == Status::stale);
  stream->close();
  CHECK(opener.side->closes == 1);
}

TEST_CASE("a refusal closes the opener's side with its reason") {
  Panel panel;
  Tap tap(panel);
  Opener opener(panel);
  SUBCASE("refused") {
    REQUIRE(opener.open("refuse").ok());
    REQUIRE(eventually([&] { return opener.side->closes == 1; }));
    CHECK(opener.side->status == Status::denied);
    CHECK(opener.side->reason == "not today");
    CHECK(tap.side->closes == 0);
  }
  SUBCASE("closed while it accepts") {
    REQUIRE(opener.open("close").ok());
    REQUIRE(eventually([&] { return opener.side->closes + tap.side->closes == 2; }));
    CHECK(opener.side->reason == "gone at once");
  }
}

TEST_CASE("without a provider, or one with streams, nothing is opened") {
  Panel panel;
  Opener opener(panel);
  CHECK(opener.open().error().status() == Status::unavailable);
  Tap tap(panel, NX_PLUGIN_CONCURRENT, false);
  CHECK(opener.open().error().status() == Status::unsupported);
  CHECK(opener.side->closes == 0);
}

TEST_CASE("a plugin that stops ends its streams") {
  Panel panel;
  auto opener = std::make_unique<Opener>(panel);
  const auto opener_side = opener->side;
  auto tap = std::make_unique<Tap>(panel);
  const auto tap_side = tap->side;
  REQUIRE(opener->open().ok());
  REQUIRE(eventually([&] { return tap->taken.load(); }));
  SUBCASE("the provider") {
    tap.reset();
    REQUIRE(eventually([&] { return opener_side->closes == 1; }));
    CHECK(opener_side->status == Status::unavailable);
    CHECK(opener->open().error().status() == Status::unavailable);
  }
  SUBCASE("the opener") {
    opener.reset();
    REQUIRE(eventually([&] { return tap_side->closes == 1; }));
    CHECK(tap_side->status == Status::unavailable);
  }
  opener.reset();
  tap.reset();
  CHECK(opener_side->closes == 1);
  CHECK(tap_side->closes == 1);
}

TEST_CASE("many threads send both ways, answers within answers, and no side is called twice at a time") {
  Panel panel;
  std::uint32_t flags = NX_PLUGIN_CONCURRENT;
  SUBCASE("concurrent") {}
  SUBCASE("serialised") { flags = 0; }
  Tap tap(panel, flags);
  Opener opener(panel);
  const auto stream = opener.open("flow", 4096);
  REQUIRE(stream.ok());
  REQUIRE(eventually([&] { return tap.taken.load(); }));
  // Each byte is answered; the answer is counted.
  tap.side->on_data = [&](std::string_view bytes) {
    tap.stream.consumed(bytes.size());
    while (tap.stream.send(0, bytes) == Status::busy) std::this_thread::yield();
  };
  opener.side->on_data = [&](std::string_view bytes) { stream->consumed(bytes.size()); };
  std::vector<std::thread> threads;
  for (int number = 0; number < 4; ++number) {
    threads.emplace_back([&] {
      for (int i = 0; i < 2000; ++i) {
        while (stream->send(0, "abc") == Status::busy) std::this_thread::yield();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(eventually([&] { return opener.side->all().size() == 4 * 2000 * 3; }));
  stream->close();
  CHECK(eventually([&] { return opener.side->closes + tap.side->closes == 2; }));
  CHECK_FALSE(tap.side->overlapped);
  CHECK_FALSE(opener.side->overlapped);
}

TEST_CASE("a stream of another plugin's is stale") {
  Panel panel;
  Tap tap(panel);
  Opener opener(panel);
  const auto stream = opener.open();
  REQUIRE(stream.ok());
  CHECK(Stream(tap.face, stream->handle()).send(0, "x") == Status::stale);
  CHECK(Stream(opener.face, 4711).send(0, "x") == Status::stale);
}
