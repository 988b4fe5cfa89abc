// Who gets a channel next, how many there are, and how many log-ins run at once.
#include "ssh/backoff.h"
#include "ssh/login_queue.h"
#include "ssh/scheduler.h"

#include <doctest/doctest.h>

#include <string>

using namespace nexus::servers::ssh;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

class Nothing : public Work {
 public:
  void begin(const std::shared_ptr<Multiplexer>& /*session*/, Release /*release*/) override {}
  void fail(const Failure& /*failure*/) override {}
  void cancel(const Failure& /*why*/) override {}
};

Scheduler::Entry entry(Priority priority, Clock::time_point deadline = Clock::time_point::max()) {
  return {std::make_shared<Nothing>(), priority, deadline};
}

}  // namespace

TEST_CASE("priority first, then order of arrival, also of what is put back") {
  Scheduler queue;
  const auto metrics = entry(Priority::metrics), first = entry(Priority::task), second = entry(Priority::task),
             terminal = entry(Priority::terminal);
  for (const auto& one : {metrics, first, second, terminal}) queue.add(one);
  CHECK(queue.take_next(Need::channel)->work == terminal.work);
  const auto refused = *queue.take_next(Need::channel);
  const auto refused_too = *queue.take_next(Need::channel);
  CHECK(refused.work == first.work);
  CHECK(refused_too.work == second.work);
  queue.put_back(refused);
  queue.put_back(refused_too);
  CHECK(queue.first()->work == first.work);
  CHECK(queue.take_next(Need::channel)->work == first.work);
  CHECK(queue.take_next(Need::channel)->work == second.work);
  CHECK_FALSE(queue.take_next(Need::reader).has_value());
  CHECK(queue.take_next(Need::channel)->work == metrics.work);
  CHECK(queue.empty());
}

TEST_CASE("what is over its time is taken out, and the next time is known") {
  Scheduler queue;
  const auto now = Clock::now();
  queue.add(entry(Priority::task, now + seconds(2)));
  const auto soon = entry(Priority::metrics, now + seconds(1));
  queue.add(soon);
  queue.add(entry(Priority::task));
  CHECK(queue.first_deadline() == now + seconds(1));
  const auto expired = queue.take_expired(now + seconds(1));
  REQUIRE(expired.size() == 1);
  CHECK(expired[0].work == soon.work);
  CHECK(queue.size() == 2);
  CHECK(queue.first_deadline() == now + seconds(2));
  CHECK_FALSE(queue.take(soon.work.get()).has_value());
}

TEST_CASE("a refusal tells how many channels there may be, and now and then one more is tried") {
  ChannelBudget budget;
  const auto now = Clock::now();
  CHECK(budget.has_room(9, now));
  CHECK_FALSE(budget.has_room(10, now));
  budget.refused(3, now);
  CHECK(budget.has_room(2, now));
  CHECK_FALSE(budget.has_room(3, now));
  CHECK(budget.has_room(3, now + ChannelBudget::kRelearn));
  CHECK_FALSE(budget.has_room(4, now + ChannelBudget::kRelearn));
  budget.refused(0, now);
  CHECK(budget.limit() == 1);
}

TEST_CASE("so many log-ins at once and no more; a person is next; who leaves makes room") {
  const auto queue = std::make_shared<LoginQueue>(2);
  std::string order;
  const auto wait = [&](char name, bool urgent) { return queue->wait(urgent, [&order, name] { order += name; }); };
  auto a = wait('a', false), b = wait('b', false), c = wait('c', false), d = wait('d', false), p = wait('p', true);
  CHECK(order == "ab");
  a.reset();
  CHECK(order == "abp");
  c.reset();  // gave up while waiting
  b.reset();
  CHECK(order == "abpd");
  p.reset();
  d.reset();
  const auto last = wait('z', false);
  CHECK(order == "abpdz");
}

TEST_CASE("pauses double up to the last, and differ") {
  Pauses pauses(seconds(1), seconds(8));
  for (const int whole : {1'000, 2'000, 4'000, 8'000, 8'000}) {
    const auto pause = pauses.next();
    CHECK(pause >= milliseconds(whole / 2));
    CHECK(pause <= milliseconds(whole));
  }
  pauses.reset();
  CHECK(pauses.next() <= seconds(1));
  bool differ = false;
  for (int i = 0; i < 20; ++i) {
    Pauses one(seconds(10), seconds(60)), other(seconds(10), seconds(60));
    differ = differ || one.next() != other.next();
  }
  CHECK(differ);
}
