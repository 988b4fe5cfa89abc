#include "ssh/connection.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace nexus::servers::ssh {
namespace {

// A server may count a channel for a moment after it is closed: so long, and so often, it is asked again.
constexpr milliseconds kChannelPatience{2'000};
constexpr milliseconds kChannelPause{50};

// They say nothing about the server.
bool is_ours(const Failure& failure) { return failure.fault == Fault::busy || failure.fault == Fault::cancelled; }

Failure no_time(bool connected) {
  return {connected ? Stage::exec : Stage::connect, Fault::timed_out, "time is up", {}};
}

}  // namespace

ServerConnection::ServerConnection(boost::asio::io_context& loop, ConnectionContext& context, std::int64_t server_id)
    : loop_(loop),
      context_(context),
      server_id_(server_id),
      pauses_(context.limits.first_pause, context.limits.last_pause),
      timer_(loop) {}

ServerConnection::~ServerConnection() {
  context_.channels -= counted_channels_;
  context_.queued -= counted_queued_;
}

void ServerConnection::submit(const Target& target, Scheduler::Entry entry) {
  if (ended_) return entry.work->fail(*ended_);
  adopt(target);
  if (const auto refused = refusal(Clock::now())) return entry.work->fail(*refused);
  enqueue(std::move(entry));
  proceed();
}

void ServerConnection::enqueue(Scheduler::Entry entry) {
  // Tunnels are as many as there are connections through this one.
  if (entry.need != Need::tunnel && queue_.size() >= context_.limits.queued_per_server) {
    return entry.work->fail({Stage::connect, Fault::busy, "too much waits for this server", {}});
  }
  queue_.add(std::move(entry));
}

// Another revision is another address, or other credentials: what was is of no use.
void ServerConnection::adopt(const Target& target) {
  const bool same = target_ && target_->revision == target.revision;
  target_ = target;
  if (same) return;
  if (const auto login = std::exchange(login_, nullptr)) login->cancel();
  login_reservation_ = nullptr;
  const Failure replaced{Stage::exec, Fault::dropped, "the server was changed", {}};
  if (const auto session = std::exchange(session_, nullptr)) session->end(replaced);
  for (const auto& session : std::exchange(retiring_, {})) session->end(replaced);
  stopped_.reset();
  failed_.reset();
  pauses_.reset();
  budget_ = {};
  not_before_ = {};
  again_at_ = Clock::time_point::max();
  wanted_ = false;
}

std::optional<Failure> ServerConnection::refusal(Clock::time_point now) const {
  if (session_ || login_) return std::nullopt;
  if (stopped_) return stopped_;
  if (failed_ && now < not_before_) return failed_;
  return std::nullopt;
}

void ServerConnection::cancel(const std::shared_ptr<Work>& work, const Failure& why) {
  if (auto entry = queue_.take(work.get())) {
    entry->work->cancel(why);
  } else if (!session_ || !session_->cancel(work.get(), why)) {
    for (const auto& session : retiring_) session->cancel(work.get(), why);
  }
  proceed();
}

// Does whatever can be done now.
void ServerConnection::proceed() {
  if (ended_) return;
  const auto now = Clock::now();
  if (session_) {
    pump();
  } else if (!login_ && target_ && !stopped_) {
    const bool for_work = !queue_.empty() && now >= not_before_;
    const bool by_itself = wanted_ && now >= again_at_;
    if (for_work || by_itself) connect();
  }
  account();
  arm();
}

void ServerConnection::connect() {
  login_reservation_ = context_.reserve();
  if (!login_reservation_) {
    return fail_all({Stage::connect, Fault::busy, "too many connections", {}});
  }
  again_at_ = Clock::time_point::max();
  login_ =
      Login::start(loop_, context_.login, *target_, Trust::nobody,
                   [self = shared_from_this()](Outcome<LoggedIn> outcome) { self->logged_in(std::move(outcome)); });
}

void ServerConnection::logged_in(Outcome<LoggedIn> outcome) {
  const auto login = std::exchange(login_, nullptr);  // it is what calls
  auto reservation = std::exchange(login_reservation_, nullptr);
  if (outcome.ok()) {
    use(std::move(outcome).value(), std::move(reservation));
  } else {
    attempt_failed(outcome.error());
  }
  proceed();
}

bool ServerConnection::stands(const Failure& failure) noexcept {
  return failure.fault == Fault::credentials_refused || failure.fault == Fault::host_key_unknown ||
         failure.fault == Fault::host_key_changed;
}

void ServerConnection::attempt_failed(const Failure& failure) {
  const auto now = Clock::now();
  pause(now);
  if (failure.jump_host || is_ours(failure)) {
    // The hop itself knows whether it may be asked again, and answers at once.
    not_before_ = now;
  } else if (stands(failure)) {
    stopped_ = failure;
    wanted_ = false;
    if (failure.fault == Fault::credentials_refused) {
      context_.persons.failed(server_id_, target_->revision, failure, now);
    }
  } else {
    failed_ = failure;
  }
  if (!is_ours(failure)) context_.observer.disconnected(server_id_, failure);
  fail_all(failure);
}

void ServerConnection::pause(Clock::time_point now) {
  const auto pause = pauses_.next();
  again_at_ = now + pause;
  not_before_ = now + std::min<milliseconds>(pause, Backoff::kConnectPause);
}

void ServerConnection::use(LoggedIn made, Reservation reservation) {
  ++context_.logins;
  context_.persons.succeeded(server_id_);
  stopped_.reset();
  failed_.reset();
  wanted_ = true;
  again_at_ = Clock::time_point::max();
  if (session_) retire();
  session_ = std::make_shared<ConnectionSession>(loop_, context_.limits, std::move(made), std::move(reservation),
                                                 static_cast<SessionOwner&>(*this));
  session_->start();
  account();
  context_.observer.connected(server_id_);
}

// What runs on the session goes on; it gets nothing new.
void ServerConnection::retire() {
  const auto session = std::exchange(session_, nullptr);
  if (session->idle()) return session->end({Stage::exec, Fault::dropped, "a newer connection has its place", {}});
  retiring_.push_back(session);
}

void ServerConnection::pump() {
  while (session_ && begin_next()) {
  }
}

// False where nothing more can begin now.
bool ServerConnection::begin_next() {
  // While the jump host tries to reach somebody, libssh2 can open no other channel: what began now would have to wait
  // with it, perhaps for minutes, where the next session could have served it.
  if (session_->opening_tunnel()) return false;
  if (queue_.waits_for(Need::tunnel)) {
    session_->begin(*queue_.take_next(Need::tunnel));
    return true;
  }
  const auto now = Clock::now();
  if (patience_ != Clock::time_point::max() && now < patience_) return false;
  patience_ = Clock::time_point::max();
  const auto* first = queue_.first();
  if (first == nullptr) return false;
  const bool has_room = budget_.has_room(session_->open_channels(), now);
  using Reader = ConnectionSession::Reader;
  const auto reader = session_->reader();
  if (first->need == Need::reader && reader == Reader::ready) {
    session_->begin(*queue_.take_next(Need::reader));
    return true;
  }
  if (first->need == Need::reader && reader == Reader::missing) {
    auto entry = *queue_.take_next(Need::reader);
    entry.need = Need::channel;
    queue_.put_back(std::move(entry));
    return true;
  }
  if (first->need == Need::reader && reader == Reader::none && has_room) {
    session_->open_reader();
    return true;
  }
  if (has_room && queue_.waits_for(Need::channel)) {
    session_->begin(*queue_.take_next(Need::channel));
    return true;
  }
  if (first->need == Need::channel && reader == Reader::ready && session_->reader_idle()) session_->give_reader_up();
  return false;
}

void ServerConnection::session_put_back(Scheduler::Entry entry) { queue_.put_back(std::move(entry)); }

void ServerConnection::session_refused_reader(ConnectionSession& session, std::size_t others) {
  if (&session != session_.get()) return;
  const auto now = Clock::now();
  budget_.refused(others, now);
  if (others == 0) patience_ = now + kChannelPause;
}

void ServerConnection::session_refused(ConnectionSession& session, Scheduler::Entry entry, std::size_t others) {
  const auto now = Clock::now();
  if (&session == session_.get()) budget_.refused(others, now);
  if (others == 0) {
    if (!entry.refused_since) entry.refused_since = now;
    if (now - *entry.refused_since >= kChannelPatience) {
      return entry.work->fail({Stage::exec, Fault::no_channel, "the server opens no channel", {}});
    }
    patience_ = now + kChannelPause;
  } else {
    entry.refused_since.reset();
  }
  queue_.put_back(std::move(entry));
}

void ServerConnection::session_freed(ConnectionSession& session) {
  const auto found = std::find_if(retiring_.begin(), retiring_.end(),
                                  [&](const SessionPointer& retiring) { return retiring.get() == &session; });
  if (found != retiring_.end() && session.idle()) {
    const auto retired = *found;
    retiring_.erase(found);
    retired->end({Stage::exec, Fault::dropped, "a newer connection has its place", {}});
  }
  proceed();
}

void ServerConnection::session_lost(ConnectionSession& session, const Failure& failure) {
  retiring_.remove_if([&](const SessionPointer& retiring) { return retiring.get() == &session; });
  if (&session == session_.get()) {
    const auto now = Clock::now();
    // One that lived for a while shows that the server is well.
    if (now - session.since() >= context_.limits.keepalive) pauses_.reset();
    session_ = nullptr;
    connected_ = false;  // before anybody hears of it
    pause(now);
    auto told = failure;
    told.stage = Stage::connect;
    context_.observer.disconnected(server_id_, told);
  }
  proceed();
}

void ServerConnection::session_alive(ConnectionSession& /*session*/) { context_.observer.alive(server_id_); }

void ServerConnection::fail_all(const Failure& failure) {
  for (const auto& entry : queue_.take_all()) entry.work->fail(failure);
}

void ServerConnection::retry() {
  stopped_.reset();
  failed_.reset();
  pauses_.reset();
  not_before_ = {};
  if (wanted_ && !session_) again_at_ = Clock::now();
  proceed();
}

void ServerConnection::evict() {
  if (!session_ || !session_->idle() || !queue_.empty()) return;
  std::exchange(session_, nullptr)->end({Stage::exec, Fault::dropped, "another server needs the place", {}});
  wanted_ = false;
  proceed();
}

void ServerConnection::end(const Failure& why) {
  if (ended_) return;
  ended_ = why;
  if (const auto login = std::exchange(login_, nullptr)) login->cancel();
  login_reservation_ = nullptr;
  timer_.cancel();
  while (!tests_.empty()) finish_test(tests_.front(), why);
  fail_all(why);
  if (const auto session = std::exchange(session_, nullptr)) session->end(why);
  for (const auto& session : std::exchange(retiring_, {})) session->end(why);
  context_.persons.succeeded(server_id_);
  account();
}

void ServerConnection::account() {
  const auto channels = session_ ? session_->open_channels() : 0;
  context_.channels += channels - std::exchange(counted_channels_, channels);
  const auto queued = queue_.size();
  context_.queued += queued - std::exchange(counted_queued_, queued);
  connected_ = session_ != nullptr;
  const bool idle = session_ && session_->idle() && queue_.empty();
  if (!idle) {
    idle_since_ = 0;
  } else if (idle_since_ == 0) {
    idle_since_ = Clock::now().time_since_epoch().count();
  }
}

Clock::time_point ServerConnection::next_due() const {
  auto due = queue_.first_deadline();
  if (session_) due = std::min({due, session_->first_deadline(), patience_});
  for (const auto& session : retiring_) due = std::min(due, session->first_deadline());
  if (session_ || login_ || stopped_) return due;
  if (!queue_.empty()) due = std::min(due, not_before_);
  if (wanted_) due = std::min(due, again_at_);
  return due;
}

void ServerConnection::arm() {
  const auto due = next_due();
  if (due == Clock::time_point::max()) {
    timer_.cancel();
    return;
  }
  timer_.expires_at(due);
  timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (!error && self) self->on_timer();
  });
}

void ServerConnection::on_timer() {
  if (ended_) return;
  const auto now = Clock::now();
  for (const auto& entry : queue_.take_expired(now)) entry.work->cancel(no_time(session_ != nullptr));
  if (const auto session = session_) {
    session->check_deadlines(now);
    if (session->stuck() && session == session_ && retiring_.size() < kMaxRetiring) retire();
  }
  for (const auto& session : retiring_) session->check_deadlines(now);
  proceed();
}

}  // namespace nexus::servers::ssh
