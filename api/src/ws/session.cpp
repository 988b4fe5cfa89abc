#include "ws/session.h"

#include "ws/beast_stream.h"
#include "ws/deflate.h"

#include <algorithm>

namespace nexus::api::ws {
namespace {

// Sends that follow each other faster are gathered: a system call costs more than the wait.
constexpr std::chrono::microseconds kGatherTime{100};
// Room of a message's buffer that an idle session keeps.
constexpr std::size_t kKeptBuffer = 4096;
constexpr std::size_t kLargestMessage = 16 * 1024 * 1024;
constexpr std::uint16_t kBrokenData = 1007;
constexpr std::uint16_t kTooLarge = 1009;

bool is_close_frame(std::string_view bytes) noexcept { return bytes.starts_with('\x88'); }

}  // namespace

Session::Session(std::shared_ptr<Loop> loop, std::shared_ptr<Pass> pass, const WebSocketSpec& spec, Agreement agreement)
    : loop_(std::move(loop)), spec_(spec), agreement_(std::move(agreement)), pass_(std::move(pass)) {}

Session::~Session() = default;

// -- queueing: any thread

bool Session::accepts(std::size_t size, Sent& answer) {
  answer = Sent::taken;
  if (state_ >= State::closing || close_asked_ || broken_ || size > kLargestMessage + sizeof(FrameHeader)) {
    answer = Sent::closed;
  } else if (output_.data() != 0 && output_.data() + size > spec_.send_limit) {
    wants_drained_ = true;
    answer = Sent::full;
  }
  return answer == Sent::taken;
}

// Before anything is locked. `data` becomes what is in `room`.
Packing Session::pack(std::string_view& data, std::string& room) const {
  if (!agreement_.deflate || !is_worth_packing(data.size())) return Packing::none;
  if (!pack_message(data, agreement_.deflate->window_bits, room)) return Packing::none;
  data = room;
  return Packing::deflate;
}

WebSocketSession::Sent Session::send(MessageKind kind, std::string_view data) {
  std::string packed;
  const auto packing = pack(data, packed);
  FrameHeader bytes;
  const std::string_view header(bytes.data(), write_header(kind, packing, data.size(), bytes));
  const std::lock_guard lock(mutex_);
  Sent answer{};
  if (!accepts(header.size() + data.size(), answer)) return answer;
  if (write_at_once(header, data)) return answer;
  schedule();
  return answer;
}

WebSocketSession::Sent Session::send(const std::shared_ptr<const SharedFrame>& frame) {
  const std::lock_guard lock(mutex_);
  Sent answer{};
  if (!accepts(frame->bytes().size(), answer)) return answer;
  output_.add(frame);
  schedule();
  return answer;
}

// Whether all went out; what did not is queued.
bool Session::write_at_once(std::string_view header, std::string_view data) {
  std::size_t taken = 0;
  const auto now = Clock::now();
  if (state_ == State::open && output_.empty() && !blocked_ && now - last_direct_ >= kGatherTime) {
    last_direct_ = now;
    std::array<iovec, 2> parts{iovec{const_cast<char*>(header.data()), header.size()},
                               iovec{const_cast<char*>(data.data()), data.size()}};
    const ssize_t size = send_parts(socket_, parts.data(), parts.size());
    if (size > 0) taken = static_cast<std::size_t>(size);
  }
  if (taken == header.size() + data.size()) return true;
  output_.add(header, data, taken);
  return false;
}

void Session::schedule() {
  if (state_ == State::made || state_ == State::closed || (blocked_ && !close_asked_ && !broken_)) return;
  ask_for_turn();
}

// Once until the turn has come.
void Session::ask_for_turn() {
  if (!std::exchange(scheduled_, true)) loop_->schedule(shared_from_this());
}

void Session::consumed(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  const bool was_full = unconsumed_ >= spec_.receive_window;
  unconsumed_ -= std::min(bytes, unconsumed_);
  if (!was_full || unconsumed_ >= spec_.receive_window || state_ == State::closed) return;
  ask_for_turn();
}

void Session::close(std::uint16_t code, std::string_view reason) {
  const std::lock_guard lock(mutex_);
  if (close_asked_ || state_ >= State::closing) return;
  close_asked_ = true;
  close_code_ = code;
  close_reason_ = reason;
  schedule();
}

void Session::revoke(std::uint16_t code, std::string_view reason) {
  muted_ = true;
  close(code, reason);
}

// -- beginning

void Session::begin(int socket, std::string received, Handshake handshake) {
  if (loop_->stopped()) {
    ::close(socket);
    return fail();
  }
  boost::asio::post(loop_->context(), [self = shared_from_this(), socket, received = std::move(received),
                                       handshake = std::move(handshake)]() mutable {
    self->take(socket, std::move(received), handshake);
  });
}

void Session::fail() {
  if (loop_->stopped()) return finish(1006, "");
  boost::asio::post(loop_->context(), [self = shared_from_this()] { self->finish(1006, ""); });
}

void Session::take(int socket, std::string received, const Handshake& handshake) {
  {
    const std::lock_guard lock(mutex_);
    if (state_ == State::closed) {
      ::close(socket);
      return;
    }
    state_ = State::handshake;
    socket_ = socket;
  }
  last_heard_ = last_taken_ = Clock::now();
  loop_->add(shared_from_this());
  beast_ = std::make_unique<Beast>(*this, *loop_, socket, std::move(received));
  beast_->stream.read_message_max(agreement_.deflate ? most_packed(spec_.max_message) : spec_.max_message);
  beast_->stream.control_callback([this](boost::beast::websocket::frame_type type, boost::beast::string_view) {
    last_heard_ = Clock::now();  // an answered ping as well
    if (type == boost::beast::websocket::frame_type::close) on_client_close();
  });
  beast_->accept(shared_from_this(), handshake);
}

// Beast answers it; nothing may follow the answer.
void Session::on_client_close() {
  if (close_began_ == Clock::time_point{}) close_began_ = Clock::now();
  const std::lock_guard lock(mutex_);
  if (state_ == State::open) state_ = State::closing;
}

void Session::on_accepted(bool ok) {
  if (!ok) return finish(1006, "");
  {
    const std::lock_guard lock(mutex_);
    if (state_ != State::handshake) return;
    state_ = State::open;
  }
  read();
  turn();
}

// -- reading

void Session::read() { beast_->read(shared_from_this()); }

void Session::on_read(bool ended) {
  if (!beast_) return;  // it was cut off meanwhile
  last_heard_ = Clock::now();
  if (ended) return on_ended();
  if (!beast_->stream.is_message_done()) return read();
  beast_->end_message();
  deliver();
  {
    const std::lock_guard lock(mutex_);
    if (state_ == State::closed) return;
    // Beast's close reads by itself. Its close and a read that breaks a rule would wait for each other.
    paused_ = (unconsumed_ >= spec_.receive_window || close_asked_) && state_ == State::open;
  }
  if (!paused_) read();
}

void Session::deliver() {
  auto bytes = beast_->message();
  const auto kind = beast_->kind();
  std::string room;
  bool wanted = !muted_ && unpack(bytes, room);
  {
    const std::lock_guard lock(mutex_);
    wanted = wanted && state_ == State::open && !close_asked_;
    if (wanted) unconsumed_ += bytes.size();
  }
  if (wanted) handler_->message(kind, bytes);
  beast_->forget_message(kKeptBuffer);
}

// Of a message that Beast has taken. What it cannot judge where there is compression is judged here: the size, and
// whether packed text is text.
bool Session::unpack(std::string_view& bytes, std::string& room) {
  auto result = Unpacked::ok;
  if (beast_->is_packed()) {
    result = unpack_message(bytes, spec_.max_message, room);
    bytes = room;
    if (beast_->kind() == MessageKind::text && !is_text(bytes)) result = Unpacked::broken;
  } else if (bytes.size() > spec_.max_message) {
    result = Unpacked::too_large;
  }
  if (result == Unpacked::ok) return true;
  revoke(result == Unpacked::broken ? kBrokenData : kTooLarge, "");
  return false;
}

// Beast has sent the close frame and shut the socket where there was reason to.
void Session::on_ended() {
  if (!beast_) return;
  std::uint16_t code = beast_->code();
  std::string reason = beast_->reason();
  {
    const std::lock_guard lock(mutex_);
    if (close_asked_ && (state_ == State::closing || code == 1006)) {
      code = close_code_;
      reason = close_reason_;
    }
  }
  finish(code, reason);
}

// -- the loop's turns

void Session::turn() {
  bool is_drained = false;
  bool resumes = false;
  bool closes = false;
  bool broke = false;
  {
    const std::lock_guard lock(mutex_);
    scheduled_ = false;
    if (state_ == State::made || state_ == State::closed) return;
    const auto outcome = output_.write_to(socket_, state_ == State::handshake);
    blocked_ = outcome == Output::Outcome::blocked;
    broken_ = broken_ || outcome == Output::Outcome::broken;
    broke = broken_;
    is_drained = wants_drained_ && state_ == State::open && output_.data() <= spec_.send_limit / 2;
    if (is_drained) wants_drained_ = false;
    resumes = paused_ && unconsumed_ < spec_.receive_window && state_ == State::open;
    closes = close_asked_ && state_ == State::open;
    if (closes) state_ = State::closing;
    if (output_.taken() != taken_seen_ || output_.empty()) last_taken_ = Clock::now();
    taken_seen_ = output_.taken();
  }
  if (broke) return finish(1006, "");
  if (blocked_) wait_writable();
  if (is_drained) handler_->drained();
  if (closes) return start_close();
  if (!resumes) return;
  paused_ = false;
  last_heard_ = Clock::now();
  read();
}

void Session::wait_writable() {
  if (waits_writable_) return;
  waits_writable_ = true;
  beast_->wait_writable(shared_from_this());
}

void Session::write_unit(std::string bytes, std::unique_ptr<Written> written) {
  correct_close_frame(bytes);
  const std::lock_guard lock(mutex_);
  if (state_ == State::closed) return written->complete(false);
  // Beast's own, where a client broke a rule: nothing may follow it.
  if (state_ == State::open && is_close_frame(bytes)) {
    state_ = State::closing;
    close_began_ = Clock::now();
  }
  output_.add_unit(std::move(bytes), std::move(written), state_ == State::handshake);
  if (!blocked_) ask_for_turn();
}

void Session::start_close() {
  close_began_ = Clock::now();
  beast_->close(shared_from_this(), close_code_, close_reason_);
}

void Session::check_time(Clock::time_point now) {
  bool is_open = false;
  bool is_waiting = false;
  bool is_shaking = false;
  {
    const std::lock_guard lock(mutex_);
    is_open = state_ == State::open;
    is_shaking = state_ == State::handshake;
    is_waiting = !output_.empty();
  }
  const auto& times = spec_.times;
  if (!is_waiting) last_taken_ = now;
  if (is_shaking && now - last_heard_ > times.close) return finish(1006, "");
  if (close_began_ != Clock::time_point{}) {
    const auto since = std::max(close_began_, is_waiting ? last_taken_ : close_began_);
    if (now - since > times.close || now - close_began_ > times.most_close) return on_ended();
    return;
  }
  if (!is_open) return;
  if (is_waiting) {
    if (now - last_taken_ > times.stall) finish(1006, "");
    return;
  }
  if (paused_) last_heard_ = now;
  if (now - last_heard_ > times.silence) return finish(1006, "");
  if (now - last_heard_ <= times.ping_after || ping_on_way_) return;
  ping_on_way_ = true;
  beast_->ping(shared_from_this());
}

void Session::cut(std::uint16_t code) { finish(code, ""); }

// It may hold operations that wait for each other for ever, and they us. What is cut off now is told first.
void Session::let_beast_go() {
  beast_->shut();
  boost::asio::post(loop_->context(), [beast = std::move(beast_)] {});
}

void Session::finish(std::uint16_t code, std::string_view reason) {
  {
    const std::lock_guard lock(mutex_);
    if (state_ == State::closed) return;
    state_ = State::closed;
    output_.clear();
    socket_ = -1;
  }
  if (beast_) let_beast_go();
  loop_->remove(*this);
  // The place is free before anybody hears that the socket is closed.
  const auto handler = std::move(handler_);
  if (const auto pass = std::exchange(pass_, nullptr); pass && handler) pass->ended();
  if (handler) handler->closed(code, reason);
}

}  // namespace nexus::api::ws
