#include <nexus/cpp/outlet.h>

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

using nexus::Outlet;

TEST_SUITE("outlet") {
  TEST_CASE("what is refused waits, in order, until somebody says that there is room") {
    std::string out;
    std::size_t given = 0;
    int room = 1;
    Outlet outlet(
        [&](std::uint32_t, std::string_view bytes) {
          if (room == 0) return false;
          --room;
          out += bytes;
          return true;
        },
        [&](std::size_t credit) { given += credit; });
    outlet.send(0, "a", 1);
    CHECK(outlet.is_empty());
    outlet.send(0, "b", 10);
    outlet.send(0, "c", 100);
    CHECK(out == "a");
    CHECK(given == 1);
    CHECK_FALSE(outlet.is_empty());
    outlet.retry();
    CHECK(out == "a");
    room = 1;
    outlet.retry();
    CHECK(out == "ab");
    room = 5;
    outlet.send(0, "d", 1000);
    CHECK(out == "ab");  // never before what waits
    outlet.retry();
    CHECK(out == "abcd");
    CHECK(given == 1111);
    CHECK(outlet.is_empty());
  }

  TEST_CASE("room that comes while a message is refused is not missed") {
    int calls = 0;
    Outlet* self = nullptr;
    Outlet outlet([&](std::uint32_t, std::string_view) {
      if (++calls > 1) return true;
      self->retry();  // as another thread would, just now
      return false;
    });
    self = &outlet;
    outlet.send(0, "x", 0);
    CHECK(calls == 2);
    CHECK(outlet.is_empty());
  }

  TEST_CASE("what is sent from within goes out behind it, and a closed one takes nothing") {
    std::string out;
    Outlet* self = nullptr;
    Outlet outlet([&](std::uint32_t kind, std::string_view bytes) {
      if (kind == 1) self->send(0, "second", 0);
      out += bytes;
      return true;
    });
    self = &outlet;
    outlet.send(1, "first ", 0);
    CHECK(out == "first second");
    outlet.close();
    outlet.send(0, "third", 0);
    CHECK(out == "first second");
  }

  TEST_CASE("many threads: all arrives once, one at a time, each thread's in order") {
    std::atomic<bool> inside{false};
    bool overlapped = false;
    std::vector<std::uint32_t> last(4, 0);
    bool disordered = false;
    std::size_t count = 0, given = 0;
    Outlet outlet(
        [&](std::uint32_t kind, std::string_view bytes) {
          overlapped = overlapped || inside.exchange(true);
          const auto number = static_cast<std::uint32_t>(std::stoul(std::string(bytes)));
          const bool refuses = number % 7 == 0 && count % 2 == 0;
          if (!refuses) {
            disordered = disordered || number != last[kind] + 1;
            last[kind] = number;
          }
          ++count;
          inside = false;
          return !refuses;
        },
        [&](std::size_t credit) { given += credit; });
    std::vector<std::thread> threads;
    for (std::uint32_t kind = 0; kind < 4; ++kind) {
      threads.emplace_back([&outlet, kind] {
        for (int i = 1; i <= 5000; ++i) {
          outlet.send(kind, std::to_string(i), 1);
          if (i % 5 == 0) outlet.retry();
        }
      });
    }
    for (auto& thread : threads) thread.join();
    while (!outlet.is_empty()) outlet.retry();
    CHECK_FALSE(overlapped);
    CHECK_FALSE(disordered);
    CHECK(given == 20'000);
  }
}
