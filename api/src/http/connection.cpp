#include "http/connection.h"

#include "http/mailbox.h"
#include "http/worker.h"

#include <nexus/cpp/status.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace nexus::api::http {
namespace {

// Receives of one connection before the others have their turn.
constexpr int kTurns = 16;
// Empty lines before a request: old clients send one after a body (RFC 9112, 2.2).
constexpr unsigned char kEmptyLines = 4;
// Answers of one batch that are gathered before they are written.
constexpr std::size_t kGatheredOutput = 256 * 1024;

constexpr Refusal kMalformed{400, code::kMalformed};
constexpr Refusal kTooSlow{408, code::kRequestTimeout};
constexpr Refusal kInternal{500, code::kInternal};

// The connection whose handler runs on this thread now: its answer needs no mailbox.
thread_local const Connection* handling_now = nullptr;

class HandlingScope {
 public:
  explicit HandlingScope(const Connection* connection) : outer_(std::exchange(handling_now, connection)) {}
  ~HandlingScope() { handling_now = outer_; }
  HandlingScope(const HandlingScope&) = delete;
  HandlingScope& operator=(const HandlingScope&) = delete;

 private:
  const Connection* outer_;
};

}  // namespace

Connection::Connection(Worker& worker, int socket, std::string peer)
    : worker_(worker), mailbox_(worker.mailbox), socket_(socket), peer_(std::move(peer)) {
  output_.use_spare(&worker.spare_output);
  const int on = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void Connection::start() { enter(Phase::idle); }

void Connection::on_event() {
  can_read_ = true;
  if (in_flight_) look_for_end();
  if (!in_flight_ || blocked_) proceed();
}

// While a request is handled nothing is read, but the client's end is worth knowing.
void Connection::look_for_end() {
  char byte;
  const ssize_t size = ::recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (size == 0) {
    ended_ = true;
    gone_ = true;
  } else if (size < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
    close_now();
  }
}

void Connection::on_late_answer(LateAnswer&& late) {
  if (!in_flight_) return;
  if (late.dropped) {
    queue_dropped_answer();
  } else {
    queue_answer(std::move(late.answer));
  }
  proceed();
}

void Connection::proceed() {
  for (int turn = 0; !closed_; ++turn) {
    const bool parsed = parse_waiting();
    const bool had_output = !output_.empty();
    if (!flush()) break;
    if (take_over_) return hand_over();
    if (closing_) return finish();
    if ((parsed || had_output) && !waiting_.empty() && wants_input()) continue;
    if (!can_read_ || !wants_input()) break;
    if (turn == kTurns) {
      worker_.continued.push_back(socket_);
      break;
    }
    if (!receive()) break;
  }
  settle();
}

bool Connection::wants_request() const noexcept {
  const std::size_t most = std::min(kGatheredOutput, worker_.state->limits.output_bytes);
  return !closed_ && !in_flight_ && !closing_ && !take_over_ && !blocked_ && output_.size() < most;
}

// One receive; false where there was nothing to read or no more will come.
bool Connection::receive() {
  const ssize_t size = ::recv(socket_, worker_.received.data(), worker_.received.size(), MSG_DONTWAIT);
  if (size > 0) {
    accept_bytes({worker_.received.data(), static_cast<std::size_t>(size)});
    return true;
  }
  if (size == 0) {
    can_read_ = false;
    ended_ = true;
  } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
    can_read_ = false;
  } else if (errno != EINTR) {
    close_now();
  }
  return size < 0 && !closed_ && can_read_;
}

void Connection::accept_bytes(std::string_view bytes) {
  if (!waiting_.empty()) {
    waiting_.append(bytes);
    return;
  }
  const std::size_t used = parse(bytes);
  if (used < bytes.size() && !closing_ && !closed_) waiting_.assign(bytes.substr(used));
}

// Whether any of the bytes that wait could be used.
bool Connection::parse_waiting() {
  if (waiting_.empty() || !wants_request()) return false;
  const std::size_t used = parse(std::string_view(waiting_).substr(waiting_from_));
  waiting_from_ += used;
  if (waiting_from_ == waiting_.size() || closing_ || closed_) {
    std::string().swap(waiting_);
    waiting_from_ = 0;
  } else if (waiting_from_ > Worker::kReceiveBytes / 2 || !in_flight_) {
    waiting_.erase(0, waiting_from_);
    waiting_from_ = 0;
  }
  return used > 0;
}

