#include "core/runtime/identities.h"

#include "panel.h"

#include <doctest/doctest.h>

#include <thread>

using namespace nexus;
using core::TokenMemory;
using test::eventually;
using test::Panel;

namespace {

std::shared_ptr<const api::Principal> person(std::int64_t id, const std::string& session = "s") {
  auto who = std::make_shared<api::Principal>();
  who->user_id = id;
  who->session_id = session;
  return who;
}

bool is_anybody(const api::Principal&) { return true; }

// Answers "good" tokens for an hour, keeps "slow" ones.
struct Provider : test::RawPlugin {
  explicit Provider(Panel& panel) : host(panel.make("auth", *this)), face(panel.host(host)) {
    on_register = [this](nx_reg* reg, nx_call*) {
      nx_identity_provider provider{};
      provider.struct_size = sizeof provider;
      provider.authenticate = &Provider::authenticate;
      provider.self = this;
      return face.auth->provide_identity(reg, &provider);
    };
    REQUIRE(host.register_plugin(table).ok());
    REQUIRE(host.start().ok());
  }

  static nx_status authenticate(void* self, nx_call*, nx_handle request, std::uint32_t, nx_str credential) {
    auto& me = *static_cast<Provider*>(self);
    ++me.asked;
    const auto token = view(credential);
    if (token == "fails") return NX_E_INTERNAL;
    if (token == "throws") throw 42;
    if (token == "slow") {
      me.kept = request;
      return NX_OK;
    }
    if (token == "bad") {
      IdentityReply(me.face, request).refuse(code::kTokenInvalid);
      return NX_OK;
    }
    me.accept(request);
    return NX_OK;
  }

  void accept(nx_handle request) const {
    Identity identity;
    identity.user_id = 7;
    identity.role = "user";
    identity.session_id = "session-1";
    identity.token_id = "token-1";
    identity.valid_until_us = face.now_us() + 3'600'000'000;
    IdentityReply(face, request).accept(identity);
  }

  ~Provider() { leave(); }
  core::PluginHost& host;
  Host face;
  std::atomic<int> asked{0};
  std::atomic<nx_handle> kept{0};
};

api::Authentication ask(Panel& panel, const std::string& token) {
  test::Request request;
  struct State {
    std::atomic<int> times{0};
    api::Authentication answer;
  };
  const auto state = std::make_shared<State>();
  panel.runtime->hooks().authenticate(api::CredentialKind::bearer, token, request, [state](api::Authentication answer) {
    state->answer = std::move(answer);
    ++state->times;
  });
  REQUIRE(eventually([&] { return state->times == 1; }));
  return state->answer;
}

}  // namespace

TEST_CASE("a remembered token is found until it expires, and only the whole token") {
  TokenMemory memory;
  memory.store("abc", person(1), 100, memory.epoch());
  CHECK(memory.find("abc", 99)->user_id == 1);
  CHECK(memory.find("ab", 99) == nullptr);
  CHECK(memory.find("abc", 100) == nullptr);
  CHECK(memory.find("abc", 0) == nullptr);
}

TEST_CASE("what is invalidated is gone, and an answer that was under way is not remembered") {
  TokenMemory memory;
  memory.store("a", person(1, "s1"), 100, memory.epoch());
  memory.store("b", person(2, "s2"), 100, memory.epoch());
  const auto under_way = memory.epoch();
  memory.forget([](const api::Principal& who) { return who.session_id == "s1"; });
  memory.store("c", person(1, "s1"), 100, under_way);
  CHECK(memory.find("a", 0) == nullptr);
  CHECK(memory.find("b", 0) != nullptr);
  CHECK(memory.find("c", 0) == nullptr);
}

TEST_CASE("memory is bounded") {
  TokenMemory memory;
  for (std::size_t i = 0; i < 2 * core::kRememberedTokens; ++i) {
    memory.store("t" + std::to_string(i), person(1), 100, memory.epoch());
  }
  std::size_t found = 0;
  for (std::size_t i = 0; i < 2 * core::kRememberedTokens; ++i)
    found += memory.find("t" + std::to_string(i), 0) != nullptr;
  CHECK(found <= core::kRememberedTokens);
  CHECK(found > core::kRememberedTokens / 2);
  CHECK(memory.find("t" + std::to_string(2 * core::kRememberedTokens - 1), 0) != nullptr);
}

