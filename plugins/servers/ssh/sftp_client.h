// SFTP on one channel, with any number of requests on their way: libssh2's own allows one read at a time.
#pragma once

#include "ssh/session_channel.h"
#include "ssh/sftp_packet.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace nexus::servers::ssh {

// Only for the thread of the loop. While it is open it always reads, so it also notices the end of the connection.
class SftpClient : public std::enable_shared_from_this<SftpClient> {
 public:
  // Null: the channel has ended.
  using OnReply = std::function<void(const sftp::Reply* reply)>;
  enum class Opening { ready, refused, unsupported, broken };

  explicit SftpClient(const std::shared_ptr<Multiplexer>& session);

  void open(std::function<void(Opening)> done);
  bool usable() const noexcept { return state_ == State::ready; }
  bool has_statvfs() const noexcept { return has_statvfs_; }
  bool has_fsync() const noexcept { return has_fsync_; }
  bool has_posix_rename() const noexcept { return has_posix_rename_; }
  std::size_t outstanding() const noexcept { return waiting_.size(); }

  // An id for a request's packet; its reply comes to `on_reply`.
  std::uint32_t expect(OnReply on_reply);
  // Several packets that are queued in one turn go out together.
  void queue(std::string_view packet);

  // Closes the channel; what waits hears null. `closed` runs when the server has closed it as well.
  void close(std::function<void()> closed);

 private:
  enum class State { opening, ready, closing, closed };

  void started(int code, const std::function<void(Opening)>& done);
  int pump();
  void take_replies();
  void ended();

  const std::shared_ptr<SessionChannel> channel_;
  State state_ = State::opening;
  bool has_statvfs_ = false;
  bool has_fsync_ = false;
  bool has_posix_rename_ = false;
  std::uint32_t next_id_ = 1;
  std::unordered_map<std::uint32_t, OnReply> waiting_;
  std::string out_;
  std::size_t sent_ = 0;  // of out_
  std::string in_;
  std::function<void(Opening)> on_version_;
  std::function<void()> on_closed_;
};

}  // namespace nexus::servers::ssh
