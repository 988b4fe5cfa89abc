// A TCP proxy on loopback that can be frozen, cut and slowed down, to play a network that fails.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <list>
#include <mutex>
#include <thread>

namespace nexus::test {

// Thread-safe.
class TcpProxy {
 public:
  explicit TcpProxy(std::uint16_t target_port);
  ~TcpProxy();
  TcpProxy(const TcpProxy&) = delete;
  TcpProxy& operator=(const TcpProxy&) = delete;

  std::uint16_t port() const noexcept { return port_; }
  // Nothing passes any more and nothing ends, as where a router forgot the connection: the peer's kernel still answers.
  void freeze() noexcept { frozen_ = true; }
  void thaw() noexcept { frozen_ = false; }
  // Resets every connection; new ones are let in, unless `refuse`: then they are reset as well.
  void cut() noexcept { ++cuts_; }
  void refuse(bool refuse) noexcept { refusing_ = refuse; }
  // Of every chunk, in either direction.
  void delay(std::chrono::milliseconds time) noexcept { delay_ = time; }
  // So far, and of them open now.
  int accepted() const noexcept { return accepted_; }
  int open() const noexcept { return open_; }
  // The most that were open at once.
  int most_open() const noexcept { return most_open_; }

 private:
  struct Pair {
    int client = -1;
    int server = -1;
    bool client_ended = false;
    bool server_ended = false;
  };

  void serve();
  void accept_one();
  bool pass(int from, int to, bool& ended) const;
  void end(Pair& pair, bool reset);

  std::uint16_t target_port_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  std::list<Pair> pairs_;  // of the thread
  std::atomic<bool> stopping_{false};
  std::atomic<bool> frozen_{false};
  std::atomic<bool> refusing_{false};
  std::atomic<int> cuts_{0};
  std::atomic<int> accepted_{0};
  std::atomic<int> open_{0};
  std::atomic<int> most_open_{0};
  std::atomic<std::chrono::milliseconds> delay_{std::chrono::milliseconds(0)};
  std::thread thread_;
};

}  // namespace nexus::test