std::size_t Connection::parse(std::string_view bytes) {
  std::size_t used = 0;
  while (used < bytes.size() && wants_request()) {
    if (parser_ == nullptr) {
      used += skip_empty_lines(bytes.substr(used));
      if (used == bytes.size() || closing_) break;
      if (bytes[used] == '\r' && used + 1 == bytes.size()) break;  // perhaps an empty line
      parser_ = RequestParser::create(worker_.state->limits);
      request_began_ = worker_.now;
      fresh_phase_ = true;
    }
    std::size_t consumed = 0;
    const bool header_was_complete = parser_->header_complete();
    const auto progress = parser_->feed(bytes.substr(used), consumed);
    if (!header_was_complete && parser_->header_complete()) fresh_phase_ = true;
    used += consumed;
    on_progress(progress, used == bytes.size());
    if (progress == RequestParser::Progress::need_more) break;
  }
  return used;
}

std::size_t Connection::skip_empty_lines(std::string_view bytes) {
  std::size_t used = 0;
  while (bytes.substr(used, 2) == "\r\n") {
    used += 2;
    if (++empty_lines_ > kEmptyLines) {
      refuse(kMalformed);
      break;
    }
  }
  return used;
}

void Connection::on_progress(RequestParser::Progress progress, bool all_consumed) {
  switch (progress) {
    case RequestParser::Progress::complete: return dispatch();
    case RequestParser::Progress::refused: return refuse(parser_->refusal());
    case RequestParser::Progress::need_more: break;
  }
  if (!all_consumed || continue_sent_ || !parser_->header_complete() || !parser_->expects_continue()) return;
  continue_sent_ = true;
  output_.tail() += "HTTP/1.1 100 Continue\r\n\r\n";
}

