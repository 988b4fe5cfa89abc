#include "core/loader/dependency_order.h"

#include "core/loader/semantic_version.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace nexus::core;

namespace {

using Order = std::vector<std::string>;

Dependency needs(const std::string& id, const std::string& version = {}) { return {id, version, false}; }
Dependency wants(const std::string& id) { return {id, {}, true}; }

}  // namespace

TEST_CASE("what is needed starts first, whatever the names say") {
  const auto solved = order_plugins({{"auth", "1.0.0", {needs("users")}, {}},
                                     {"monitoring", "1.0.0", {needs("servers")}, {}},
                                     {"servers", "1.0.0", {needs("auth"), needs("users")}, {}},
                                     {"users", "1.0.0", {}, {}}},
                                    {});
  CHECK(solved.order == Order{"users", "auth", "servers", "monitoring"});
  CHECK(solved.refused.empty());
}

TEST_CASE("a missing dependency is named, and everything that needs it goes with it") {
  const auto solved = order_plugins(
      {{"a", "1.0.0", {needs("nowhere")}, {}}, {"b", "1.0.0", {needs("a")}, {}}, {"c", "1.0.0", {}, {}}}, {});
  CHECK(solved.order == Order{"c"});
  CHECK(solved.refused.at("a") == "needs nowhere, which is not installed");
  CHECK(solved.refused.at("b") == "needs a, which cannot be started");
}

TEST_CASE("why a dependency is absent is said") {
  const auto solved =
      order_plugins({{"a", "1.0.0", {needs("users")}, {}}}, {{"users", "is installed, but not enabled"}});
  CHECK(solved.refused.at("a") == "needs users, which is installed, but not enabled");
}

TEST_CASE("a version that is too old is refused with both versions") {
  const auto solved = order_plugins({{"a", "1.0.0", {needs("users", "1.10.0")}, {}}, {"users", "1.9.0", {}, {}}}, {});
  CHECK(solved.refused.at("a") == "needs users 1.10.0 or newer, installed is 1.9.0: update users");
  CHECK(solved.order == Order{"users"});
}

TEST_CASE("an optional dependency orders where it is there and is not missed where it is not") {
  CHECK(order_plugins({{"a", "1.0.0", {wants("z")}, {}}, {"z", "1.0.0", {}, {}}}, {}).order == Order{"z", "a"});
  CHECK(order_plugins({{"a", "1.0.0", {wants("z")}, {}}}, {}).order == Order{"a"});
}

TEST_CASE("a circle is shown as one, and what is outside of it runs") {
  const auto solved = order_plugins({{"a", "1.0.0", {needs("b")}, {}},
                                     {"b", "1.0.0", {needs("c")}, {}},
                                     {"c", "1.0.0", {needs("a")}, {}},
                                     {"d", "1.0.0", {needs("a")}, {}},
                                     {"e", "1.0.0", {}, {}}},
                                    {});
  CHECK(solved.order == Order{"e"});
  CHECK(solved.refused.at("a").find("a -> b -> c -> a") != std::string::npos);
  CHECK(solved.refused.at("c").find("circle") != std::string::npos);
  CHECK(solved.refused.at("d") == "needs a, which cannot be started");
  CHECK(order_plugins({{"a", "1.0.0", {needs("a")}, {}}}, {}).refused.at("a").find("a -> a") != std::string::npos);
}

TEST_CASE("plugins that ask each other's services both start") {
  const auto solved = order_plugins(
      {{"a", "1.0.0", {}, {"b"}}, {"b", "1.0.0", {}, {"a"}}, {"c", "1.0.0", {}, {"d"}}, {"d", "1.0.0", {}, {}}}, {});
  CHECK(solved.refused.empty());
  CHECK(solved.order.size() == 4);
  const auto place = [&](const char* id) { return std::ranges::find(solved.order, id); };
  CHECK(place("d") < place("c"));
}

TEST_CASE("versions are ordered as semver.org says") {
  const Order rising{
      "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0",
      "1.0.1",       "1.2.0",         "1.10.0",           "2.0.0"};
  for (std::size_t i = 0; i + 1 < rising.size(); ++i) {
    const auto a = SemanticVersion::parse(rising[i]);
    const auto b = SemanticVersion::parse(rising[i + 1]);
    REQUIRE(a.has_value());
    REQUIRE(b.has_value());
    CHECK_MESSAGE(a->compare(*b) < 0, rising[i], " < ", rising[i + 1]);
    CHECK(b->compare(*a) > 0);
    CHECK(a->compare(*a) == 0);
  }
  CHECK(SemanticVersion::parse("1.0.0+build")->compare(*SemanticVersion::parse("1.0.0")) == 0);
  for (const auto* bad :
       {"", "1", "1.2", "1.2.3.4", "01.2.3", "1.2.x", "1.2.3-", "v1.2.3", "1..3", "1.2.3-a..b", "-1.2.3"}) {
    CHECK_MESSAGE(!SemanticVersion::parse(bad).has_value(), bad);
  }
}
