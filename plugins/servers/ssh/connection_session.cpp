#include "ssh/connection_session.h"

#include <boost/asio/post.hpp>

#include <poll.h>

#include <algorithm>
#include <utility>

namespace nexus::servers::ssh {
namespace {

// Timers that are due at once would spin.
constexpr milliseconds kShortestTick{10};
// Nothing is sent over a channel that only asks whether the server is there.
constexpr unsigned kProbeWindow = 32 * 1024;

Tunnel* tunnel_of(const Scheduler::Entry& entry) {
  return entry.need == Need::tunnel ? static_cast<Tunnel*>(entry.work.get()) : nullptr;
}

}  // namespace

ConnectionSession::ConnectionSession(boost::asio::io_context& loop, const EngineLimits& limits, LoggedIn made,
                                     Reservation reservation, SessionOwner& owner)
    : loop_(loop),
      limits_(limits),
      session_(std::move(made.session)),
      on_break_(std::move(made.on_break)),
      reservation_(std::move(reservation)),
      owner_(&owner),
      reader_(std::make_shared<SftpReader>(session_)),
      tick_(loop) {}

void ConnectionSession::start() {
  *on_break_ = [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->broken();
  };
  // It may have broken while nobody listened.
  if (!session_->usable()) boost::asio::post(loop_, [self = shared_from_this()] { self->broken(); });
  schedule_tick();
}

void ConnectionSession::begin(Scheduler::Entry entry) {
  if (auto* const tunnel = tunnel_of(entry)) {
    entry.deadline = std::min(entry.deadline, Clock::now() + kConnectTimeout);
    tunnel->when_answered([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->notify_freed();
    });
  }
  running_.push_back({std::move(entry)});
  const auto at = std::prev(running_.end());
  const auto work = at->entry.work;
  const auto release = [self = shared_from_this(), at](Work::End end) { self->released(at, end); };
  if (at->entry.need == Need::reader) {
    static_cast<ReaderWork&>(*work).use(reader_, release);
  } else {
    work->begin(session_, release);
  }
}

ConnectionSession::Reader ConnectionSession::reader() const noexcept {
  if (reader_missing_) return Reader::missing;
  if (reader_opening_) return Reader::opening;
  if (reader_closing_) return Reader::closing;
  return reader_->usable() ? Reader::ready : Reader::none;
}

void ConnectionSession::open_reader() {
  reader_opening_ = true;
  reader_->when_ready([self = shared_from_this()](SftpReader::Opening opening) {
    self->reader_opening_ = false;
    self->reader_missing_ = opening == SftpReader::Opening::unsupported;
    if (opening == SftpReader::Opening::refused) {
      boost::asio::post(self->loop_, [self] {
        if (self->owner_ != nullptr) self->owner_->session_refused_reader(*self, self->open_channels());
      });
    }
    self->notify_freed();
  });
}

void ConnectionSession::give_reader_up() {
  reader_closing_ = true;
  reader_->give_up([self = shared_from_this()] {
    self->reader_closing_ = false;
    self->notify_freed();
  });
}

void ConnectionSession::notify_freed() {
  boost::asio::post(loop_, [self = shared_from_this()] {
    if (self->owner_ != nullptr) self->owner_->session_freed(*self);
  });
}

bool ConnectionSession::opening_tunnel() const noexcept {
  return std::any_of(running_.begin(), running_.end(), [](const Running& running) {
    const auto* tunnel = tunnel_of(running.entry);
    return tunnel != nullptr && tunnel->opening();
  });
}

void ConnectionSession::released(At at, Work::End end) {
  if (end == Work::End::zombie) return;  // it still counts
  auto entry = std::move(at->entry);
  running_.erase(at);
  // Not from within: whoever released is still at work.
  boost::asio::post(loop_, [self = shared_from_this(), entry = std::move(entry), end]() mutable {
    if (self->owner_ == nullptr) {
      if (end == Work::End::refused) entry.work->fail({Stage::exec, Fault::dropped, "the connection has ended", {}});
      return;
    }
    if (end == Work::End::refused && entry.need == Need::reader) {
      // It cannot answer this, or is gone: a command can.
      entry.need = Need::channel;
      self->owner_->session_put_back(std::move(entry));
    } else if (end == Work::End::refused) {
      const auto others = self->open_channels();
      self->owner_->session_refused(*self, std::move(entry), others);
    }
    if (self->owner_ != nullptr) self->owner_->session_freed(*self);
  });
}

bool ConnectionSession::cancel(const Work* work, const Failure& why) {
  const auto found = std::find_if(running_.begin(), running_.end(),
                                  [work](const Running& running) { return running.entry.work.get() == work; });
  if (found == running_.end()) return false;
  cancel_running(*found, why);
  return true;
}

void ConnectionSession::cancel_running(Running& running, const Failure& why) {
  if (std::exchange(running.cancelled, true)) return;
  const auto work = running.entry.work;  // it may release itself at once
  work->cancel(why);
}

void ConnectionSession::check_deadlines(Clock::time_point now) {
  std::vector<std::shared_ptr<Work>> expired;
  for (auto& running : running_) {
    if (running.cancelled || running.entry.deadline > now) continue;
    if (!running.entry.work->ends_at_deadline()) {
      running.entry.deadline = Clock::time_point::max();
      continue;
    }
    stuck_ = stuck_ || running.entry.need == Need::tunnel;
    expired.push_back(running.entry.work);
  }
  const auto stage = stuck_ ? Stage::connect : Stage::exec;
  for (const auto& work : expired) cancel(work.get(), {stage, Fault::timed_out, "time is up", {}});
}

Clock::time_point ConnectionSession::first_deadline() const noexcept {
  auto first = Clock::time_point::max();
  for (const auto& running : running_) {
    if (!running.cancelled) first = std::min(first, running.entry.deadline);
  }
  return first;
}

std::size_t ConnectionSession::open_channels() const noexcept {
  const auto counts = [](const Running& running) { return running.entry.need == Need::channel; };
  const bool reading = reader_opening_ || reader_closing_ || reader_->usable();
  return static_cast<std::size_t>(std::count_if(running_.begin(), running_.end(), counts)) + (probe_channel_ ? 1 : 0) +
         (reading ? 1 : 0);
}

void ConnectionSession::broken() { lose({Stage::exec, Fault::dropped, session_->last_error(), {}}); }

void ConnectionSession::lose(const Failure& failure) {
  auto* const owner = owner_;
  if (owner == nullptr) return;
  const auto self = shared_from_this();
  end(failure);
  owner->session_lost(*this, failure);
}

void ConnectionSession::end(const Failure& why) {
  if (owner_ == nullptr) return;
  owner_ = nullptr;
  tick_.cancel();
  *on_break_ = nullptr;
  std::vector<std::shared_ptr<Work>> left;
  for (const auto& running : running_) left.push_back(running.entry.work);
  for (const auto& work : left) cancel(work.get(), why);
  session_->shut_down();
  reservation_ = nullptr;
}

void ConnectionSession::schedule_tick() {
  const auto now = Clock::now();
  auto due = std::max(heard_, probed_) + limits_.keepalive;
  if (probing_) due = heard_ + limits_.silence;
  if (idle()) due = std::min(due, now + kHangUpCheck);
  tick_.expires_at(std::max(due, now + kShortestTick));
  tick_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (!error && self) self->tick();
  });
}

