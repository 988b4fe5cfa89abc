// Bytes of answers that the socket has not taken yet, in order. Used by one thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::api::http {

class OutputQueue {
 public:
  enum class Outcome { drained, blocked, broken };

  // A string at whose end a small amount may be written; it joins what is sent together.
  std::string& tail();
  // A large body goes out from where it is, a small one is copied to the tail.
  void append_body(std::string&& body);

  // Writes as much as the socket takes; never raises SIGPIPE. What was written is added to `written`.
  Outcome write_to(int socket, std::size_t& written);

  std::size_t size() const noexcept;  // bytes that wait
  bool empty() const noexcept { return segments_.empty(); }
  // Gives all memory back, but one small string to `spare`, and takes it from there when it is needed again.
  void use_spare(std::string* spare) noexcept { spare_ = spare; }

 private:
  void consume(std::size_t bytes);
  void recycle();

  std::vector<std::string> segments_;  // each but the last is closed: only the last is written to
  std::size_t first_ = 0;              // segments before it are sent
  std::size_t offset_ = 0;             // sent bytes of the first segment
  bool tail_open_ = false;
  std::string* spare_ = nullptr;
};

}  // namespace nexus::api::http
