#include "http/output_queue.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace nexus::api::http {
namespace {

// Copying that many bytes costs less than another segment.
constexpr std::size_t kCopiedBody = 16 * 1024;
// Segments in one sendmsg; a batch of small answers is one.
constexpr std::size_t kVectors = 16;
// Room in the list that an idle connection keeps.
constexpr std::size_t kKeptSegments = 2;
// A string that grew larger is freed rather than kept.
constexpr std::size_t kSpareBytes = 64 * 1024;

}  // namespace

std::string& OutputQueue::tail() {
  if (!tail_open_) {
    segments_.emplace_back();
    if (spare_ != nullptr) segments_.back().swap(*spare_);
    tail_open_ = true;
  }
  return segments_.back();
}

void OutputQueue::append_body(std::string&& body) {
  if (body.size() <= kCopiedBody) {
    tail().append(body);
    return;
  }
  segments_.push_back(std::move(body));
  tail_open_ = false;
}

OutputQueue::Outcome OutputQueue::write_to(int socket, std::size_t& written) {
  while (first_ < segments_.size()) {
    std::array<iovec, kVectors> vectors;
    const std::size_t count = std::min(kVectors, segments_.size() - first_);
    for (std::size_t i = 0; i < count; ++i) {
      std::string& segment = segments_[first_ + i];
      const std::size_t skip = i == 0 ? offset_ : 0;
      vectors[i] = {segment.data() + skip, segment.size() - skip};
    }
    msghdr message{};
    message.msg_iov = vectors.data();
    message.msg_iovlen = count;
    const ssize_t sent = ::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) {
      if (errno == EINTR) continue;
      return errno == EAGAIN || errno == EWOULDBLOCK ? Outcome::blocked : Outcome::broken;
    }
    written += static_cast<std::size_t>(sent);
    consume(static_cast<std::size_t>(sent));
  }
  recycle();
  return Outcome::drained;
}

void OutputQueue::consume(std::size_t bytes) {
  offset_ += bytes;
  while (first_ < segments_.size() && offset_ >= segments_[first_].size()) {
    offset_ -= segments_[first_].size();
    if (first_ + 1 < segments_.size() || !tail_open_) std::string().swap(segments_[first_]);
    ++first_;
  }
}

void OutputQueue::recycle() {
  if (tail_open_ && spare_ != nullptr && spare_->capacity() == std::string().capacity() &&
      segments_.back().capacity() <= kSpareBytes) {
    segments_.back().clear();
    spare_->swap(segments_.back());
  }
  segments_.clear();
  if (segments_.capacity() > kKeptSegments) segments_.shrink_to_fit();
  first_ = offset_ = 0;
  tail_open_ = false;
}

std::size_t OutputQueue::size() const noexcept {
  std::size_t total = 0;
  for (std::size_t i = first_; i < segments_.size(); ++i) total += segments_[i].size();
  return total - offset_;
}

}  // namespace nexus::api::http
