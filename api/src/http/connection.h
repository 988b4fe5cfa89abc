// One client: reads requests, hands them over one at a time, writes the answers in order.
//
// Only the worker's thread calls it, but for the Responder::Target part. It outlives its socket while a responder holds
// it. Invariants: a request is in flight exactly while its answer is awaited; nothing is read meanwhile, nor while
// output waits.
#pragma once

#include "http/answer_format.h"
#include "http/output_queue.h"
#include "http/phases.h"
#include "http/request_parser.h"

#include <nexus/api/http_engine.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace nexus::api::http {

class Mailbox;
struct LateAnswer;
struct Worker;

class Connection final : public Responder::Target, public PhaseMember, public std::enable_shared_from_this<Connection> {
 public:
  // The socket belongs to the transport, which closes it after close_now().
  Connection(Worker& worker, int socket, std::string peer);

  int socket() const noexcept { return socket_; }
  bool closed() const noexcept { return closed_; }
  bool has_work() const noexcept { return phase() != Phase::idle && phase() != Phase::lingering; }

  void start();     // once, after it became shared
  void on_event();  // something arrived, ended or was taken by the client
  void on_late_answer(LateAnswer&& late);
  void proceed();         // does what can be done now without waiting
  void on_too_slow();     // the time of its phase is over
  void check_progress();  // while writing: ends a client that reads too slowly
  void retire();          // ends it if it is idle, after a last look at what arrived
  void close_now() noexcept;

  // Responder::Target, from any thread.
  void answer(AnswerMessage message) noexcept override;
  void dropped() noexcept override;
  bool abandoned() const noexcept override { return gone_.load(std::memory_order_relaxed); }

 private:
  bool wants_input() const noexcept { return !in_flight_ && !closing_ && !take_over_ && output_.size() == 0; }
  bool wants_request() const noexcept;
  bool receive();
  void accept_bytes(std::string_view bytes);
  bool parse_waiting();
  std::size_t parse(std::string_view bytes);
  std::size_t skip_empty_lines(std::string_view bytes);
  void on_progress(RequestParser::Progress progress, bool all_consumed);
  void dispatch();
  void refuse(const Refusal& refusal);
  void queue_answer(AnswerMessage&& message);
  template <class Answer>
  void answer_now(Answer answer) noexcept;
  void queue_dropped_answer();
  AnswerMessage refusal_answer(const Refusal& refusal) const;
  bool flush();
  void hand_over();
  void finish();
  void discard_input();
  void settle();
  void enter(Phase phase) noexcept;
  void look_for_end();

  Worker& worker_;  // valid until closed
  const std::shared_ptr<Mailbox> mailbox_;
  const int socket_;
  const std::string peer_;

  std::string waiting_;           // received, not parsed
  std::size_t waiting_from_ = 0;  // what is before was parsed
  std::unique_ptr<RequestParser> parser_;
  OutputQueue output_;
  std::function<void(int, std::string)> take_over_;  // what has the socket once the output is written
  AnswerFraming framing_;                            // of the answer that is due next

  Clock::time_point request_began_{};
  Clock::time_point blocked_since_{};  // the socket takes no more since then
  Clock::time_point last_taken_{};
  std::size_t taken_ = 0;  // bytes since blocked_since_

  std::atomic<bool> gone_{false};
  bool closed_ = false;
  bool can_read_ = false;  // edge-triggered: true until a receive found nothing
  bool ended_ = false;     // the client shut its side
  bool in_flight_ = false;
  bool closing_ = false;  // the last answer is queued
  bool blocked_ = false;
  bool watching_writable_ = false;
  bool continue_sent_ = false;
  bool fresh_phase_ = true;  // the phase begins again even if it is the same
  unsigned char empty_lines_ = 0;
};

}  // namespace nexus::api::http
