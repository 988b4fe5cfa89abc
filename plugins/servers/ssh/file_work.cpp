#include "ssh/file_work.h"

#include "ssh/command.h"
#include "ssh/sftp_client.h"

#include <deque>
#include <utility>

namespace nexus::servers::ssh {
namespace {

// Blocks on their way: enough for 25 MB/s at a round trip of 10 ms, and no more than the channel's window.
constexpr std::size_t kBlocksUnderWay = 8;
static_assert(kBlocksUnderWay * sftp::kBlock <= Channel::kWindow);
constexpr std::uint32_t kPermissionBits = 07777;
constexpr std::uint32_t kUsualMode = 0644;
constexpr std::uint32_t kNewFile = sftp::kWrite | sftp::kCreate | sftp::kExclusive;

// What both directions share: the channel's beginning and end.
class FileWork : public ChannelCore {
 public:
  FileWork(boost::asio::io_context& loop, std::string path, std::shared_ptr<ChannelEvents> events)
      : ChannelCore(loop, std::move(events)), path_(std::move(path)) {}

  void begin(const std::shared_ptr<Multiplexer>& session, Release release) override {
    release_ = std::move(release);
    client_ = std::make_shared<SftpClient>(session);
    client_->open([self = self_pointer()](SftpClient::Opening opening) { self->opened(opening); });
  }
  void cancel(const Failure& why) override {
    tell_closed(&why);
    if (client_ != nullptr && client_->usable()) give_up();
  }

 protected:
  // The client is ready.
  virtual void start() = 0;
  // Nobody wants it any more, or it failed: what was begun is cleaned away, then end() is called.
  virtual void give_up() = 0;

  std::shared_ptr<FileWork> self_pointer() { return std::static_pointer_cast<FileWork>(shared_from_this()); }

  // Sends a request made with `packet(id)`; `next` is not called where the channel has ended.
  template <class Packet>
  void ask(Packet packet, std::function<void(const sftp::Reply&)> next) {
    const auto id = client_->expect([self = self_pointer(), next = std::move(next)](const sftp::Reply* reply) {
      if (reply != nullptr) return next(*reply);
      self->broken();
    });
    client_->queue(packet(id));
  }

  void failed() {
    const Failure failure{Stage::exec, Fault::no_file, "the server refuses the file", {}};
    tell_closed(&failure);
    give_up();
  }
  void end() {
    if (std::exchange(ending_, true)) return;
    client_->close([self = self_pointer()] { self->release(End::done); });
  }

  SftpClient& client() noexcept { return *client_; }
  const std::string& path() const noexcept { return path_; }
  bool ending() const noexcept { return ending_; }

 private:
  void opened(SftpClient::Opening opening) {
    using Opening = SftpClient::Opening;
    if (opening == Opening::refused) return release(is_closed() ? End::done : End::refused);
    if (opening == Opening::ready && !is_closed()) return start();
    if (opening == Opening::ready) return end();
    const bool unsupported = opening == Opening::unsupported;
    const Failure failure{Stage::exec, unsupported ? Fault::no_file : Fault::dropped, "no SFTP", {}};
    tell_closed(&failure);
    release(End::done);
  }
  void broken() {
    const Failure failure{Stage::exec, Fault::dropped, "the connection ended", {}};
    tell_closed(&failure);
    end();
  }
  void release(End how) {
    if (const auto release = std::exchange(release_, nullptr)) release(how);
  }

  const std::string path_;
  Release release_;
  std::shared_ptr<SftpClient> client_;
  bool ending_ = false;
};

class GetWork final : public FileWork {
 public:
  using FileWork::FileWork;

 private:
  struct Block {
    std::uint64_t offset = 0;
    std::uint32_t wanted = 0;
    bool answered = false;
    std::string data;
  };

  std::shared_ptr<GetWork> self() { return std::static_pointer_cast<GetWork>(shared_from_this()); }

  void start() override {
    ask([this](auto id) { return sftp::open_packet(id, path(), sftp::kRead, std::nullopt); },
        [self = self()](const sftp::Reply& reply) {
          const auto handle = reply.handle();
          if (!handle) return self->failed();
          self->handle_ = *handle;
          self->look();
        });
  }

  void look() {
    ask([this](auto id) { return sftp::plain_packet(sftp::Type::fstat, id, handle_); },
        [self = self()](const sftp::Reply& reply) {
          const auto found = reply.attributes();
          if (!found) return self->failed();
          self->tell_opened({found->size.value_or(0), found->permissions.value_or(0) & kPermissionBits});
          self->read_on();
        });
  }

  // Asks for as many blocks as the user has room for.
  void read_on() {
    while (!at_end_ && !is_closed() && blocks_.size() < kBlocksUnderWay && has_room_for(blocks_.size() + 1)) {
      auto block = std::make_shared<Block>(Block{next_, sftp::kBlock, false, {}});
      next_ += sftp::kBlock;
      blocks_.push_back(block);
      request(block);
    }
    if (at_end_ && blocks_.empty()) finish();
  }

  bool has_room_for(std::size_t blocks) { return room(blocks * sftp::kBlock) >= blocks * sftp::kBlock; }

  void request(const std::shared_ptr<Block>& block) {
    const auto offset = block->offset + block->data.size();
    const auto size = block->wanted - static_cast<std::uint32_t>(block->data.size());
    ask([&](auto id) { return sftp::read_packet(id, handle_, offset, size); },
        [self = self(), block](const sftp::Reply& reply) { self->take(block, reply); });
  }

