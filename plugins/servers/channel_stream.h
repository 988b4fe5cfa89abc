// A stream of servers.ssh/1 joined to a channel on a server: what each side sends reaches the other, no faster than it
// takes it.
#pragma once

#include "ssh/channel.h"

#include <nexus/cpp/services.h>

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace nexus::servers {

// Both faces of the join. It holds at most what the two windows allow: bytes that the other side did not take are not
// counted as consumed, so their sender stops. Thread-safe.
class ChannelStream : public StreamEvents,
                      public ssh::ChannelEvents,
                      public std::enable_shared_from_this<ChannelStream> {
 public:
  enum class Kind { shell, get_file, put_file };

  ChannelStream(const Stream& stream, Kind kind) noexcept : stream_(stream), kind_(kind) {}

  // Once, when the channel exists; what came before is written to it.
  void attach(std::shared_ptr<ssh::Channel> channel);
  // Ends the stream with an error that the opener can decode.
  void refuse(const Error& error);

  // StreamEvents: from the plugin that opened the stream.
  void data(std::uint32_t kind, std::string_view bytes) override;
  void drained() override { flush_to_stream(); }
  void closed(Status why, std::string_view reason) override;

  // ChannelEvents: from the server.
  void opened(const ssh::Opened& opened) override;
  void data(std::string_view bytes) override;
  void writable() override { flush_to_channel(); }
  void exited(std::int64_t status, std::string_view signal) override;
  void closed(const ssh::Failure* failure) override;

 private:
  struct Message {
    std::uint32_t kind;
    std::string bytes;
  };

  void to_stream(std::uint32_t kind, std::string_view bytes);
  void flush_to_stream();
  void flush_to_channel();
  void control(std::string_view cbor);
  bool stream_takes(std::uint32_t kind, std::string_view bytes);
  bool channel_takes(const Message& message);

  const Stream stream_;
  const Kind kind_;
  std::mutex mutex_;  // never held while one of the two sides is called
  std::shared_ptr<ssh::Channel> channel_;
  std::deque<Message> for_stream_;
  std::deque<Message> for_channel_;
  bool flushing_stream_ = false;  // a thread is sending the front of for_stream_
  bool flushing_channel_ = false;
  bool stream_moved_ = false;  // something changed meanwhile: look again
  bool channel_moved_ = false;
  bool ending_ = false;  // the channel has ended; the stream follows when everything was taken
  Status end_status_ = Status::ok;
  std::string end_reason_;
  bool stream_closed_ = false;
  std::uint64_t received_ = 0;  // bytes for a file that is written
};

}  // namespace nexus::servers