void Connection::dispatch() {
  framing_ = {parser_->message().minor_version, parser_->keep_alive(), parser_->message().method == "HEAD"};
  RequestMessage message = parser_->take(peer_);
  message.received = request_began_;
  parser_.reset();
  continue_sent_ = false;
  empty_lines_ = 0;
  in_flight_ = true;
  fresh_phase_ = true;
  worker_.requests.store(worker_.requests.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  const HandlingScope scope(this);
  try {
    worker_.state->handlers.request(std::move(message), Responder(shared_from_this()));
  } catch (...) {
    // The contract forbids it; the responder, destroyed on the way here, has answered.
  }
}

// Half an answer must not stay in the output: what comes behind it would be read as its end.
template <class Answer>
void Connection::answer_now(Answer answer) noexcept {
  try {
    answer();
  } catch (...) {
    close_now();
  }
}

void Connection::answer(AnswerMessage message) noexcept {
  if (handling_now == this) return answer_now([&] { queue_answer(std::move(message)); });
  try {
    mailbox_->post(LateAnswer{shared_from_this(), std::move(message), false});
  } catch (...) {
    // No memory for it: the client gives up in its own time.
  }
}

void Connection::dropped() noexcept {
  if (handling_now == this) return answer_now([this] { queue_dropped_answer(); });
  try {
    mailbox_->post(LateAnswer{shared_from_this(), {}, true});
  } catch (...) {
    // As for answer.
  }
}

void Connection::queue_answer(AnswerMessage&& message) {
  if (!in_flight_ && !closing_) return;
  in_flight_ = false;
  if (message.take_over && !worker_.state->draining.load()) {
    take_over_ = std::move(message.take_over);
    return;
  }
  if (message.take_over) message = refusal_answer({503, code::kUnavailable});
  framing_.keep_alive = framing_.keep_alive && !message.close && !worker_.state->draining.load();
  if (!framing_.keep_alive) closing_ = true;
  format_answer(std::move(message), framing_, worker_.date.at(worker_.wall_now), output_);
}

void Connection::queue_dropped_answer() { queue_answer(refusal_answer(kInternal)); }

void Connection::refuse(const Refusal& refusal) {
  worker_.state->refused.fetch_add(1, std::memory_order_relaxed);
  closing_ = true;
  AnswerMessage message = refusal_answer(refusal);
  framing_ = {1, false, parser_ != nullptr && parser_->message().method == "HEAD"};
  parser_.reset();
  queue_answer(std::move(message));
}

AnswerMessage Connection::refusal_answer(const Refusal& refusal) const {
  AnswerMessage message;
  try {
    const std::string_view language = parser_ ? parser_->message().field("Accept-Language") : std::string_view();
    message = worker_.state->handlers.refusal(refusal.http_status, refusal.app_code, language);
  } catch (...) {
    message = {};
  }
  message.status = refusal.http_status;
  message.close = true;
  return message;
}

// False while the client must read first, or is gone.
bool Connection::flush() {
  if (output_.empty()) return true;
  std::size_t taken = 0;
  const auto outcome = output_.write_to(socket_, taken);
  if (outcome == OutputQueue::Outcome::broken) {
    close_now();
    return false;
  }
  if (outcome == OutputQueue::Outcome::drained) {
    blocked_ = false;
    fresh_phase_ = true;
    return true;
  }
  if (!blocked_) {
    blocked_ = true;
    fresh_phase_ = true;
    blocked_since_ = last_taken_ = worker_.now;
    taken_ = 0;
  } else if (taken > 0) {
    last_taken_ = worker_.now;
    taken_ += taken;
  }
  if (!watching_writable_) worker_.watch_writable(socket_);
  watching_writable_ = true;
  return false;
}

// The engine's own descriptor closes as that of any connection; the socket lives on in the copy.
void Connection::hand_over() {
  const auto take_over = std::exchange(take_over_, nullptr);
  const int copy = ended_ ? -1 : ::fcntl(socket_, F_DUPFD_CLOEXEC, 0);
  std::string received = waiting_.substr(waiting_from_);
  close_now();
  if (copy >= 0) take_over(copy, std::move(received));
}

// All is written. Our side is shut and the client's rest read, or closing would reset the connection and with it the
// answer.
void Connection::finish() {
  if (ended_) return close_now();
  if (phase() != Phase::lingering) {
    ::shutdown(socket_, SHUT_WR);
    enter(Phase::lingering);
  }
  discard_input();
}

void Connection::discard_input() {
  for (int turn = 0; can_read_; ++turn) {
    if (turn == kTurns) return worker_.continued.push_back(socket_);
    const ssize_t size = ::recv(socket_, worker_.received.data(), worker_.received.size(), MSG_DONTWAIT);
    if (size > 0 || (size < 0 && errno == EINTR)) continue;
    can_read_ = false;
    if (size == 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) close_now();
  }
}

// Enters the phase that fits what it now waits for.
void Connection::settle() {
  if (closed_) return;
  if (blocked_) return enter(Phase::writing);
  if (in_flight_) return enter(Phase::handling);
  if (ended_) return close_now();
  if (parser_ != nullptr) return enter(parser_->header_complete() ? Phase::body : Phase::header);
  enter(Phase::idle);
  if (worker_.state->draining.load(std::memory_order_relaxed) && !can_read_) close_now();
}

void Connection::enter(Phase next) noexcept {
  if (in_phase() && phase() == next && !fresh_phase_) return;
  worker_.phases.enter(*this, next, worker_.now);
  fresh_phase_ = false;
}

void Connection::on_too_slow() {
  if (phase() == Phase::idle || phase() == Phase::lingering) return close_now();
  worker_.state->slow_closed.fetch_add(1, std::memory_order_relaxed);
  refuse(kTooSlow);
  proceed();
}

void Connection::check_progress() {
  const EngineLimits& limits = worker_.state->limits;
  const auto blocked_for = worker_.now - blocked_since_;
  const bool stalled = worker_.now - last_taken_ > limits.write_stall;
  const double seconds = std::chrono::duration<double>(blocked_for).count();
  const bool dripping = blocked_for > limits.write_stall &&
                        static_cast<double>(taken_) < seconds * static_cast<double>(limits.write_rate);
  if (!stalled && !dripping) return;
  worker_.state->slow_closed.fetch_add(1, std::memory_order_relaxed);
  close_now();
}

void Connection::retire() {
  if (phase() != Phase::idle) return;
  can_read_ = true;
  proceed();
}

void Connection::close_now() noexcept {
  if (closed_) return;
  closed_ = true;
  gone_ = true;
  worker_.phases.leave(*this);
  worker_.closed.push_back(socket_);
}

}  // namespace nexus::api::http
