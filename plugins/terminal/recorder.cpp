#include "recorder.h"

#include "asciicast.h"

#include <sys/stat.h>

#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <utility>

namespace nexus::terminal {
namespace {

using Clock = std::chrono::steady_clock;

// How much of a session a crash may lose.
constexpr std::chrono::seconds kPeriod{5};
// A frame of its own costs some hundred bytes and the compressor's memory of what was before.
constexpr std::size_t kPart = 128 * 1024;

}  // namespace

void Recording::output(std::int64_t now_us, std::string_view bytes) {
  bool is_part = false;
  {
    const std::lock_guard lock(mutex_);
    if (is_cut_ || is_finished_) return;
    const bool was_part = backlog_.bytes.size() >= kPart;
    backlog_.bytes += bytes;
    backlog_.events.push_back({now_us, bytes.size()});
    is_part = !was_part && backlog_.bytes.size() >= kPart;
  }
  if (is_part) recorder_.wake();
}

void Recording::resize(std::int64_t now_us, const Size& size) {
  const std::lock_guard lock(mutex_);
  if (!is_cut_ && !is_finished_) backlog_.events.push_back({now_us, size});
}

bool Recording::has_room() const {
  const std::lock_guard lock(mutex_);
  return backlog_.bytes.size() < kBacklog;
}

std::string Recording::lines_of(const Backlog& backlog) {
  std::string lines;
  std::string_view rest(backlog.bytes);
  for (const auto& event : backlog.events) {
    const auto at_us = event.now_us - started_us_;
    if (const auto* size = std::get_if<Size>(&event.what)) {
      lines += cast_resize(at_us, *size);
      continue;
    }
    const auto bytes = rest.substr(0, std::get<std::size_t>(event.what));
    rest.remove_prefix(bytes.size());
    const auto text = cutter_.take(bytes);
    if (text.empty()) continue;
    text_.append(text);
    lines += cast_output(at_us, text);
  }
  return lines;
}

void Recording::flush(Compressor& compressor, bool all) {
  const std::lock_guard file_lock(file_mutex_);
  Backlog backlog;
  {
    const std::lock_guard lock(mutex_);
    if (is_finished_ || (!all && backlog_.bytes.size() < kPart)) return;
    std::swap(backlog, backlog_);
  }
  const auto lines = std::exchange(header_, {}) + lines_of(backlog);
  if (!lines.empty() && (!file_.append(lines, compressor).ok() || file_.content() >= kLongest)) cut();
  if (backlog.bytes.size() >= kBacklog && on_room_) on_room_();
}

void Recording::cut() {
  const std::lock_guard lock(mutex_);
  is_cut_ = true;
  backlog_ = {};
}

RecordingFigures Recording::finish() {
  Compressor compressor;
  flush(compressor, true);
  const std::lock_guard file_lock(file_mutex_);
  const std::lock_guard lock(mutex_);
  is_finished_ = true;
  return {file_.size(), is_cut_, text_.text()};
}

Recorder::Recorder(std::string folder) : folder_(std::move(folder)) {
  ::mkdir(folder_.c_str(), 0700);
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "terminal-record");
    run();
  });
}

Recorder::~Recorder() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

Result<std::shared_ptr<Recording>> Recorder::begin(std::int64_t session_id, std::string header, std::int64_t started_us,
                                                   std::function<void()> on_room) {
  NEXUS_ASSIGN(auto file, ZstdFile::create(path_of(session_id)));
  auto recording =
      std::make_shared<Recording>(*this, std::move(file), std::move(header), started_us, std::move(on_room));
  const std::lock_guard lock(mutex_);
  recordings_.push_back(recording);
  return recording;
}

std::string Recorder::path_of(std::int64_t session_id) const {
  return folder_ + "/" + std::to_string(session_id) + ".cast.zst";
}

bool Recorder::remove(std::int64_t session_id) const {
  return ::unlink(path_of(session_id).c_str()) == 0 || errno == ENOENT;
}

void Recorder::wake() {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  changed_.notify_all();
}

std::vector<std::shared_ptr<Recording>> Recorder::open_recordings() {
  std::vector<std::shared_ptr<Recording>> open;
  std::erase_if(recordings_, [&](const auto& weak) {
    auto recording = weak.lock();
    if (!recording) return true;
    open.push_back(std::move(recording));
    return false;
  });
  return open;
}

void Recorder::run() {
  Compressor compressor;
  auto next_full = Clock::now() + kPeriod;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    changed_.wait_until(lock, next_full, [this] { return stopping_ || woken_; });
    woken_ = false;
    auto open = open_recordings();
    lock.unlock();
    const bool all = Clock::now() >= next_full;
    if (all) next_full = Clock::now() + kPeriod;
    for (const auto& recording : open) recording->flush(compressor, all);
    open.clear();
    lock.lock();
  }
}

}  // namespace nexus::terminal
