// Signing keys in the database.
#include "key_store.h"

#include "auth_resources.h"

#include <nexus/testing/fake_host.h>

#include <doctest/doctest.h>

using namespace nexus;
using namespace nexus::auth;

TEST_CASE("the first key is made once, and kept sealed") {
  testing::FakeHost host{testing::Options{}, "auth"};
  REQUIRE(host.use(auth_resources()).ok());
  auto call = host.call();
  const auto first = load_keys(*call);
  REQUIRE(first.ok());
  const auto second = load_keys(*call);
  REQUIRE(second.ok());
  CHECK(first->newest().kid == second->newest().kid);
  CHECK(first->newest().secret.view() == second->newest().secret.view());
  CHECK(first->newest().secret.view().size() == kSigningKeyBytes);
  const auto stored = Sql(*call).first([](const Row& row) { return row.string(0); }, "SELECT sealed FROM auth_keys");
  REQUIRE(stored->has_value());
  CHECK((*stored)->find(first->newest().secret.view()) == std::string::npos);
}

TEST_CASE("two panels have different keys") {
  testing::FakeHost one(testing::Options{}, "auth"), other(testing::Options{}, "auth");
  REQUIRE(one.use(auth_resources()).ok());
  REQUIRE(other.use(auth_resources()).ok());
  auto one_call = one.call(), other_call = other.call();
  CHECK(load_keys(*one_call)->newest().secret.view() != load_keys(*other_call)->newest().secret.view());
}

TEST_CASE("a key that was swapped for another's row stops the start") {
  testing::FakeHost host{testing::Options{}, "auth"};
  REQUIRE(host.use(auth_resources()).ok());
  auto call = host.call();
  REQUIRE(load_keys(*call).ok());
  REQUIRE(host.sql("UPDATE auth_keys SET kid = 'renamed'").ok());
  const auto keys = load_keys(*call);
  REQUIRE_FALSE(keys.ok());
  CHECK(std::string(keys.error().what()).find("renamed") != std::string::npos);
}
