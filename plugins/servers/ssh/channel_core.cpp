#include "ssh/channel_core.h"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace nexus::servers::ssh {
namespace {

class UsersChannel final : public Channel {
 public:
  UsersChannel(std::shared_ptr<ChannelCore> core, Ticket ticket, std::shared_ptr<const void> loops)
      : loops_(std::move(loops)), core_(std::move(core)), ticket_(std::move(ticket)) {}
  UsersChannel(const UsersChannel&) = delete;
  UsersChannel& operator=(const UsersChannel&) = delete;
  ~UsersChannel() override { ticket_.cancel(); }

  bool write(std::string_view bytes) override { return core_->write(bytes); }
  void consumed(std::size_t bytes) override { core_->consumed(bytes); }
  void resize(std::uint32_t cols, std::uint32_t rows) override { core_->resize(cols, rows); }
  void send_eof() override { core_->send_eof(); }
  void close() override { ticket_.cancel(); }

 private:
  std::shared_ptr<const void> loops_;  // goes last
  std::shared_ptr<ChannelCore> core_;
  Ticket ticket_;
};

}  // namespace

bool ChannelCore::write(std::string_view bytes) {
  {
    const std::lock_guard lock(mutex_);
    if (input_.size() >= Channel::kWindow) {
      refused_write_ = true;
      return false;
    }
    input_ += bytes;
  }
  wake();
  return true;
}

void ChannelCore::consumed(std::size_t bytes) {
  {
    const std::lock_guard lock(mutex_);
    unconsumed_ -= std::min(unconsumed_, bytes);
    if (wanted_room_ == 0 || unconsumed_ + wanted_room_ > Channel::kWindow) return;
    wanted_room_ = 0;
  }
  wake();
}

void ChannelCore::resize(std::uint32_t cols, std::uint32_t rows) {
  {
    const std::lock_guard lock(mutex_);
    size_ = Size{cols, rows};
  }
  wake();
}

void ChannelCore::send_eof() {
  {
    const std::lock_guard lock(mutex_);
    eof_ = true;
  }
  wake();
}

void ChannelCore::wake() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(waking_, true)) return;
  }
  boost::asio::post(loop_, [self = std::static_pointer_cast<ChannelCore>(shared_from_this())] {
    {
      const std::lock_guard lock(self->mutex_);
      self->waking_ = false;
    }
    self->woken();
  });
}

void ChannelCore::take_input(std::string& out) {
  bool has_room = false;
  {
    const std::lock_guard lock(mutex_);
    if (input_.empty() || out.size() >= Channel::kWindow) return;
    if (out.empty()) {
      out.swap(input_);
    } else {
      out += input_;
    }
    input_.clear();
    has_room = std::exchange(refused_write_, false);
  }
  if (has_room && events_) events_->writable();
}

bool ChannelCore::eof_wanted() const {
  const std::lock_guard lock(mutex_);
  return eof_ && input_.empty();
}

std::optional<ChannelCore::Size> ChannelCore::take_size() {
  const std::lock_guard lock(mutex_);
  return std::exchange(size_, std::nullopt);
}

std::size_t ChannelCore::room(std::size_t wanted) {
  const std::lock_guard lock(mutex_);
  const auto left = Channel::kWindow - std::min(Channel::kWindow, unconsumed_);
  wanted_room_ = left < wanted ? wanted : 0;
  return left;
}

void ChannelCore::give(std::string_view bytes) {
  if (!events_) return;
  {
    const std::lock_guard lock(mutex_);
    unconsumed_ += bytes.size();
  }
  events_->data(bytes);
}

void ChannelCore::tell_opened(const Opened& opened) {
  opened_ = true;
  if (events_) events_->opened(opened);
}

void ChannelCore::tell_exited(std::int64_t status, std::string_view signal) {
  if (events_) events_->exited(status, signal);
}

void ChannelCore::tell_closed(const Failure* failure) {
  if (const auto events = std::exchange(events_, nullptr)) events->closed(failure);
}

std::shared_ptr<Channel> make_channel(std::shared_ptr<ChannelCore> core, Ticket ticket,
                                      std::shared_ptr<const void> loops) {
  return std::make_shared<UsersChannel>(std::move(core), std::move(ticket), std::move(loops));
}

}  // namespace nexus::servers::ssh
