#include "channel_stream.h"

#include "failure_answer.h"

#include <nexus/cpp/contracts/ssh.h>

#include <algorithm>

namespace nexus::servers {
namespace {

using contracts::kSshBytes;
using contracts::kSshControl;

constexpr std::int64_t kLargestSide = 1'000;  // of a terminal, in characters

std::uint32_t side(const Json& size, const char* name) {
  return static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(optional_integer(size, name).value_or(0), 1, kLargestSide));
}

}  // namespace

void ChannelStream::attach(std::shared_ptr<ssh::Channel> channel) {
  std::unique_lock lock(mutex_);
  const bool is_late = stream_closed_ || ending_;
  if (!is_late) channel_ = channel;
  lock.unlock();
  if (is_late) return channel->close();
  flush_to_channel();
}

void ChannelStream::refuse(const Error& error) { stream_.close(error.status(), contracts::encode_cbor_answer(error)); }

// Input. Order counts, so a resize waits behind what was typed before it.
void ChannelStream::data(std::uint32_t kind, std::string_view bytes) {
  {
    const std::lock_guard lock(mutex_);
    for_channel_.push_back({kind, std::string(bytes)});
  }
  flush_to_channel();
}

void ChannelStream::closed(Status, std::string_view) {
  std::shared_ptr<ssh::Channel> channel;
  {
    const std::lock_guard lock(mutex_);
    stream_closed_ = true;
    channel = std::move(channel_);
    for_stream_.clear();
    for_channel_.clear();
  }
  if (channel) channel->close();
}

void ChannelStream::flush_to_channel() {
  std::unique_lock lock(mutex_);
  channel_moved_ = true;
  if (flushing_channel_) return;
  flushing_channel_ = true;
  while (channel_moved_ && channel_ && !for_channel_.empty()) {
    channel_moved_ = false;
    const auto message = std::move(for_channel_.front());
    for_channel_.pop_front();
    const auto channel = channel_;
    lock.unlock();
    const bool taken = channel_takes(message);
    if (taken) stream_.consumed(message.bytes.size());
    lock.lock();
    if (taken) {
      channel_moved_ = true;
    } else if (channel_) {
      for_channel_.push_front(message);
    }
  }
  flushing_channel_ = false;
}

bool ChannelStream::channel_takes(const Message& message) {
  if (message.kind == kSshControl) {
    control(message.bytes);
    return true;
  }
  std::shared_ptr<ssh::Channel> channel;
  {
    const std::lock_guard lock(mutex_);
    channel = channel_;
    received_ += message.bytes.size();
  }
  if (!channel || channel->write(message.bytes)) return true;
  const std::lock_guard lock(mutex_);
  received_ -= message.bytes.size();
  return false;
}

// What cannot be understood is left alone: the other side is a plugin, and its newer messages are not ours.
void ChannelStream::control(std::string_view cbor) {
  const auto value = contracts::from_cbor(cbor);
  std::shared_ptr<ssh::Channel> channel;
  {
    const std::lock_guard lock(mutex_);
    channel = channel_;
  }
  if (!value.ok() || !channel) return;
  if (const auto size = value->find("resize"); size != value->end() && size->is_object()) {
    channel->resize(side(*size, "cols"), side(*size, "rows"));
  }
  if (value->contains("end")) channel->send_eof();
}

void ChannelStream::opened(const ssh::Opened& opened) {
  Json about = Json::object();
  if (kind_ == Kind::get_file) about = {{"size", opened.size}, {"mode", opened.mode}};
  to_stream(kSshControl, contracts::to_cbor({{"opened", std::move(about)}}));
}

void ChannelStream::exited(std::int64_t status, std::string_view signal) {
  to_stream(kSshControl, contracts::to_cbor({{"exit", {{"status", status}, {"signal", signal}}}}));
}

void ChannelStream::data(std::string_view bytes) { to_stream(kSshBytes, bytes); }

void ChannelStream::closed(const ssh::Failure* failure) {
  if (failure == nullptr && kind_ == Kind::put_file) {
    to_stream(kSshControl, contracts::to_cbor({{"done", {{"size", received_}}}}));
  }
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    channel_ = nullptr;
    if (failure != nullptr) {
      const auto error = to_error(*failure);
      end_status_ = error.status() == Status::ok ? Status::unavailable : error.status();
      end_reason_ = contracts::encode_cbor_answer(error);
    }
  }
  flush_to_stream();
}

// Without a copy where nothing waits before it.
void ChannelStream::to_stream(std::uint32_t kind, std::string_view bytes) {
  std::unique_lock lock(mutex_);
  if (stream_closed_) return;
  if (!for_stream_.empty() || flushing_stream_) {
    for_stream_.push_back({kind, std::string(bytes)});
    lock.unlock();
    return flush_to_stream();
  }
  flushing_stream_ = true;
  stream_moved_ = false;
  lock.unlock();
  const bool taken = stream_takes(kind, bytes);
  lock.lock();
  flushing_stream_ = false;
  if (!taken && !stream_closed_) for_stream_.push_front({kind, std::string(bytes)});
  const bool look_again = stream_moved_;
  lock.unlock();
  if (look_again) flush_to_stream();
}

bool ChannelStream::stream_takes(std::uint32_t kind, std::string_view bytes) {
  if (stream_.send(kind, bytes) == Status::busy) return false;
  std::shared_ptr<ssh::Channel> channel;
  {
    const std::lock_guard lock(mutex_);
    channel = channel_;
  }
  if (channel && kind == kSshBytes) channel->consumed(bytes.size());
  return true;
}

void ChannelStream::flush_to_stream() {
  std::unique_lock lock(mutex_);
  stream_moved_ = true;
  if (flushing_stream_) return;
  flushing_stream_ = true;
  while (stream_moved_ && !for_stream_.empty() && !stream_closed_) {
    stream_moved_ = false;
    const auto message = std::move(for_stream_.front());
    for_stream_.pop_front();
    lock.unlock();
    const bool taken = stream_takes(message.kind, message.bytes);
    lock.lock();
    if (taken) {
      stream_moved_ = true;
    } else if (!stream_closed_) {
      for_stream_.push_front(message);
    }
  }
  flushing_stream_ = false;
  const bool ends = ending_ && for_stream_.empty() && !stream_closed_;
  lock.unlock();
  if (ends) stream_.close(end_status_, end_reason_);
}

}  // namespace nexus::servers
