#include "ssh/sftp_reader.h"

#include <utility>

namespace nexus::servers::ssh {
namespace {

// A reply below it was always the whole of a file in /proc; longer ones are read on.
constexpr std::size_t kSurelyWhole = 3'500;

bool is_kept_open(const std::string& path) { return path.starts_with("/proc/") || path.starts_with("/sys/"); }

}  // namespace

struct SftpReader::Batch {
  std::vector<std::string> paths;
  std::size_t limit = 0;
  std::function<void(std::optional<Files>)> done;
  Files files;
  std::vector<bool> reopened;  // its handle was stale once
  std::size_t left = 0;
  bool broken = false;
};

void SftpReader::when_ready(std::function<void(Opening)> done) {
  if (usable()) return done(Opening::ready);
  waiting_.push_back(std::move(done));
  if (std::exchange(opening_, true)) return;
  handles_.clear();
  used_.clear();
  client_ = std::make_shared<SftpClient>(session_);
  client_->open([self = shared_from_this()](Opening opening) {
    self->opening_ = false;
    if (opening != Opening::ready) self->client_ = nullptr;
    for (auto& waiting : std::exchange(self->waiting_, {})) waiting(opening);
  });
}

void SftpReader::read_files(const std::vector<std::string>& paths, std::size_t limit,
                            std::function<void(std::optional<Files>)> done) {
  if (!usable()) return done(std::nullopt);
  if (paths.empty()) return done(Files{});
  auto batch = std::make_shared<Batch>();
  batch->paths = paths;
  batch->limit = limit;
  batch->done = std::move(done);
  batch->files.resize(paths.size());
  batch->reopened.resize(paths.size());
  batch->left = paths.size();
  for (std::size_t i = 0; i < paths.size(); ++i) read_one(batch, i);
}

void SftpReader::read_one(const std::shared_ptr<Batch>& batch, std::size_t index) {
  if (const auto* handle = kept_handle(batch->paths[index])) return read_on(batch, index, *handle, 0);
  open_one(batch, index);
}

void SftpReader::open_one(const std::shared_ptr<Batch>& batch, std::size_t index) {
  const auto& path = batch->paths[index];
  const auto id = client_->expect([self = shared_from_this(), batch, index](const sftp::Reply* reply) {
    const auto handle = reply == nullptr ? std::nullopt : reply->handle();
    if (!handle) {
      batch->broken = batch->broken || reply == nullptr;
      return finish_batch(batch);
    }
    const std::string kept(*handle);
    if (is_kept_open(batch->paths[index])) self->keep_handle(batch->paths[index], kept);
    self->read_on(batch, index, kept, 0);
  });
  client_->queue(sftp::open_packet(id, path, sftp::kRead, std::nullopt));
}

void SftpReader::read_on(const std::shared_ptr<Batch>& batch, std::size_t index, const std::string& handle,
                         std::uint64_t offset) {
  if (client_ == nullptr) return finish_batch(batch);
  const auto id = client_->expect([self = shared_from_this(), batch, index, handle](const sftp::Reply* reply) {
    self->take_data(batch, index, handle, reply);
  });
  const auto wanted = std::min<std::size_t>(batch->limit - static_cast<std::size_t>(offset), sftp::kBlock);
  client_->queue(sftp::read_packet(id, handle, offset, static_cast<std::uint32_t>(wanted)));
}

void SftpReader::take_data(const std::shared_ptr<Batch>& batch, std::size_t index, const std::string& handle,
                           const sftp::Reply* reply) {
  if (reply == nullptr) {
    batch->broken = true;
    return finish_batch(batch);
  }
  auto& file = batch->files[index];
  const auto data = reply->data();
  if (!data) {
    if (reply->status() == sftp::Status::end_of_file) {
      if (!file) file.emplace();
      return finish_one(batch, index, handle);
    }
    file.reset();
    drop_handle(batch->paths[index]);
    if (!is_kept_open(batch->paths[index]) || batch->reopened[index]) return finish_one(batch, index, handle);
    batch->reopened[index] = true;  // the handle may have been stale
    close_handle(handle);
    return open_one(batch, index);
  }
  if (!file) file.emplace();
  file->append(*data);
  const bool whole = is_kept_open(batch->paths[index]) && file->size() < kSurelyWhole;
  if (whole || file->size() >= batch->limit) return finish_one(batch, index, handle);
  read_on(batch, index, handle, file->size());
}

void SftpReader::finish_one(const std::shared_ptr<Batch>& batch, std::size_t index, const std::string& handle) {
  const bool is_kept = handles_.contains(batch->paths[index]) && handles_[batch->paths[index]].handle == handle;
  if (!is_kept) close_handle(handle);
  finish_batch(batch);
}

void SftpReader::finish_batch(const std::shared_ptr<Batch>& batch) {
  if (--batch->left != 0) return;
  const auto done = std::exchange(batch->done, nullptr);
  batch->broken ? done(std::nullopt) : done(std::move(batch->files));
}

void SftpReader::stat_file_systems(const std::vector<std::string>& paths,
                                   const std::function<void(std::optional<Spaces>)>& done) {
  struct Answers {
    Spaces spaces;
    std::size_t left;
    bool broken = false;
  };
  if (!usable() || !knows_spaces()) return done(std::nullopt);
  if (paths.empty()) return done(Spaces{});
  const auto answers = std::make_shared<Answers>(Answers{Spaces(paths.size()), paths.size()});
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const auto id = client_->expect([answers, i, done](const sftp::Reply* reply) {
      if (reply == nullptr) answers->broken = true;
      if (reply != nullptr) answers->spaces[i] = reply->space();
      if (--answers->left == 0) answers->broken ? done(std::nullopt) : done(std::move(answers->spaces));
    });
    client_->queue(sftp::extended_packet(id, "statvfs@openssh.com", paths[i]));
  }
}

void SftpReader::ping(std::function<void(bool)> done) {
  if (!usable()) return done(false);
  const auto id = client_->expect([done = std::move(done)](const sftp::Reply* reply) { done(reply != nullptr); });
  client_->queue(sftp::plain_packet(sftp::Type::realpath, id, "."));
}

void SftpReader::give_up(std::function<void()> closed) {
  handles_.clear();
  used_.clear();
  const auto client = std::exchange(client_, nullptr);
  if (client == nullptr) return closed();
  client->close(std::move(closed));
}

const std::string* SftpReader::kept_handle(const std::string& path) {
  const auto found = handles_.find(path);
  if (found == handles_.end()) return nullptr;
  used_.splice(used_.begin(), used_, found->second.used);
  return &found->second.handle;
}

void SftpReader::keep_handle(const std::string& path, const std::string& handle) {
  // Two questions at once may have opened it twice: the second stays.
  if (const auto* old = kept_handle(path)) close_handle(*old);
  drop_handle(path);
  if (handles_.size() >= kMostHandles) {
    const auto oldest = used_.back();
    close_handle(handles_[oldest].handle);
    drop_handle(oldest);
  }
  used_.push_front(path);
  handles_[path] = {handle, used_.begin()};
}

void SftpReader::drop_handle(const std::string& path) {
  const auto found = handles_.find(path);
  if (found == handles_.end()) return;
  used_.erase(found->second.used);
  handles_.erase(found);
}

void SftpReader::close_handle(const std::string& handle) {
  if (!usable()) return;
  const auto id = client_->expect([](const sftp::Reply*) {});
  client_->queue(sftp::plain_packet(sftp::Type::close, id, handle));
}

}  // namespace nexus::servers::ssh