// Said also where unread data stands before the end; what runs reads that first.
bool ConnectionSession::peer_is_gone() const noexcept {
  if (!idle()) return false;
  pollfd entry{session_->descriptor(), POLLRDHUP, 0};
  return ::poll(&entry, 1, 0) > 0 && (entry.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

void ConnectionSession::tick() {
  if (owner_ == nullptr) return;
  const auto now = Clock::now();
  const auto heard = std::max(session_->last_heard(), since_);
  const bool alive = heard > heard_;
  heard_ = heard;
  if (peer_is_gone()) return lose({Stage::exec, Fault::dropped, "the server hung up", {}});
  if (now - heard >= limits_.silence) return lose({Stage::exec, Fault::dropped, "no sign of life", {}});
  if (now - std::max(heard, probed_) >= limits_.keepalive && !probing_) probe();
  schedule_tick();
  if (alive) owner_->session_alive(*this);
}

void ConnectionSession::probe() {
  probing_ = true;
  probed_ = Clock::now();
  if (reader() != Reader::ready) return probe_with_channel();
  reader_->ping([self = shared_from_this()](bool /*answered*/) { self->probed(); });
}

// A channel that is opened and closed again. A refusal is a sign of life as well.
void ConnectionSession::probe_with_channel() {
  const auto channel = std::make_shared<SessionChannel>(session_, kProbeWindow);
  probe_channel_ = true;
  channel->open([self = shared_from_this(), channel](int /*code*/) {
    channel->free([self, channel](int /*freed*/) {
      self->probe_channel_ = false;
      self->probed();
    });
  });
}

void ConnectionSession::probed() {
  probing_ = false;
  boost::asio::post(loop_, [self = shared_from_this()] {
    if (self->owner_ == nullptr) return;
    self->heard_ = std::max(self->heard_, self->session_->last_heard());
    self->schedule_tick();
    self->owner_->session_alive(*self);
    if (self->owner_ != nullptr) self->owner_->session_freed(*self);
  });
}

}  // namespace nexus::servers::ssh