  void take(const std::shared_ptr<Block>& block, const sftp::Reply& reply) {
    const auto data = reply.data();
    if (!data && reply.status() != sftp::Status::end_of_file) return failed();
    if (data) block->data += *data;
    if (data && !data->empty() && block->data.size() < block->wanted) return request(block);  // a short read
    at_end_ = at_end_ || !data;
    block->answered = true;
    while (!blocks_.empty() && blocks_.front()->answered) {
      const auto first = std::move(blocks_.front());
      blocks_.pop_front();
      if (!first->data.empty()) give(first->data);
    }
    read_on();
  }

  void finish() {
    tell_closed(nullptr);
    give_up();
  }
  void give_up() override { end(); }  // the server closes the handle with the channel
  void woken() override {
    if (!handle_.empty() && !ending()) read_on();
  }

  std::string handle_;
  std::uint64_t next_ = 0;
  std::deque<std::shared_ptr<Block>> blocks_;
  bool at_end_ = false;
};

class PutWork final : public FileWork {
 public:
  PutWork(boost::asio::io_context& loop, std::string path, std::uint32_t mode, std::shared_ptr<ChannelEvents> events)
      : FileWork(loop, std::move(path), std::move(events)),
        mode_(mode),
        temporary_(this->path() + "." + make_nonce()) {}

 private:
  std::shared_ptr<PutWork> self() { return std::static_pointer_cast<PutWork>(shared_from_this()); }

  void start() override {
    ask([this](auto id) { return sftp::plain_packet(sftp::Type::stat, id, path()); },
        [self = self()](const sftp::Reply& reply) {
          const auto found = reply.attributes();
          self->exists_ = found.has_value();
          if (self->mode_ == 0 && found) self->mode_ = found->permissions.value_or(kUsualMode) & kPermissionBits;
          if (self->mode_ == 0) self->mode_ = kUsualMode;
          self->create();
        });
  }

  void create() {
    ask([this](auto id) { return sftp::open_packet(id, temporary_, kNewFile, mode_); },
        [self = self()](const sftp::Reply& reply) {
          const auto handle = reply.handle();
          if (!handle) return self->failed();
          self->handle_ = *handle;
          self->set_mode();
        });
  }

  // The remote umask has had its say when the file was made.
  void set_mode() {
    ask([this](auto id) { return sftp::set_permissions_packet(id, temporary_, mode_); },
        [self = self()](const sftp::Reply&) {
          self->tell_opened({});
          self->write_on();
        });
  }

  void write_on() {
    while (under_way_ < kBlocksUnderWay && !is_closed()) {
      if (sent_ == out_.size()) {
        out_.clear();
        sent_ = 0;
        take_input(out_);
      }
      const auto block = std::string_view(out_).substr(sent_, sftp::kBlock);
      if (block.empty()) break;
      write_block(block);
    }
    if (under_way_ == 0 && sent_ == out_.size() && eof_wanted() && !is_closed()) sync();
  }

  void write_block(std::string_view block) {
    ++under_way_;
    ask([&](auto id) { return sftp::write_packet(id, handle_, offset_, block); },
        [self = self()](const sftp::Reply& reply) {
          --self->under_way_;
          if (reply.status() != sftp::Status::ok) return self->failed();
          self->write_on();
        });
    offset_ += block.size();
    sent_ += block.size();
  }

  void sync() {
    if (std::exchange(syncing_, true)) return;
    if (!client().has_fsync()) return close_file();
    ask([this](auto id) { return sftp::extended_packet(id, "fsync@openssh.com", handle_); },
        [self = self()](const sftp::Reply& reply) {
          reply.status() == sftp::Status::ok ? self->close_file() : self->failed();
        });
  }

  void close_file() {
    ask([this](auto id) { return sftp::plain_packet(sftp::Type::close, id, handle_); },
        [self = self()](const sftp::Reply& reply) {
          if (reply.status() != sftp::Status::ok) return self->failed();
          // Version 3 renames onto nothing only; without the extension there is a moment without the file.
          if (self->client().has_posix_rename() || !self->exists_) return self->rename();
          self->ask([self](auto id) { return sftp::plain_packet(sftp::Type::remove, id, self->path()); },
                    [self](const sftp::Reply&) { self->rename(); });
        });
  }

  void rename() {
    ask(
        [this](auto id) {
          if (!client().has_posix_rename()) return sftp::rename_packet(id, temporary_, path());
          return sftp::extended_packet(id, "posix-rename@openssh.com", temporary_, path());
        },
        [self = self()](const sftp::Reply& reply) {
          if (reply.status() != sftp::Status::ok) return self->failed();
          self->handle_.clear();
          self->tell_closed(nullptr);
          self->end();
        });
  }

  void give_up() override {
    if (handle_.empty() || ending() || std::exchange(cleaning_, true)) return end();
    ask([this](auto id) { return sftp::plain_packet(sftp::Type::remove, id, temporary_); },
        [self = self()](const sftp::Reply&) { self->end(); });
  }
  void woken() override {
    if (!handle_.empty() && !ending()) write_on();
  }

  std::uint32_t mode_;
  const std::string temporary_;
  bool exists_ = false;
  std::string handle_;
  std::string out_;
  std::size_t sent_ = 0;
  std::uint64_t offset_ = 0;
  std::size_t under_way_ = 0;
  bool syncing_ = false;
  bool cleaning_ = false;
};

}  // namespace

std::shared_ptr<ChannelCore> make_get_work(boost::asio::io_context& loop, std::string path,
                                           std::shared_ptr<ChannelEvents> events) {
  return std::make_shared<GetWork>(loop, std::move(path), std::move(events));
}

std::shared_ptr<ChannelCore> make_put_work(boost::asio::io_context& loop, std::string path, std::uint32_t mode,
                                           std::shared_ptr<ChannelEvents> events) {
  return std::make_shared<PutWork>(loop, std::move(path), mode, std::move(events));
}

}  // namespace nexus::servers::ssh
