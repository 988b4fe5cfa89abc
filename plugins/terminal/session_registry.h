// The sessions that are open now.
#pragma once

#include "session.h"
#include "session_store.h"
#include "settings.h"

#include <nexus/cpp/repeating_work.h>
#include <nexus/cpp/services.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

namespace nexus::terminal {

// What the rest of the panel is told; payloads are {"session_id", "server_id", "user_id"}.
inline constexpr std::string_view kOpenedTopic = "terminal.opened/1";
inline constexpr std::string_view kClosedTopic = "terminal.closed/1";  // also "reason"
inline constexpr std::string_view kSessionEventSchema =
    R"({"type":"object","required":["session_id","server_id","user_id"],"properties":{"session_id":{"type":"integer"},)"
    R"("server_id":{"type":"integer"},"user_id":{"type":"integer"},"reason":{"type":"string"}}})";

// Thread-safe.
class SessionRegistry {
 public:
  // Of one user, lost ones that wait for their client included: twice as many as he may have sockets.
  static constexpr std::size_t kMostOfUser = 10;
  // Of all: each holds half a megabyte of replay, and a channel.
  static constexpr std::size_t kMost = 500;

  SessionRegistry(const Host& host, Binding ssh);

  void start();
  void set(const Settings& settings);
  Settings settings() const;
  // None begins any more.
  void stop();

  // A new session on a server, which the client then joins. 42901 where there are too many.
  Result<std::shared_ptr<Session>> open(Call& call, std::int64_t server_id, const Size& size, std::string_view term);
  // One that the caller may see: his own, or any for who manages.
  Result<std::shared_ptr<Session>> find(const Call& call, std::int64_t id) const;
  std::vector<SessionState> list(const Call& call) const;

  std::string recording_path(std::int64_t id) const;
  // False where the file is still there.
  bool remove_recording(std::int64_t id) const;

 private:
  Result<std::int64_t> reserve(Call& call, const About& about, const Size& size, bool is_recorded);
  Result<void> begin(Call& call, const std::shared_ptr<Session>& session, const Size& size, std::string_view term,
                     bool is_recorded);
  void release(std::int64_t user_id);
  void forget(const About& about);
  void ended(const SessionEnd& end);
  std::int64_t check_times(Call& call);

  const Host& host_;
  const Binding ssh_;
  std::unique_ptr<Recorder> recorder_;
  RepeatingWork rounds_;

  mutable std::mutex mutex_;
  Settings settings_;
  bool stopping_ = false;
  std::map<std::int64_t, std::size_t> counts_;  // by user, those that begin included
  std::size_t count_ = 0;
  std::map<std::int64_t, std::shared_ptr<Session>> sessions_;
};

}  // namespace nexus::terminal