TEST_CASE("stress: after an invalidation no answer that began before it is found") {
  TokenMemory memory;
  std::atomic<bool> running{true};
  std::atomic<std::uint64_t> generation{1};
  std::thread provider([&] {
    while (running) {
      const auto epoch = memory.epoch();
      const auto mine = generation.load();  // what the provider's database says now
      memory.store("token", person(static_cast<std::int64_t>(mine)), 1'000'000, epoch);
    }
  });
  int stale = 0;
  for (int i = 0; i < 20'000; ++i) {
    const auto now = generation.fetch_add(1) + 1;
    memory.forget(is_anybody);
    const auto found = memory.find("token", 0);
    if (found != nullptr && static_cast<std::uint64_t>(found->user_id) < now) ++stale;
  }
  running = false;
  provider.join();
  CHECK(stale == 0);
}

TEST_CASE("a token is asked for once and remembered; a refusal is asked again") {
  Panel panel;
  Provider provider(panel);
  auto& hooks = panel.runtime->hooks();
  CHECK_FALSE(hooks.remembered("good"));
  CHECK(ask(panel, "good").principal->user_id == 7);
  REQUIRE(hooks.remembered("good"));
  CHECK(hooks.remembered("good")->principal->role == "user");
  CHECK(ask(panel, "bad").app_code == code::kTokenInvalid);
  CHECK_FALSE(hooks.remembered("bad"));
}

TEST_CASE("a token that the provider invalidates is not answered from memory, by whichever name") {
  Panel panel;
  Provider provider(panel);
  auto& auth = *provider.face.auth;
  ask(panel, "good");
  CHECK(auth.invalidate(provider.face.raw, NX_INVALIDATE_USER, to_abi("8")) == NX_OK);
  REQUIRE(panel.runtime->hooks().remembered("good"));
  SUBCASE("token") { CHECK(auth.invalidate(provider.face.raw, NX_INVALIDATE_TOKEN, to_abi("token-1")) == NX_OK); }
  SUBCASE("session") { CHECK(auth.invalidate(provider.face.raw, NX_INVALIDATE_SESSION, to_abi("session-1")) == NX_OK); }
  SUBCASE("user") { CHECK(auth.invalidate(provider.face.raw, NX_INVALIDATE_USER, to_abi("7")) == NX_OK); }
  CHECK_FALSE(panel.runtime->hooks().remembered("good"));
  CHECK(auth.invalidate(provider.face.raw, 9, to_abi("7")) == NX_E_INVALID);
  CHECK(auth.invalidate(provider.face.raw, NX_INVALIDATE_USER, to_abi("x7")) == NX_E_INVALID);
}

TEST_CASE("without an answer from the provider it is 50301, exactly once") {
  Panel panel;
  CHECK(ask(panel, "good").app_code == code::kUnavailable);
  Provider provider(panel);
  CHECK(ask(panel, "fails").app_code == code::kUnavailable);
  CHECK(ask(panel, "throws").app_code == code::kUnavailable);

  std::atomic<int> times{0};
  std::atomic<int> app_code{0};
  test::Request request;
  panel.runtime->hooks().authenticate(api::CredentialKind::bearer, "slow", request,
                                      [&](const api::Authentication& answer) {
                                        app_code = answer.app_code;
                                        ++times;
                                      });
  REQUIRE(eventually([&] { return provider.kept != 0; }));
  SUBCASE("the provider stops") {
    CHECK(provider.host.drain(test::in(test::kPatience)));
    CHECK(times == 1);
    CHECK(app_code == code::kUnavailable);
  }
  SUBCASE("invalidated meanwhile: this request is answered, the next is not from memory") {
    provider.face.auth->invalidate(provider.face.raw, NX_INVALIDATE_SESSION, to_abi("session-1"));
    provider.accept(provider.kept);
    CHECK(times == 1);
    CHECK_FALSE(panel.runtime->hooks().remembered("slow"));
  }
  CHECK(provider.face.auth->complete_identity(provider.face.raw, provider.kept, code::kTokenInvalid, nullptr) ==
        NX_E_STALE);
}
