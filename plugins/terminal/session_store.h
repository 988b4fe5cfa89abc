// terminal_sessions: SQL and nothing else.
#pragma once

#include <nexus/cpp/db.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::terminal {

// A session that is or was. Times in microseconds since the epoch.
struct SessionRow {
  std::int64_t id = 0;
  std::int64_t server_id = 0;
  std::int64_t user_id = 0;
  std::string user_name;
  std::string remote_address;
  std::int64_t started_us = 0;
  std::optional<std::int64_t> ended_us;  // absent: it goes on
  std::string end_reason;                // empty while it goes on
  std::optional<std::int64_t> exit_code;
  std::int64_t cols = 0;
  std::int64_t rows = 0;
  std::int64_t output_bytes = 0;
  bool is_recorded = false;
  std::int64_t recording_bytes = 0;  // of the file
  bool is_cut = false;               // the end of the recording is missing
};

// Which recordings a list has; absent: any.
struct RecordingFilter {
  std::optional<std::int64_t> user_id;
  std::optional<std::int64_t> server_id;
  std::optional<std::string> text;  // in what was shown
};

// On behalf of one call; every function blocks.
class SessionStore {
 public:
  explicit SessionStore(Call& call) noexcept : sql_(call) {}

  // Its id.
  Result<std::int64_t> insert(const SessionRow& session) const;
  Result<void> set_ended(const SessionRow& session, std::string_view text) const;
  // It never began.
  Result<void> remove(std::int64_t id) const;

  Result<std::optional<SessionRow>> find_recording(std::int64_t id) const;
  Result<std::vector<SessionRow>> list_recordings(const RecordingFilter& filter, std::int64_t limit,
                                                  std::int64_t offset) const;
  Result<std::int64_t> count_recordings(const RecordingFilter& filter) const;

  // What a panel that ended early left open.
  Result<std::vector<SessionRow>> list_open() const;
  // Up to `limit` that ended before.
  Result<std::vector<std::int64_t>> list_ended_before(std::int64_t ended_us, std::int64_t limit) const;

 private:
  Sql sql_;
};

}  // namespace nexus::terminal
