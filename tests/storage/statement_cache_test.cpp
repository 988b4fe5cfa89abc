#include "statement_cache.h"

#include <doctest/doctest.h>

using nexus::storage::StatementCache;

TEST_CASE("the least recently used statement goes first") {
  StatementCache<int> cache(2);
  cache.insert("a", std::make_shared<int>(1));
  cache.insert("b", std::make_shared<int>(2));
  REQUIRE(cache.find("a") != nullptr);
  cache.insert("c", std::make_shared<int>(3));
  CHECK(cache.size() == 2);
  CHECK(cache.find("b") == nullptr);
  CHECK(**cache.find("a") == 1);
  CHECK(**cache.find("c") == 3);
}

TEST_CASE("a statement in use outlives its place in the cache") {
  StatementCache<int> cache(1);
  cache.insert("a", std::make_shared<int>(1));
  const std::shared_ptr<int> used = *cache.find("a");
  cache.insert("b", std::make_shared<int>(2));
  CHECK(*used == 1);
  CHECK(used.use_count() == 1);
}

TEST_CASE("erased statements are gone, and unknown ones do no harm") {
  StatementCache<int> cache(4);
  cache.insert("a", std::make_shared<int>(1));
  cache.erase("a");
  cache.erase("never");
  CHECK(cache.find("a") == nullptr);
  CHECK(cache.size() == 0);
}
