// A blocking TCP client that sends exactly the bytes it is given, for tests of what a well-behaved client never does.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace nexus::test {

// One HTTP answer as it came.
struct RawAnswer {
  int status = 0;      // 0: none came in time
  std::string header;  // with the status line and the empty line
  std::string body;

  // The value of that field, found without regard to case; empty where absent.
  std::string field(std::string_view name) const;
};

class RawClient {
 public:
  static constexpr std::chrono::milliseconds kPatience{10'000};

  // Throws std::runtime_error where the connection fails. `receive_buffer` in bytes, 0 is the system's.
  explicit RawClient(std::uint16_t port, const char* host = "127.0.0.1", int receive_buffer = 0);
  RawClient(RawClient&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)), received_(std::move(other.received_)) {}
  RawClient& operator=(RawClient&&) = delete;
  ~RawClient() { close(); }

  // False where the other end took no more, in time.
  bool send(std::string_view bytes);
  void shut_writing();
  void close();
  // Ends the connection with a reset.
  void reset();

  // The next answer, by Content-Length; `head` for the answer of a HEAD request, which has no body. Interim answers
  // (1xx) are answers of their own.
  RawAnswer read_answer(bool head = false, std::chrono::milliseconds patience = kPatience);
  // All that comes until the other end closes, or until nothing more comes in time.
  std::string read_all(std::chrono::milliseconds patience = kPatience);
  // True where the other end closes (or resets) in time; what it sends meanwhile is dropped.
  bool closed_within(std::chrono::milliseconds patience);
  int socket() const noexcept { return socket_; }

 private:
  enum class Read { some, end, late };
  Read read_some(std::chrono::steady_clock::time_point until);

  int socket_ = -1;
  std::string received_;  // not handed out yet
};

}  // namespace nexus::test
