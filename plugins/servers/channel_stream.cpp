#include "channel_stream.h"

#include "failure_answer.h"

#include <nexus/cpp/contracts/ssh.h>

#include <algorithm>

namespace nexus::servers {
namespace {

using contracts::kSshBytes;
using contracts::kSshControl;

std::uint32_t side(const Json& size, const char* name) {
  return terminal_side(optional_integer(size, name).value_or(0));
}

// What cannot be understood is left alone: the other side is a plugin, and its newer messages are not ours.
void control(ssh::Channel& channel, std::string_view cbor) {
  const auto value = contracts::from_cbor(cbor);
  if (!value.ok()) return;
  if (const auto size = value->find("resize"); size != value->end() && size->is_object()) {
    channel.resize(side(*size, "cols"), side(*size, "rows"));
  }
  if (value->contains("end")) channel.send_eof();
}

}  // namespace

std::uint32_t terminal_side(std::int64_t asked) noexcept {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(asked, 1, contracts::kLargestTerminalSide));
}

ChannelStream::ChannelStream(const Stream& stream, Kind kind)
    : stream_(stream),
      kind_(kind),
      to_stream_(
          [this](std::uint32_t type, std::string_view bytes) { return stream_.send(type, bytes) != Status::busy; },
          [this](std::size_t credit) {
            if (const auto from = channel(); from && credit != 0) from->consumed(credit);
          }),
      to_channel_([this](std::uint32_t type, std::string_view bytes) { return write(type, bytes); },
                  [this](std::size_t credit) { stream_.consumed(credit); }) {}

std::shared_ptr<ssh::Channel> ChannelStream::channel() const {
  const std::lock_guard lock(mutex_);
  return channel_;
}

void ChannelStream::attach(const std::shared_ptr<ssh::Channel>& channel) {
  bool is_late = false;
  {
    const std::lock_guard lock(mutex_);
    is_late = stream_closed_ || ending_;
    if (!is_late) channel_ = channel;
  }
  if (is_late) return channel->close();
  to_channel_.retry();
}

void ChannelStream::refuse(const Error& error) const {
  stream_.close(error.status(), contracts::encode_cbor_answer(error));
}

void ChannelStream::drained() {
  to_stream_.retry();
  end_if_told();
}

void ChannelStream::closed(Status, std::string_view) {
  std::shared_ptr<ssh::Channel> channel;
  {
    const std::lock_guard lock(mutex_);
    stream_closed_ = true;
    channel = std::move(channel_);
  }
  to_stream_.close();
  to_channel_.close();
  if (channel) channel->close();
}

// Order counts: a resize waits behind what was typed before it.
bool ChannelStream::write(std::uint32_t kind, std::string_view bytes) {
  const auto to = channel();
  if (!to) return false;
  if (kind == kSshControl) {
    control(*to, bytes);
    return true;
  }
  // Before it is written, because the end of a file may be told from within.
  {
    const std::lock_guard lock(mutex_);
    written_ += bytes.size();
  }
  if (to->write(bytes)) return true;
  const std::lock_guard lock(mutex_);
  written_ -= bytes.size();
  return false;
}

void ChannelStream::tell(std::string_view name, Json about) {
  to_stream_.send(kSshControl, contracts::to_cbor({{name, std::move(about)}}), 0);
  end_if_told();
}

void ChannelStream::opened(const ssh::Opened& opened) {
  if (kind_ == Kind::get_file) return tell("opened", {{"size", opened.size}, {"mode", opened.mode}});
  tell("opened", Json::object());
}

void ChannelStream::exited(std::int64_t status, std::string_view signal) {
  tell("exit", {{"status", status}, {"signal", signal}});
}

void ChannelStream::data(std::string_view bytes) {
  to_stream_.send(kSshBytes, bytes, bytes.size());
  end_if_told();
}

void ChannelStream::closed(const ssh::Failure* failure) {
  if (failure == nullptr && kind_ == Kind::put_file) {
    std::uint64_t size = 0;
    {
      const std::lock_guard lock(mutex_);
      size = written_;
    }
    tell("done", {{"size", size}});
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
  end_if_told();
}

// The stream's end stands behind everything that the channel said.
void ChannelStream::end_if_told() {
  {
    const std::lock_guard lock(mutex_);
    if (!ending_ || stream_closed_) return;
  }
  if (to_stream_.is_empty()) stream_.close(end_status_, end_reason_);
}

}  // namespace nexus::servers
