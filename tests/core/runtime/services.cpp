#include "core/runtime/services.h"

#include "panel.h"

#include <doctest/doctest.h>

#include <thread>

using namespace nexus;
using test::eventually;
using test::Panel;
using test::RawPlugin;

namespace {

// Provides "echo.say/1": answers "now" at once, keeps "later", fails "fail", throws on "throw".
struct Echo : RawPlugin {
  explicit Echo(Panel& panel, std::uint32_t minor = 0) : host(panel.make("echo", *this)), face(panel.host(host)) {
    on_register = [this, minor](nx_reg* reg, nx_call*) {
      nx_service service{};
      service.struct_size = sizeof service;
      service.minor = minor;
      service.id = to_abi("echo.say/1");
      service.call = &Echo::call;
      service.cancelled = [](void* self, nx_handle) { ++static_cast<Echo*>(self)->cancelled; };
      service.self = this;
      return face.services->provide(reg, &service);
    };
    REQUIRE(host.register_plugin(table).ok());
    REQUIRE(host.start().ok());
  }

  static nx_status call(void* self, nx_call* call, nx_handle request, nx_str method, nx_str payload) {
    auto& me = *static_cast<Echo*>(self);
    {
      const std::lock_guard lock(me.mutex);
      me.caller = std::string(view(me.face.call->caller_plugin(call)));
    }
    const auto name = view(method);
    if (name == "now") return me.face.services->complete(me.face.raw, request, NX_OK, payload);
    if (name == "fail") {
      me.face.call->set_error(call, to_abi("no such thing"));
      return NX_E_NOT_FOUND;
    }
    if (name == "throw") throw std::runtime_error("oh no");
    const std::lock_guard lock(me.mutex);
    me.kept.push_back(request);
    return NX_OK;
  }

  std::vector<nx_handle> take_kept() {
    const std::lock_guard lock(mutex);
    return std::exchange(kept, {});
  }

  ~Echo() { leave(); }
  core::PluginHost& host;
  Host face;
  std::mutex mutex;
  std::vector<nx_handle> kept;
  std::string caller;
  std::atomic<int> cancelled{0};
};

struct Answer {
  std::atomic<int> times{0};
  std::atomic<nx_status> status{1};
  std::string text;
  std::atomic<bool> inside_invoke{false};
  std::thread::id asked_by;

  static void done(void* user_data, nx_call* call, nx_status status, nx_str response) {
    auto& me = *static_cast<Answer*>(user_data);
    if (call == nullptr) std::abort();
    me.text = view(response);
    me.status = status;
    ++me.times;
  }
};

struct Asker : RawPlugin {
  explicit Asker(Panel& panel, std::uint32_t min_minor = 0) : host(panel.make("asker", *this)), face(panel.host(host)) {
    on_register = [this, min_minor](nx_reg* reg, nx_call*) {
      return face.services->bind(reg, to_abi("echo.say/1"), min_minor, NX_BIND_OPTIONAL, &binding);
    };
    REQUIRE(host.register_plugin(table).ok());
    REQUIRE(host.start().ok());
  }

  nx_status ask(const char* method, Answer& answer, std::chrono::microseconds timeout = std::chrono::seconds(20),
                nx_handle* out = nullptr, std::string_view payload = "hello") {
    auto call = OwnedCall::background(face, "test", timeout);
    REQUIRE(call.ok());
    return face.services->invoke((*call)->raw(), binding, to_abi(method), to_abi(payload), &Answer::done, &answer, out);
  }

  ~Asker() { leave(); }
  core::PluginHost& host;
  Host face;
  nx_handle binding = 0;
};

}  // namespace

TEST_CASE("a question is answered with the provider's answer, its failure, or that it threw") {
  Panel panel;
  Echo echo(panel);
  Asker asker(panel);
  Answer now, fail, thrown;
  REQUIRE(asker.ask("now", now) == NX_OK);
  REQUIRE(asker.ask("fail", fail) == NX_OK);
  REQUIRE(asker.ask("throw", thrown) == NX_OK);
  REQUIRE(eventually([&] { return now.times + fail.times + thrown.times == 3; }));
  CHECK(now.status == NX_OK);
  CHECK(now.text == "hello");
  CHECK(fail.status == NX_E_NOT_FOUND);
  CHECK(fail.text == "no such thing");
  CHECK(thrown.status == NX_E_EXCEPTION);
  CHECK(echo.caller == "asker");
}

TEST_CASE("without a provider, or with one that is too old, the question is refused and done never runs") {
  Panel panel;
  Answer answer;
  SUBCASE("none") {
    Asker asker(panel);
    CHECK(asker.ask("now", answer) == NX_E_UNAVAILABLE);
  }
  SUBCASE("too old") {
    Echo echo(panel, 1);
    Asker asker(panel, 2);
    CHECK(asker.ask("now", answer) == NX_E_UNAVAILABLE);
  }
  SUBCASE("too large, or no handle of ours") {
    Echo echo(panel);
    Asker asker(panel);
    CHECK(asker.ask("now", answer, std::chrono::seconds(5), nullptr,
                    std::string(core::kServicePayloadLimit + 1, 'x')) == NX_E_LIMIT);
    asker.binding = 12345;
    CHECK(asker.ask("now", answer) == NX_E_STALE);
  }
  CHECK(answer.times == 0);
}

