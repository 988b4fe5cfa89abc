// A stream of servers.ssh/1 joined to a channel on a server: what each side sends reaches the other, no faster than it
// takes it.
#pragma once

#include "ssh/channel.h"

#include <nexus/cpp/json.h>
#include <nexus/cpp/outlet.h>
#include <nexus/cpp/services.h>

#include <memory>
#include <mutex>
#include <string>

namespace nexus::servers {

// Columns or rows of a terminal, from what another plugin says.
std::uint32_t terminal_side(std::int64_t asked) noexcept;

// Both faces of the join. It holds at most what the two windows allow: bytes that the other side did not take are not
// counted as consumed, so their sender stops. Thread-safe.
class ChannelStream : public StreamEvents, public ssh::ChannelEvents {
 public:
  enum class Kind { shell, get_file, put_file };

  ChannelStream(const Stream& stream, Kind kind);

  // Once, when the channel exists; what came before is written to it.
  void attach(const std::shared_ptr<ssh::Channel>& channel);
  // Ends the stream with an error that the opener can decode.
  void refuse(const Error& error) const;

  // StreamEvents: from the plugin that opened the stream.
  void data(std::uint32_t kind, std::string_view bytes) override { to_channel_.send(kind, bytes, bytes.size()); }
  void drained() override;
  void closed(Status why, std::string_view reason) override;

  // ChannelEvents: from the server.
  void opened(const ssh::Opened& opened) override;
  void data(std::string_view bytes) override;
  void writable() override { to_channel_.retry(); }
  void exited(std::int64_t status, std::string_view signal) override;
  void closed(const ssh::Failure* failure) override;

 private:
  bool write(std::uint32_t kind, std::string_view bytes);
  void tell(std::string_view name, Json about);
  void end_if_told();
  std::shared_ptr<ssh::Channel> channel() const;

  const Stream stream_;
  const Kind kind_;
  Outlet to_stream_;
  Outlet to_channel_;  // takes nothing before attach

  mutable std::mutex mutex_;  // never held while one of the two sides is called
  std::shared_ptr<ssh::Channel> channel_;
  bool ending_ = false;  // the channel has ended; the stream follows when everything was taken
  bool stream_closed_ = false;
  Status end_status_ = Status::ok;
  std::string end_reason_;
  std::uint64_t written_ = 0;  // bytes, of a file
};

}  // namespace nexus::servers
