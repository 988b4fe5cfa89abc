#include "core/runtime/streams.h"

#include <nexus/cpp/str.h>

#include <algorithm>

namespace nexus::core {
Stream::Stream(Owner& opener, Owner& provider, std::uint32_t window) : window_(window) {
  end(Side::opener).owner = opener.shared_from_this();
  end(Side::provider).owner = provider.shared_from_this();
}

Stream::~Stream() { end(Side::opener).owner->streams.fetch_sub(1); }

bool Stream::belongs_to(const Owner& owner) const noexcept {
  return ends_[0].owner.get() == &owner || ends_[1].owner.get() == &owner;
}

void Stream::set_handles(nx_handle opener, nx_handle provider) noexcept {
  end(Side::opener).handle = opener;
  end(Side::provider).handle = provider;
}

void Stream::attach(Side side, const nx_stream_events& events, void* user_data) {
  const std::lock_guard lock(mutex_);
  auto& me = end(side);
  me.events = events;
  me.user_data = user_data;
  me.attached = true;
  if (!me.waiting.empty()) post(me);
}

nx_status Stream::send(Side from, std::uint32_t kind, std::string_view bytes) {
  Lock lock(mutex_);
  if (closed_) return NX_E_STALE;
  auto& me = end(from);
  auto& to = other(me);
  const bool is_full = me.on_way != 0 && me.on_way + bytes.size() > window_;
  if (is_full || to.waiting.size() >= kMostWaitingMessages) {
    me.wants_drained = true;
    return NX_E_BUSY;
  }
  me.on_way += bytes.size();
  deliver(lock, to, What::data, kind, bytes);
  return NX_OK;
}

void Stream::consumed(Side by, std::uint64_t bytes) {
  Lock lock(mutex_);
  auto& sender = other(end(by));
  sender.on_way -= std::min<std::uint64_t>(bytes, sender.on_way);
  if (is_drained(sender)) deliver(lock, sender, What::drained, 0, {});
}

// Once for each refused send.
bool Stream::is_drained(End& sender) noexcept {
  const bool has_room = sender.on_way <= window_ / 2 && other(sender).waiting.size() <= kMostWaitingMessages / 2;
  return !closed_ && has_room && std::exchange(sender.wants_drained, false);
}

bool Stream::close(nx_status why, std::string_view reason) {
  const std::lock_guard lock(mutex_);
  if (std::exchange(closed_, true)) return false;
  for (auto& to : ends_) {
    to.waiting.push_back({What::closed, why, std::string(reason)});
    if (to.attached && !to.busy) post(to);
  }
  return true;
}

bool Stream::abandon() {
  const std::lock_guard lock(mutex_);
  return !std::exchange(closed_, true);
}

// Here, where nothing of that side runs or waits; else in its turn.
void Stream::deliver(Lock& lock, End& to, What what, std::int64_t number, std::string_view text) {
  if (to.busy || !to.attached || !to.waiting.empty() || !to.owner->concurrent()) {
    to.waiting.push_back({what, number, std::string(text)});
    if (to.attached && !to.busy) post(to);
    return;
  }
  to.busy = true;
  lock.unlock();
  run(to, what, number, text);
  lock.lock();
  run_waiting(lock, to, false);
}

// What came while the side was busy, by whoever made it so.
void Stream::run_waiting(Lock& lock, End& to, bool on_worker) {
  for (int turn = 0; turn < kTurns && !to.waiting.empty(); ++turn) {
    if (!on_worker && to.waiting.front().what == What::closed) break;
    const auto event = std::move(to.waiting.front());
    to.waiting.pop_front();
    lock.unlock();
    run(to, event.what, event.number, event.text);
    lock.lock();
  }
  to.busy = false;
  if (!to.waiting.empty()) post(to);
  auto& sender = other(to);
  if (is_drained(sender)) deliver(lock, sender, What::drained, 0, {});
}

// Under the mutex. The stream has promised `closed`, so the work is refused only by a plugin that is gone.
void Stream::post(End& to) {
  to.busy = true;
  auto run_some = [self = shared_from_this(), &to] {
    Lock lock(self->mutex_);
    self->run_waiting(lock, to, true);
  };
  if (!to.owner->post(std::move(run_some), Admission::always)) to.waiting.clear();
}

void Stream::run(End& to, What what, std::int64_t number, std::string_view text) noexcept {
  const auto ticket = to.owner->gate().enter(true);
  if (!ticket) return;
  to.owner->call_down("stream event", {}, [&] {
    switch (what) {
      case What::data: to.events.data(to.user_data, to.handle, static_cast<std::uint32_t>(number), to_abi(text)); break;
      case What::drained:
        if (to.events.drained != nullptr) to.events.drained(to.user_data, to.handle);
        break;
      case What::closed: to.events.closed(to.user_data, to.handle, static_cast<nx_status>(number), to_abi(text)); break;
    }
    return nx_status{NX_OK};
  });
}

std::shared_ptr<Stream> Streams::open(Owner& opener, Owner& provider, std::uint32_t window,
                                      const nx_stream_events& events, void* user_data) {
  if (opener.streams.fetch_add(1) >= kMostStreams) {
    opener.streams.fetch_sub(1);
    return nullptr;
  }
  auto stream = std::make_shared<Stream>(opener, provider, window == 0 ? kDefaultWindow : window);
  stream->attach(Stream::Side::opener, events, user_data);
  const auto mine = hands_.insert(opener, std::make_shared<Hand>(Hand{stream, Stream::Side::opener}));
  const auto its = hands_.insert(provider, std::make_shared<Hand>(Hand{stream, Stream::Side::provider}));
  if (mine == 0 || its == 0) {
    hands_.take(mine);
    hands_.take(its);
    return nullptr;
  }
  stream->set_handles(mine, its);
  return stream;
}

void Streams::forget(const Stream& stream) {
  hands_.take(stream.handle(Stream::Side::opener));
  hands_.take(stream.handle(Stream::Side::provider));
}

bool Streams::abandon(Stream& stream) {
  forget(stream);
  return stream.abandon();
}

std::shared_ptr<Streams::Hand> Streams::find(const Owner& owner, nx_handle stream) const {
  auto hand = hands_.find(stream);
  const bool is_its = hand != nullptr && &hand->stream->owner(hand->side) == &owner;
  return is_its ? hand : nullptr;
}

nx_status Streams::send(const Owner& owner, nx_handle stream, std::uint32_t kind, std::string_view bytes) const {
  if (bytes.size() > kLargestStreamMessage) return NX_E_LIMIT;
  const auto hand = find(owner, stream);
  return hand == nullptr ? NX_E_STALE : hand->stream->send(hand->side, kind, bytes);
}

nx_status Streams::consumed(const Owner& owner, nx_handle stream, std::uint64_t bytes) const {
  const auto hand = find(owner, stream);
  if (hand == nullptr) return NX_E_STALE;
  hand->stream->consumed(hand->side, bytes);
  return NX_OK;
}

nx_status Streams::close(const Owner& owner, nx_handle stream, nx_status why, std::string_view reason) {
  if (reason.size() > kLongestCloseReason) return NX_E_LIMIT;
  const auto hand = find(owner, stream);
  if (hand == nullptr) return NX_E_STALE;
  forget(*hand->stream);
  return hand->stream->close(why, reason) ? NX_OK : NX_E_STALE;
}

std::size_t Streams::withdraw(const Owner& owner) {
  const auto left = hands_.take_if([&](const Owner&, const Hand& hand) { return hand.stream->belongs_to(owner); });
  for (const auto& [handle, hand] : left) hand->stream->close(NX_E_UNAVAILABLE, "a plugin of the stream is stopping");
  return left.size();
}

}  // namespace nexus::core
