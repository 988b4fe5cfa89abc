// A shell on a server and those who look at it. It lives on for a while without them.
#pragma once

#include "protocol.h"
#include "recorder.h"
#include "replay_buffer.h"
#include "utf8_cutter.h"
#include "viewer.h"

#include <nexus/cpp/services.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::terminal {

struct Settings;

// Whose session it is, and where.
struct About {
  std::int64_t id = 0;
  std::int64_t server_id = 0;
  std::int64_t user_id = 0;
  std::string user_name;
  std::string remote_address;
  std::int64_t started_us = 0;
};

// What a list of sessions says of one now.
struct SessionState {
  About about;
  Size size;
  std::int64_t last_input_us = 0;
  std::int64_t output_bytes = 0;
  std::size_t viewers = 0;   // with the one who types
  bool is_attached = false;  // somebody types
  bool is_recorded = false;
};

// How it came to its end.
struct SessionEnd {
  About about;
  Size size;
  Exit exit;
  std::int64_t output_bytes = 0;
  std::optional<RecordingFigures> recording;
};

// What the writer sees slows the server: its output is consumed when the writer's socket has taken it, and the
// recording has room. Those who watch, and a session without a client, slow nobody. Thread-safe.
class Session final : public StreamEvents, public std::enable_shared_from_this<Session> {
 public:
  // For whoever comes back: a few screens, also of a full-screen program.
  static constexpr std::size_t kReplay = 256 * 1024;
  // Clients of one session that watch.
  static constexpr std::size_t kMostViewers = 16;

  // `on_end` runs once, on a worker.
  Session(const Host& host, About about, const Size& size, std::function<void(const SessionEnd&)> on_end);

  // Before the stream is opened.
  void record(std::shared_ptr<Recording> recording) { recording_ = std::move(recording); }
  // When it is; what came before is given back.
  void begin(const Stream& stream);

  // A client comes: it is told what was shown, and from then on everything. The newest writer is the one who types.
  // Fails with what it ended with, or where it is full.
  Result<void> attach(const std::shared_ptr<Viewer>& viewer, Role role);
  // Ends it for the reason that clients are told.
  void end(std::string reason);
  // Ends it where nobody types, or nobody came back.
  void check_time(std::int64_t now_us, const Settings& settings);

  const About& about() const noexcept { return about_; }
  SessionState state() const;

  // By its viewers.
  bool may_write(const Viewer& viewer);
  bool write(std::uint32_t kind, std::string_view bytes) const;
  // False where it is not the writer's, or the same.
  bool resized(const Viewer& viewer, const Size& size);
  void drained_client() { give_back(); }
  void left(const Viewer& viewer, std::uint16_t code);
  // By its recording.
  void drained_recording() { give_back(); }

  // StreamEvents
  void data(std::uint32_t kind, std::string_view bytes) override;
  void drained() override;
  void closed(Status why, std::string_view reason) override;

 private:
  void output(std::string_view bytes);
  void control(std::string_view cbor);
  void give_back();
  void set_reason(std::string reason);
  void dismiss(const std::optional<Error>& error);

  const Host& host_;
  const About about_;
  const std::function<void(const SessionEnd&)> on_end_;
  std::shared_ptr<Recording> recording_;

  // Held while sockets are written to, which never call back; never while the stream is called, which may.
  mutable std::mutex mutex_;
  std::optional<Stream> stream_;
  std::vector<std::shared_ptr<Viewer>> viewers_;
  std::shared_ptr<Viewer> writer_;  // one of them, or null
  Size size_;
  Utf8Cutter cutter_;
  ReplayBuffer replay_{kReplay};
  Exit exit_;
  bool has_ended_ = false;
  std::optional<Error> error_;  // what it ended with
  std::size_t owed_ = 0;        // bytes that were shown and not consumed
  std::int64_t output_bytes_ = 0;
  std::int64_t last_input_us_;
  std::int64_t lost_writer_us_;  // since when nobody types
};

}  // namespace nexus::terminal
