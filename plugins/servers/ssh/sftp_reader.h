// Small files and file systems of one connection, over an SFTP channel that stays open.
#pragma once

#include "ssh/sftp_client.h"

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace nexus::servers::ssh {

// Only for the thread of the loop. Opens its channel when it is first asked; every question of one turn goes out in one
// packet.
class SftpReader : public std::enable_shared_from_this<SftpReader> {
 public:
  using Files = std::vector<std::optional<std::string>>;
  using Spaces = std::vector<std::optional<Space>>;
  using Opening = SftpClient::Opening;

  // Files below /proc and /sys that stay open: reading one again costs one packet and no fork.
  static constexpr std::size_t kMostHandles = 64;

  explicit SftpReader(std::shared_ptr<Multiplexer> session) : session_(std::move(session)) {}

  // `done` hears `ready` where questions may be asked now.
  void when_ready(std::function<void(Opening)> done);
  // nullopt: the channel ended. At most `limit` bytes of each file; nullopt for one that is absent or unreadable.
  void read_files(const std::vector<std::string>& paths, std::size_t limit,
                  std::function<void(std::optional<Files>)> done);
  // nullopt: the channel ended, or the server does not know the question (knows_spaces).
  void stat_file_systems(const std::vector<std::string>& paths, const std::function<void(std::optional<Spaces>)>& done);
  bool knows_spaces() const noexcept { return client_ != nullptr && client_->has_statvfs(); }
  // A small question; false: the channel has ended.
  void ping(std::function<void(bool)> done);

  bool usable() const noexcept { return client_ != nullptr && client_->usable(); }
  bool idle() const noexcept { return client_ == nullptr || (client_->usable() && client_->outstanding() == 0); }
  // Lets the channel go, for a server that allows few; `closed` runs when the server has noticed. The next question
  // opens another one.
  void give_up(std::function<void()> closed);

 private:
  struct Batch;
  struct Kept {
    std::string handle;
    std::list<std::string>::iterator used;
  };

  void read_one(const std::shared_ptr<Batch>& batch, std::size_t index);
  void open_one(const std::shared_ptr<Batch>& batch, std::size_t index);
  void read_on(const std::shared_ptr<Batch>& batch, std::size_t index, const std::string& handle, std::uint64_t offset);
  void take_data(const std::shared_ptr<Batch>& batch, std::size_t index, const std::string& handle,
                 const sftp::Reply* reply);
  void finish_one(const std::shared_ptr<Batch>& batch, std::size_t index, const std::string& handle);
  static void finish_batch(const std::shared_ptr<Batch>& batch);
  const std::string* kept_handle(const std::string& path);
  void keep_handle(const std::string& path, const std::string& handle);
  void drop_handle(const std::string& path);
  void close_handle(const std::string& handle);

  std::shared_ptr<Multiplexer> session_;
  std::shared_ptr<SftpClient> client_;
  bool opening_ = false;
  std::vector<std::function<void(Opening)>> waiting_;
  std::unordered_map<std::string, Kept> handles_;
  std::list<std::string> used_;  // the most recent in front
};

}  // namespace nexus::servers::ssh
