// Streams between plugins: messages both ways, each side with a window of bytes that the other has not consumed.
#pragma once

#include "core/runtime/handle_table.h"

#include <nexus/services.h>

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace nexus::core {

// What one plugin may have opened at a time: as many as its questions.
inline constexpr std::uint32_t kMostStreams = 10'000;
inline constexpr std::uint32_t kDefaultWindow = 256 * 1024;
inline constexpr std::uint32_t kWidestWindow = 16 * 1024 * 1024;
inline constexpr std::size_t kLargestStreamMessage = 1024 * 1024;
inline constexpr std::size_t kLongestCloseReason = 64 * 1024;
// Messages that wait for one side. The window bounds their bytes; this bounds what small ones cost beside them.
inline constexpr std::size_t kMostWaitingMessages = 4096;

inline bool is_complete(const nx_stream_events& events) noexcept {
  return events.data != nullptr && events.closed != nullptr;
}

// Both sides of one stream. Callbacks of one side never run at the same time; `closed` runs on a worker. Thread-safe.
class Stream : public std::enable_shared_from_this<Stream> {
 public:
  enum class Side : std::uint8_t { opener, provider };

  Stream(Owner& opener, Owner& provider, std::uint32_t window);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  nx_handle handle(Side side) const noexcept { return end(side).handle; }
  bool belongs_to(const Owner& owner) const noexcept;
  const Owner& owner(Side side) const noexcept { return *end(side).owner; }

  // Before anybody else sees it.
  void set_handles(nx_handle opener, nx_handle provider) noexcept;
  // The side has its events: what came before them is delivered.
  void attach(Side side, const nx_stream_events& events, void* user_data);
  void accept(const nx_stream_events& events, void* user_data) { attach(Side::provider, events, user_data); }

  nx_status send(Side from, std::uint32_t kind, std::string_view bytes);
  void consumed(Side by, std::uint64_t bytes);
  // False where it has ended.
  bool close(nx_status why, std::string_view reason);
  // The same, but nobody is told: it was never put to the provider.
  bool abandon();

 private:
  // Callbacks of one side before others have their turn.
  static constexpr int kTurns = 64;

  enum class What : std::uint8_t { data, drained, closed };
  struct Event {
    What what = What::data;
    std::int64_t number = 0;  // the kind of data, the status of closed
    std::string text;
  };
  struct End {
    std::shared_ptr<Owner> owner;
    nx_handle handle = 0;
    nx_stream_events events{};
    void* user_data = nullptr;
    bool attached = false;
    bool busy = false;           // a callback runs, or a turn on a worker is due
    bool wants_drained = false;  // a send of this end was refused
    std::size_t on_way = 0;      // bytes that this end sent and the other has not consumed
    std::deque<Event> waiting;
  };
  using Lock = std::unique_lock<std::mutex>;

  End& end(Side side) noexcept { return ends_[static_cast<std::size_t>(side)]; }
  const End& end(Side side) const noexcept { return ends_[static_cast<std::size_t>(side)]; }
  End& other(const End& one) noexcept { return &one == &ends_[0] ? ends_[1] : ends_[0]; }

  void deliver(Lock& lock, End& to, What what, std::int64_t number, std::string_view text);
  void run_waiting(Lock& lock, End& to, bool on_worker);
  void run(End& to, What what, std::int64_t number, std::string_view text) noexcept;
  void post(End& to);
  bool is_drained(End& sender) noexcept;

  const std::uint32_t window_;
  std::mutex mutex_;  // never held while a plugin's code runs
  bool closed_ = false;
  std::array<End, 2> ends_;
};

// Thread-safe.
class Streams {
 public:
  // With the opener's side attached; null where it has too many.
  std::shared_ptr<Stream> open(Owner& opener, Owner& provider, std::uint32_t window, const nx_stream_events& events,
                               void* user_data);
  // See Stream.
  bool abandon(Stream& stream);

  // NX_E_STALE where it is not `owner`'s.
  nx_status send(const Owner& owner, nx_handle stream, std::uint32_t kind, std::string_view bytes) const;
  nx_status consumed(const Owner& owner, nx_handle stream, std::uint64_t bytes) const;
  nx_status close(const Owner& owner, nx_handle stream, nx_status why, std::string_view reason);

  // Ends all of the plugin's, and answers how many sides that were.
  std::size_t withdraw(const Owner& owner);

 private:
  struct Hand {
    std::shared_ptr<Stream> stream;
    Stream::Side side;
  };
  std::shared_ptr<Hand> find(const Owner& owner, nx_handle stream) const;
  void forget(const Stream& stream);

  HandleTable<Hand> hands_{9};
};

}  // namespace nexus::core
