#include "http/transport.h"

#include <pistache/peer.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <system_error>
#include <utility>

namespace nexus::api::http {
namespace {

using Pistache::Flags;
using Pistache::Polling::Mode;
using Pistache::Polling::NotifyOn;
using Pistache::Polling::Tag;

// How often time limits are looked at, so how late they may act.
constexpr std::chrono::milliseconds kTick{100};
// After our last byte, the time a client has to read it and close.
constexpr std::chrono::milliseconds kLingerTime{2'000};
// Memory that a burst of mail may leave behind.
constexpr std::size_t kKeptMail = 1024;

// Pistache wants one per transport; no event reaches it.
class UnusedHandler final : public Pistache::Tcp::Handler {
 public:
  std::shared_ptr<Pistache::Tcp::Handler> clone() const override { return std::make_shared<UnusedHandler>(); }
  void onInput(const char*, std::size_t, const std::shared_ptr<Pistache::Tcp::Peer>&) override {}
};

template <class Item>
void empty(std::vector<Item>& items) {
  items.clear();
  if (items.capacity() > kKeptMail) items.shrink_to_fit();
}

}  // namespace

Transport::Transport(std::shared_ptr<EngineState> state)
    : Pistache::Tcp::Transport(std::make_shared<UnusedHandler>()), worker_(std::move(state)) {
  worker_.watch_writable = [this](int socket) {
    reactor()->modifyFd(key(), socket, NotifyOn::Read | NotifyOn::Write | NotifyOn::Shutdown, Mode::Edge);
  };
}

Transport::~Transport() { close_all(); }

std::shared_ptr<Pistache::Aio::Handler> Transport::clone() const { return std::make_shared<Transport>(worker_.state); }

void Transport::registerPoller(Pistache::Polling::Epoll& poller) {
  worker_.mailbox = std::make_shared<Mailbox>();
  timer_.reset(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  if (!timer_) throw std::system_error(errno, std::generic_category(), "timerfd");
  for (const int descriptor : {worker_.mailbox->descriptor(), timer_.get()})
    poller.addFd(descriptor, Flags<NotifyOn>(NotifyOn::Read), Tag(static_cast<std::uint64_t>(descriptor)), Mode::Edge);
}

void Transport::onReady(const Pistache::Aio::FdSet& events) {
  try {
    handle_batch(events);
  } catch (...) {
    // Only a want of memory gets here. What was not done now is done at a later event or tick.
  }
  remove_closed();
}

void Transport::handle_batch(const Pistache::Aio::FdSet& events) {
  worker_.now = Clock::now();
  worker_.wall_now = std::time(nullptr);
  const std::vector<int> continued = std::exchange(worker_.continued, {});
  bool has_mail = false;
  bool has_tick = false;
  for (const auto& event : events) {
    const int descriptor = static_cast<int>(event.getTag().value());
    if (descriptor == worker_.mailbox->descriptor()) {
      has_mail = true;
    } else if (descriptor == timer_.get()) {
      has_tick = true;
    } else if (Connection* connection = find(descriptor)) {
      guarded(*connection, [&] { connection->on_event(); });
    }
  }
  for (const int socket : continued)
    if (Connection* connection = find(socket)) guarded(*connection, [&] { connection->proceed(); });
  if (has_mail) take_mail();
  if (has_tick) tick();
  if (worker_.state->draining.load(std::memory_order_relaxed)) drain_now();
  if (!worker_.continued.empty()) worker_.mailbox->wake();
}

void Transport::take_mail() {
  worker_.mailbox->take(accepted_, answers_);
  for (AcceptedSocket& accepted : accepted_) adopt(std::move(accepted));
  for (LateAnswer& late : answers_)
    if (Connection& to = *late.connection; !to.closed()) guarded(to, [&] { to.on_late_answer(std::move(late)); });
  empty(accepted_);
  empty(answers_);
}

void Transport::adopt(AcceptedSocket&& accepted) {
  const int socket = accepted.socket.get();
  try {
    if (connections_.size() <= static_cast<std::size_t>(socket))
      connections_.resize(static_cast<std::size_t>(socket) + 1);
    auto connection = std::make_shared<Connection>(worker_, socket, std::move(accepted.peer));
    // On this thread it registers the socket at once and leaves the queues of the base class alone.
    handleNewPeer(Pistache::Tcp::Peer::Create(socket, Pistache::Address()));
    accepted.socket.release();
    connections_[static_cast<std::size_t>(socket)] = connection;
    if (++open_ == 1) set_timer(true);
    connection->start();
    if (draining_seen_) guarded(*connection, [&] { connection->retire(); });
  } catch (...) {
    // No memory, or no room in the poller: the socket closes where it was, and Pistache forgets it.
    peers.erase(socket);
    worker_.state->connection_closed();
  }
}

void Transport::tick() {
  const EngineLimits& limits = worker_.state->limits;
  expire(Phase::header, limits.header_time);
  expire(Phase::body, limits.body_time);
  expire(Phase::idle, limits.idle_time);
  expire(Phase::lingering, kLingerTime);
  PhaseMember* next = worker_.phases.oldest(Phase::writing);
  while (next != nullptr) {
    auto& connection = static_cast<Connection&>(*next);
    next = worker_.phases.after(connection);
    connection.check_progress();
  }
  set_timer(open_ != 0);
}

void Transport::expire(Phase phase, Clock::duration limit) {
  while (PhaseMember* member = worker_.phases.oldest(phase)) {
    if (worker_.now - member->since() <= limit) return;
    auto& connection = static_cast<Connection&>(*member);
    guarded(connection, [&] { connection.on_too_slow(); });
    if (worker_.phases.oldest(phase) == member) connection.close_now();
  }
}

void Transport::drain_now() {
  if (worker_.state->cutting.load()) {
    for (const auto& connection : connections_) {
      if (connection == nullptr || connection->closed()) continue;
      if (connection->has_work()) worker_.state->cut_off.fetch_add(1);
      connection->close_now();
    }
    return;
  }
  if (std::exchange(draining_seen_, true)) return;
  std::vector<Connection*> idle;
  for (PhaseMember* member = worker_.phases.oldest(Phase::idle); member != nullptr;
       member = worker_.phases.after(*member))
    idle.push_back(static_cast<Connection*>(member));
  for (Connection* connection : idle) guarded(*connection, [&] { connection->retire(); });
}

void Transport::remove_closed() {
  for (const int socket : worker_.closed) {
    auto connection = std::move(connections_[static_cast<std::size_t>(socket)]);
    if (connection == nullptr) continue;
    --open_;
    try {
      const auto peer = peers.at(socket);
      removePeer(peer);
    } catch (...) {
      ::close(socket);  // it fails before it closes
    }
    worker_.state->connection_closed();
  }
  empty(worker_.closed);
}

void Transport::set_timer(bool running) {
  std::uint64_t expirations = 0;
  [[maybe_unused]] const auto size = ::read(timer_.get(), &expirations, sizeof expirations);
  itimerspec when{};
  if (running) when.it_value.tv_nsec = std::chrono::nanoseconds(kTick).count();
  ::timerfd_settime(timer_.get(), 0, &when, nullptr);
}

Connection* Transport::find(int socket) noexcept {
  if (socket < 0 || static_cast<std::size_t>(socket) >= connections_.size()) return nullptr;
  Connection* connection = connections_[static_cast<std::size_t>(socket)].get();
  return connection != nullptr && !connection->closed() ? connection : nullptr;
}

template <class Action>
void Transport::guarded(Connection& connection, Action action) noexcept {
  try {
    action();
  } catch (...) {
    connection.close_now();
  }
}

void Transport::close_all() noexcept {
  if (worker_.mailbox != nullptr) worker_.mailbox->close();
  for (auto& connection : connections_)
    if (connection != nullptr) {
      connection->close_now();
      ::close(connection->socket());
      worker_.state->connection_closed();
    }
  connections_.clear();
  open_ = 0;
}

}  // namespace nexus::api::http
