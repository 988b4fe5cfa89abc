// How many log-ins are under way at once.
#include "ssh/login_queue.h"

#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

using nexus::servers::ssh::LoginQueue;

TEST_CASE("no more are granted than may be under way, and each that ends makes room for one") {
  const auto queue = std::make_shared<LoginQueue>(2);
  int granted = 0;
  std::vector<LoginQueue::Turn> turns;
  for (int i = 0; i < 5; ++i) turns.push_back(queue->wait(false, [&] { ++granted; }));
  CHECK(granted == 2);
  turns[0] = nullptr;
  CHECK(granted == 3);
  turns[1] = nullptr;
  turns[2] = nullptr;
  CHECK(granted == 5);
}

TEST_CASE("first come, first served; a person's before all that wait") {
  const auto queue = std::make_shared<LoginQueue>(1);
  std::string order;
  std::vector<LoginQueue::Turn> turns;
  const auto wait = [&](char name, bool urgent) {
    turns.push_back(queue->wait(urgent, [&order, name] { order += name; }));
  };
  wait('a', false);
  wait('b', false);
  wait('c', false);
  wait('P', true);
  for (std::size_t at : {0, 3, 1, 2}) turns[at] = nullptr;
  CHECK(order == "aPbc");
}

TEST_CASE("who leaves before his turn is never told, and takes nobody's place") {
  const auto queue = std::make_shared<LoginQueue>(1);
  std::string order;
  auto first = queue->wait(false, [&] { order += 'a'; });
  auto second = queue->wait(false, [&] { order += 'b'; });
  const auto third = queue->wait(false, [&] { order += 'c'; });
  second = nullptr;
  CHECK(order == "a");
  first = nullptr;
  CHECK(order == "ac");
}

TEST_CASE("a queue of nobody still lets one in") {
  const auto queue = std::make_shared<LoginQueue>(0);
  bool granted = false;
  const auto turn = queue->wait(false, [&] { granted = true; });
  CHECK(granted);
}

TEST_CASE("a turn outlives the last owner of the queue") {
  auto queue = std::make_shared<LoginQueue>(1);
  auto turn = queue->wait(false, [] {});
  queue = nullptr;
  turn = nullptr;
}

TEST_CASE("many threads never have more turns at once than there are") {
  const auto queue = std::make_shared<LoginQueue>(3);
  std::atomic<int> running{0};
  std::atomic<int> most{0};
  std::atomic<int> served{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 500; ++round) {
        std::atomic<bool> granted{false};
        const auto turn = queue->wait(round % 7 == 0, [&] {
          granted = true;
          granted.notify_one();
        });
        granted.wait(false);
        const int now = ++running;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) continue;
        ++served;
        --running;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(most <= 3);
  CHECK(served == 8 * 500);
}
