// What waits for one client, in order: data frames of ours and whatever Beast writes, each as one unit, so that a
// control frame never splits a data frame. For one thread at a time.
#pragma once

#include "ws/frame.h"

#include <sys/uio.h>

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace nexus::api::ws {

// What is told when a unit was written, or never will be.
class Written {
 public:
  virtual ~Written() = default;
  virtual void complete(bool written) = 0;
};

// Without waiting and without a signal; answers as send(2).
ssize_t send_parts(int socket, iovec* parts, std::size_t count) noexcept;

class Output {
 public:
  enum class Outcome { done, blocked, broken };

  void add(std::shared_ptr<const SharedFrame> frame);
  // `header` and `data` from their byte `from` on; small ones are joined.
  void add(std::string_view header, std::string_view data, std::size_t from = 0);
  // Bytes of Beast's; `first` puts them before all else (the handshake).
  void add_unit(std::string bytes, std::unique_ptr<Written> written, bool first);
  // Writes what the socket takes, all that fits in one system call at a time. `only_units` stops before data.
  Outcome write_to(int socket, bool only_units);
  void clear();

  bool empty() const noexcept { return entries_.empty(); }
  std::size_t data() const noexcept { return data_; }    // bytes of messages that wait
  std::size_t taken() const noexcept { return taken_; }  // bytes that went out, ever

 private:
  struct Entry {
    std::shared_ptr<const SharedFrame> frame;  // null: `own`
    std::string own;
    std::unique_ptr<Written> written;  // null: data
    std::string_view bytes() const noexcept { return frame ? frame->bytes() : std::string_view(own); }
  };
  void consume(std::size_t bytes);

  std::deque<Entry> entries_;
  std::size_t offset_ = 0;  // sent bytes of the first entry
  std::size_t data_ = 0;
  std::size_t taken_ = 0;
};

}  // namespace nexus::api::ws
