#include "core/runtime/handle_table.h"

#include "panel.h"

#include <doctest/doctest.h>

#include <thread>

using nexus::core::HandleTable;
using nexus::core::Owner;
using nexus::core::OwnerParts;

TEST_CASE("a handle finds its object until it is taken, once") {
  HandleTable<int> table(1);
  const auto owner = std::make_shared<Owner>("a", OwnerParts{});
  const auto handle = table.insert(*owner, std::make_shared<int>(7));
  REQUIRE(handle != 0);
  CHECK(*table.find(handle) == 7);
  CHECK(*table.take(handle) == 7);
  CHECK(table.find(handle) == nullptr);
  CHECK(table.take(handle) == nullptr);
}

TEST_CASE("a stale handle never finds the object that has its place now") {
  HandleTable<int> table(1);
  const auto owner = std::make_shared<Owner>("a", OwnerParts{});
  const auto old = table.insert(*owner, std::make_shared<int>(1));
  table.take(old);
  for (int i = 0; i < 100; ++i) CHECK(table.insert(*owner, std::make_shared<int>(2)) != old);
  CHECK(table.find(old) == nullptr);
}

TEST_CASE("a handle of another kind of table is stale") {
  HandleTable<int> timers(1);
  HandleTable<int> questions(2);
  const auto owner = std::make_shared<Owner>("a", OwnerParts{});
  const auto handle = timers.insert(*owner, std::make_shared<int>(1));
  questions.insert(*owner, std::make_shared<int>(2));
  CHECK(questions.find(handle) == nullptr);
  CHECK(questions.find(0) == nullptr);
  CHECK(questions.find(~std::uint64_t{0}) == nullptr);
}

TEST_CASE("withdrawing takes all of one owner and nothing of another") {
  HandleTable<int> table(1);
  const auto mine = std::make_shared<Owner>("a", OwnerParts{});
  const auto other = std::make_shared<Owner>("b", OwnerParts{});
  for (int i = 0; i < 50; ++i) table.insert(*mine, std::make_shared<int>(i));
  const auto kept = table.insert(*other, std::make_shared<int>(99));
  CHECK(table.take_owner(*mine).size() == 50);
  CHECK(table.take_owner(*mine).empty());
  CHECK(*table.find(kept) == 99);
}

TEST_CASE("of many who take the same handle, one gets the object") {
  HandleTable<int> table(1);
  const auto owner = std::make_shared<Owner>("a", OwnerParts{});
  for (int round = 0; round < 200; ++round) {
    const auto handle = table.insert(*owner, std::make_shared<int>(round));
    std::atomic<int> winners{0};
    std::thread rival([&] { winners += table.take(handle) != nullptr ? 1 : 0; });
    winners += table.take(handle) != nullptr ? 1 : 0;
    rival.join();
    CHECK(winners == 1);
  }
}
