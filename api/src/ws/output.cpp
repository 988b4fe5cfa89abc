#include "ws/output.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace nexus::api::ws {
namespace {

// Frames of one system call. More would only lengthen the time in which nobody else has a turn.
constexpr std::size_t kFrames = 64;
// Small frames are joined up to this size: copying them costs less than a place of their own.
constexpr std::size_t kJoined = 8 * 1024;

}  // namespace

ssize_t send_parts(int socket, iovec* parts, std::size_t count) noexcept {
  constexpr int kFlags = MSG_NOSIGNAL | MSG_DONTWAIT;
  // One frame, as a broadcast brings it, needs no message header: the kernel copies less.
  if (count == 1) return ::send(socket, parts->iov_base, parts->iov_len, kFlags);
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = count;
  return ::sendmsg(socket, &message, kFlags);
}

void Output::add(std::shared_ptr<const SharedFrame> frame) {
  data_ += frame->bytes().size();
  entries_.push_back({std::move(frame), {}, nullptr});
}

void Output::add(std::string_view header, std::string_view data, std::size_t from) {
  const bool joins = !entries_.empty() && entries_.back().frame == nullptr && entries_.back().written == nullptr &&
                     entries_.back().own.size() + header.size() + data.size() <= kJoined;
  if (!joins) entries_.emplace_back();
  auto& own = entries_.back().own;
  const auto skipped = std::min(from, header.size());
  own.append(header.substr(skipped)).append(data.substr(from - skipped));
  data_ += header.size() + data.size() - from;
}

void Output::add_unit(std::string bytes, std::unique_ptr<Written> written, bool first) {
  Entry entry{nullptr, std::move(bytes), std::move(written)};
  if (first) {
    entries_.push_front(std::move(entry));
  } else {
    entries_.push_back(std::move(entry));
  }
}

Output::Outcome Output::write_to(int socket, bool only_units) {
  while (!entries_.empty()) {
    std::array<iovec, kFrames> parts{};
    std::size_t count = 0;
    for (const auto& entry : entries_) {
      if (count == kFrames || (only_units && entry.written == nullptr)) break;
      auto bytes = entry.bytes();
      if (count == 0) bytes.remove_prefix(offset_);
      parts[count++] = {const_cast<char*>(bytes.data()), bytes.size()};
    }
    if (count == 0) return Outcome::done;
    const ssize_t size = send_parts(socket, parts.data(), count);
    if (size >= 0) {
      consume(static_cast<std::size_t>(size));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return Outcome::blocked;
    } else if (errno != EINTR) {
      return Outcome::broken;
    }
  }
  return Outcome::done;
}

void Output::consume(std::size_t bytes) {
  taken_ += bytes;
  while (!entries_.empty()) {
    auto& entry = entries_.front();
    const std::size_t left = entry.bytes().size() - offset_;
    const std::size_t used = std::min(bytes, left);
    if (entry.written == nullptr) data_ -= used;
    bytes -= used;
    if (used < left) {
      offset_ += used;
      return;
    }
    offset_ = 0;
    if (entry.written) entry.written->complete(true);
    entries_.pop_front();
  }
}

void Output::clear() {
  for (auto& entry : entries_) {
    if (entry.written) entry.written->complete(false);
  }
  entries_.clear();
  offset_ = data_ = 0;
}

}  // namespace nexus::api::ws
