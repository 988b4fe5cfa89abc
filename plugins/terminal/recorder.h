// Recordings of sessions: what the server shows, as compressed asciicast files. What is typed is not recorded, because
// passwords are typed.
#pragma once

#include "plain_text.h"
#include "protocol.h"
#include "utf8_cutter.h"
#include "zstd_file.h"

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <variant>
#include <vector>

namespace nexus::terminal {

// What a recording came to.
struct RecordingFigures {
  std::int64_t file_size = 0;  // bytes, compressed
  bool is_cut = false;         // the rest of the session is missing: it was too long, or the disk failed
  std::string text;            // the first words of what was shown
};

class Recorder;

// One session's. Thread-safe; output() and resize() never wait for the disk.
class Recording {
 public:
  // Bytes of lines; then the recording is cut. It is read in one piece.
  static constexpr std::int64_t kLongest = 32 * 1024 * 1024;
  // Bytes, searched by LIKE.
  static constexpr std::size_t kMostText = 64 * 1024;
  // Bytes of output that wait for the recorder; above it the session's output is held back.
  static constexpr std::size_t kBacklog = 1024 * 1024;

  Recording(Recorder& recorder, ZstdFile file, std::string header, std::int64_t started_us,
            std::function<void()> on_room)
      : recorder_(recorder),
        started_us_(started_us),
        on_room_(std::move(on_room)),
        file_(std::move(file)),
        header_(std::move(header)) {}

  void output(std::int64_t now_us, std::string_view bytes);
  void resize(std::int64_t now_us, const Size& size);
  // False: give it no more before on_room ran.
  bool has_room() const;
  // What waits is on disk when it returns, and nothing is taken any more.
  RecordingFigures finish();

  // Writes what waits, where it is worth a part of its own or `all`.
  void flush(Compressor& compressor, bool all);

 private:
  struct Event {
    std::int64_t now_us;
    std::variant<std::size_t, Size> what;  // how many bytes of output, or a new size
  };
  // As it came: who shows output has no time to format it.
  struct Backlog {
    std::string bytes;
    std::vector<Event> events;
  };

  std::string lines_of(const Backlog& backlog);
  void cut();

  Recorder& recorder_;
  const std::int64_t started_us_;
  const std::function<void()> on_room_;
  std::mutex file_mutex_;  // before mutex_; held while the disk is waited for
  ZstdFile file_;
  std::string header_;  // until it is written
  Utf8Cutter cutter_;
  PlainText text_{kMostText};

  mutable std::mutex mutex_;
  Backlog backlog_;
  bool is_cut_ = false;
  bool is_finished_ = false;
};

// One thread that writes all of them; it outlives them. Thread-safe.
class Recorder {
 public:
  // `folder` is made where it is missing.
  explicit Recorder(std::string folder);
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // `on_room` runs on the recorder's thread after a recording was full.
  Result<std::shared_ptr<Recording>> begin(std::int64_t session_id, std::string header, std::int64_t started_us,
                                           std::function<void()> on_room);
  std::string path_of(std::int64_t session_id) const;
  // False where it is still there.
  bool remove(std::int64_t session_id) const;
  // Some recording has enough for a part.
  void wake();

 private:
  void run();
  std::vector<std::shared_ptr<Recording>> open_recordings();

  const std::string folder_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  bool woken_ = false;
  std::vector<std::weak_ptr<Recording>> recordings_;
  std::thread thread_;
};

}  // namespace nexus::terminal
