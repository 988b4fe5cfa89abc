#include "session.h"

#include "settings.h"

#include <nexus/cpp/contracts/ssh.h>

#include <algorithm>
#include <utility>

namespace nexus::terminal {
namespace {

constexpr std::uint16_t kNormal = 1000;
constexpr std::uint16_t kPolicy = 1008;
constexpr std::uint16_t kFailed = 1011;

// Frames of a replay: what one message of a client's may hold, so that it need not take more at once.
constexpr std::size_t kReplayPart = 32 * 1024;

// What the provider closed a stream with; nothing where a plugin stops.
std::optional<Error> error_of(Status why, std::string_view reason) {
  const auto answer = contracts::from_cbor(reason);
  if (answer.ok() && answer->contains("error")) return error_from(answer->at("error"));
  return why == Status::unavailable ? std::nullopt : std::optional(Error(why, std::string(reason)));
}

}  // namespace

Session::Session(const Host& host, About about, const Size& size, std::function<void(const SessionEnd&)> on_end)
    : host_(host),
      about_(std::move(about)),
      on_end_(std::move(on_end)),
      size_(size),
      last_input_us_(about_.started_us),
      lost_writer_us_(about_.started_us) {}

void Session::begin(const Stream& stream) {
  {
    const std::lock_guard lock(mutex_);
    stream_ = stream;
  }
  give_back();
}

Result<void> Session::attach(const std::shared_ptr<Viewer>& viewer, Role role) {
  const std::lock_guard lock(mutex_);
  if (error_) return *error_;
  if (has_ended_) return Error::api(code::kWrongState, "terminal.not_open");
  if (role == Role::viewer && viewers_.size() > kMostViewers) {
    return Error::api(code::kRateLimited, "terminal.too_many_viewers");
  }
  viewer->tell(session_message(about_.id, about_.server_id, role, size_, recording_ != nullptr));
  auto shown = replay_.content();
  Utf8Cutter cutter;
  while (!shown.empty()) {
    const auto part = shown.substr(0, kReplayPart);
    shown.remove_prefix(part.size());
    const auto text = viewer->is_binary() ? std::string() : cutter.take(part);
    viewer->show(part, text.empty() ? std::string() : output_message(text), Role::writer);
  }
  viewers_.push_back(viewer);
  if (role == Role::viewer) return {};
  if (writer_) writer_->tell(role_message(Role::viewer));
  writer_ = viewer;
  return {};
}

SessionState Session::state() const {
  const std::lock_guard lock(mutex_);
  return {about_, size_, last_input_us_, output_bytes_, viewers_.size(), writer_ != nullptr, recording_ != nullptr};
}

// -- input: from a viewer's socket

bool Session::may_write(const Viewer& viewer) {
  const std::lock_guard lock(mutex_);
  if (writer_.get() != &viewer) return false;
  last_input_us_ = host_.now_us();
  return true;
}

bool Session::write(std::uint32_t kind, std::string_view bytes) const {
  std::optional<Stream> stream;
  {
    const std::lock_guard lock(mutex_);
    stream = stream_;
  }
  return stream && stream->send(kind, bytes) != Status::busy;
}

// Also for those who only watch by now: what they typed as the writer may still wait.
void Session::drained() {
  std::vector<std::shared_ptr<Viewer>> viewers;
  {
    const std::lock_guard lock(mutex_);
    viewers = viewers_;
  }
  for (const auto& viewer : viewers) viewer->retry_input();
}

bool Session::resized(const Viewer& viewer, const Size& size) {
  const std::lock_guard lock(mutex_);
  if (writer_.get() != &viewer || size == size_) return false;
  size_ = size;
  if (recording_) recording_->resize(host_.now_us(), size);
  for (const auto& other : viewers_) {
    if (other != writer_) other->tell(resize_message(size));
  }
  return true;
}

// -- output: from the server

void Session::data(std::uint32_t kind, std::string_view bytes) {
  kind == contracts::kSshBytes ? output(bytes) : control(bytes);
  {
    const std::lock_guard lock(mutex_);
    owed_ += bytes.size();
  }
  give_back();
}

void Session::output(std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  output_bytes_ += static_cast<std::int64_t>(bytes.size());
  replay_.append(bytes);
  if (recording_) recording_->output(host_.now_us(), bytes);
  const bool wants_text =
      std::any_of(viewers_.begin(), viewers_.end(), [](const auto& viewer) { return !viewer->is_binary(); });
  std::string message;
  if (wants_text) {
    if (const auto text = cutter_.take(bytes); !text.empty()) message = output_message(text);
  } else {
    cutter_.skip(bytes);  // whoever comes next begins with a whole character
  }
  for (const auto& viewer : viewers_) {
    viewer->show(bytes, message, viewer == writer_ ? Role::writer : Role::viewer);
  }
}

void Session::control(std::string_view cbor) {
  const auto value = contracts::from_cbor(cbor);
  if (!value.ok()) return;
  const auto exit = value->find("exit");
  if (exit == value->end() || !exit->is_object()) return;
  const std::lock_guard lock(mutex_);
  exit_.signal = optional_text(*exit, "signal").value_or("");
  if (exit_.signal.empty()) exit_.code = optional_integer(*exit, "status");
  if (exit_.reason.empty()) exit_.reason = "exit";
}

// To the server, for all that the writer has taken.
void Session::give_back() {
  std::optional<Stream> stream;
  std::size_t bytes = 0;
  {
    const std::lock_guard lock(mutex_);
    const bool is_taken = (!writer_ || writer_->is_idle()) && (!recording_ || recording_->has_room());
    if (!stream_ || !is_taken) return;
    stream = stream_;
    bytes = std::exchange(owed_, 0);
  }
  if (bytes != 0) stream->consumed(bytes);
}

// -- the end

void Session::left(const Viewer& viewer, std::uint16_t code) {
  bool was_writer = false;
  {
    const std::lock_guard lock(mutex_);
    was_writer = writer_.get() == &viewer;
    if (was_writer) {
      writer_ = nullptr;
      lost_writer_us_ = host_.now_us();
    }
    std::erase_if(viewers_, [&](const auto& other) { return other.get() == &viewer; });
  }
  if (!was_writer) return;
  // A client that says goodbye means it; one that is logged out has no right to come back.
  if (code == kNormal || code == kPolicy) end("left");
  give_back();
}

void Session::set_reason(std::string reason) {
  const std::lock_guard lock(mutex_);
  if (exit_.reason.empty()) exit_.reason = std::move(reason);
}

void Session::end(std::string reason) {
  set_reason(std::move(reason));
  std::optional<Stream> stream;
  {
    const std::lock_guard lock(mutex_);
    stream = stream_;
  }
  if (stream) stream->close(Status::cancelled);
}

void Session::check_time(std::int64_t now_us, const Settings& settings) {
  bool is_idle = false;
  bool is_forsaken = false;
  {
    const std::lock_guard lock(mutex_);
    is_idle = settings.idle != 0 && now_us - last_input_us_ >= settings.idle * kMicrosecondsPerSecond;
    is_forsaken = !writer_ && now_us - lost_writer_us_ >= settings.grace * kMicrosecondsPerSecond;
  }
  if (is_forsaken) return end("detached");
  if (is_idle) return end("idle");
  give_back();  // should it have met a message that was just going out
}

void Session::closed(Status why, std::string_view reason) {
  const auto error = why == Status::ok || why == Status::cancelled ? std::nullopt : error_of(why, reason);
  set_reason(error ? "failed" : why == Status::ok ? "exit" : "stopping");
  dismiss(error);
  std::optional<RecordingFigures> figures;
  if (recording_) figures = recording_->finish();
  SessionEnd end;
  {
    const std::lock_guard lock(mutex_);
    end = {about_, size_, exit_, output_bytes_, std::move(figures)};
  }
  on_end_(end);
}

// The clients are told, and go.
void Session::dismiss(const std::optional<Error>& error) {
  std::vector<std::shared_ptr<Viewer>> viewers;
  Exit exit;
  {
    const std::lock_guard lock(mutex_);
    has_ended_ = true;
    error_ = error;
    stream_.reset();
    writer_ = nullptr;
    viewers.swap(viewers_);
    exit = exit_;
  }
  for (const auto& viewer : viewers) {
    if (error) viewer->tell(*error);
    viewer->tell(exit_message(exit));
    viewer->close(error ? kFailed : kNormal, exit.reason);
  }
}

}  // namespace nexus::terminal