TEST_CASE("a question that is not answered ends at its deadline, and the provider hears of it") {
  Panel panel;
  Echo echo(panel);
  Asker asker(panel);
  Answer answer;
  REQUIRE(asker.ask("later", answer, std::chrono::milliseconds(30)) == NX_OK);
  REQUIRE(eventually([&] { return answer.times == 1; }));
  CHECK(answer.status == NX_E_TIMEOUT);
  CHECK(eventually([&] { return echo.cancelled == 1; }));
  for (const auto request : echo.take_kept()) {
    CHECK(echo.face.services->complete(echo.face.raw, request, NX_OK, to_abi("late")) == NX_E_STALE);
  }
  CHECK(answer.times == 1);
}

TEST_CASE("a caller may cancel; only the provider may answer") {
  Panel panel;
  Echo echo(panel);
  Asker asker(panel);
  Answer answer;
  nx_handle handle = 0;
  REQUIRE(asker.ask("later", answer, std::chrono::seconds(20), &handle) == NX_OK);
  CHECK(asker.face.services->complete(asker.face.raw, handle, NX_OK, to_abi("mine")) == NX_E_STALE);
  CHECK(echo.face.services->cancel(echo.face.raw, handle) == NX_E_STALE);
  CHECK(asker.face.services->cancel(asker.face.raw, handle) == NX_OK);
  CHECK(asker.face.services->cancel(asker.face.raw, handle) == NX_E_STALE);
  REQUIRE(eventually([&] { return answer.times == 1; }));
  CHECK(answer.status == NX_E_CANCELLED);
}

TEST_CASE("when the provider goes, its callers are told; when a caller goes, done runs before its drain ends") {
  Panel panel;
  Echo echo(panel);
  Asker asker(panel);
  Answer answer;
  REQUIRE(asker.ask("later", answer) == NX_OK);
  SUBCASE("provider") {
    panel.remove(echo.host);
    REQUIRE(eventually([&] { return answer.times == 1; }));
    CHECK(answer.status == NX_E_UNAVAILABLE);
    CHECK(asker.ask("now", answer) == NX_E_UNAVAILABLE);
  }
  SUBCASE("caller") {
    CHECK(asker.host.drain(test::in(test::kPatience)));
    CHECK(answer.times == 1);
    CHECK(answer.status == NX_E_CANCELLED);
  }
}

TEST_CASE("done never runs inside invoke, even for a serialised plugin that asks itself") {
  Panel panel({1});
  Echo echo(panel);
  Asker asker(panel);
  Answer answer;
  // The only worker is busy with the asker's own event-like callback: a timer.
  std::atomic<int> seen_inside{-1};
  const auto timer = asker.face.after(0, [&](Call& call) {
    asker.face.services->invoke(call.raw(), asker.binding, to_abi("now"), to_abi("x"), &Answer::done, &answer, nullptr);
    seen_inside = answer.times.load();
  });
  REQUIRE(timer.ok());
  CHECK(eventually([&] { return answer.times == 1 && seen_inside >= 0; }));
  CHECK(seen_inside == 0);
}

TEST_CASE("stress: however answers, deadlines, cancels and stops meet, every question ends exactly once") {
  Panel panel;
  auto echo = std::make_unique<Echo>(panel);
  Asker asker(panel);
  constexpr int kQuestions = 3000;
  std::vector<Answer> answers(kQuestions);
  std::vector<char> promised(kQuestions, 0);
  std::atomic<bool> asking{true};
  std::thread answering([&] {
    while (asking) {
      for (const auto request : echo->take_kept()) {
        echo->face.services->complete(echo->face.raw, request, NX_OK, to_abi("yes"));
      }
      std::this_thread::yield();
    }
  });
  for (int i = 0; i < kQuestions; ++i) {
    nx_handle handle = 0;
    const auto timeout = std::chrono::microseconds(200 + i % 400);
    promised[static_cast<std::size_t>(i)] =
        asker.ask(i % 3 == 0 ? "now" : "later", answers[static_cast<std::size_t>(i)], timeout, &handle) == NX_OK;
    if (i % 5 == 0) asker.face.services->cancel(asker.face.raw, handle);
    if (i == kQuestions * 9 / 10) CHECK(echo->host.drain(test::in(test::kPatience)));
  }
  asking = false;
  answering.join();
  CHECK(asker.host.drain(test::in(test::kPatience)));
  int wrong = 0;
  for (int i = 0; i < kQuestions; ++i) {
    if (answers[static_cast<std::size_t>(i)].times != promised[static_cast<std::size_t>(i)]) ++wrong;
  }
  CHECK(wrong == 0);
}
