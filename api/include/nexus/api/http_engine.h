// The network side of the edge: sockets, HTTP/1.1 framing, limits in bytes and time. It knows no routes and no JSON.
#pragma once

#include <nexus/cpp/result.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::api {

using Clock = std::chrono::steady_clock;

// Bounds of one connection; each has its reason in docs/security.md (request framing, slow clients).
struct EngineLimits {
  std::size_t target_bytes = 8 * 1024;
  std::size_t header_bytes = 16 * 1024;
  std::size_t header_fields = 100;
  std::size_t body_bytes = 1024 * 1024;
  std::size_t output_bytes = 1024 * 1024;  // answers that wait for a slow reader; no further request is read meanwhile
  std::chrono::milliseconds header_time{10'000};
  std::chrono::milliseconds body_time{30'000};
  std::chrono::milliseconds idle_time{60'000};
  std::chrono::milliseconds write_stall{10'000};  // no byte taken by the client for so long
  std::size_t write_rate = 16 * 1024;             // bytes per second at least, averaged over an answer that stalls
  std::size_t connections = 20'000;
};

struct EngineOptions {
  std::string host = "127.0.0.1";  // an IPv4 or IPv6 address, or a name that resolves to one
  std::uint16_t port = 8080;       // 0 picks a free one
  unsigned threads = 2;
  EngineLimits limits;
};

struct HeaderField {
  std::string_view name;
  std::string_view value;
};

// One complete request. Views point into storage that the message owns; moving it keeps them valid.
class RequestMessage {
 public:
  std::string_view method;
  std::string_view target;  // as sent, origin-form: path and query, still percent-encoded
  int minor_version = 1;    // HTTP/1.<minor>
  std::vector<HeaderField> fields;
  std::string_view body;
  std::string_view peer;  // address of the socket's other end, without the port
  Clock::time_point received;

  // The one field of that name (compared without regard to case), or a view whose data() is null.
  std::string_view field(std::string_view name) const noexcept;

  // What the views point into; a heap block that never moves.
  std::shared_ptr<const void> storage;
};

// An answer as it goes out; the engine adds Content-Length, Connection and Date.
struct AnswerMessage {
  int status = 200;
  std::string fields;  // complete header lines, each ended by CRLF
  std::string body;
  bool close = false;  // end the connection after it
  // Not empty: nothing of the above is sent; the socket leaves the engine as soon as earlier answers are written.
  // Called on an I/O thread with a descriptor that is now the callee's, and what the client sent behind the request.
  // Where that cannot be (the client is gone, the engine drains), it is destroyed uncalled.
  std::function<void(int socket, std::string received)> take_over = nullptr;
};

// Answers one request, exactly once, from any thread. Dropped without an answer, it answers 500 and closes.
class Responder {
 public:
  // Where an answer goes: a connection of the engine, or a test.
  class Target {
   public:
    virtual ~Target() = default;
    // One of the two is called, once, from any thread.
    virtual void answer(AnswerMessage answer) = 0;
    virtual void dropped() { answer(AnswerMessage{500, {}, {}, true}); }  // there is no answer
    virtual bool abandoned() const noexcept = 0;
  };

  Responder() = default;
  explicit Responder(std::shared_ptr<Target> target) : target_(std::move(target)) {}
  Responder(Responder&&) noexcept = default;
  Responder& operator=(Responder&& other) noexcept;
  ~Responder();

  // On the I/O thread inside the handler it is written with the batch; elsewhere through the worker's mailbox.
  void send(AnswerMessage answer);
  // Whether the client is gone, so that work for it can be given up. May lag behind.
  bool abandoned() const noexcept;
  explicit operator bool() const noexcept { return target_ != nullptr; }

 private:
  std::shared_ptr<Target> target_;
};

struct EngineHandlers {
  // Runs on an I/O thread, must not block and must not throw.
  std::function<void(RequestMessage&&, Responder&&)> request;
  // The answer to something that never became a request, and to one whose responder was dropped; `app_code` is one of
  // the documented codes (40000, 40801, 41301, 41401, 43101, 50001, 50101). Its status is `http_status` whatever it
  // says, and the connection closes after it. `accept_language` may be empty. Runs on an I/O thread.
  std::function<AnswerMessage(int http_status, std::int32_t app_code, std::string_view accept_language)> refusal;
};

struct EngineCounters {
  std::uint64_t accepted = 0;
  std::uint64_t open = 0;
  std::uint64_t requests = 0;
  std::uint64_t refused = 0;      // protocol errors answered
  std::uint64_t slow_closed = 0;  // ended by a time limit
};

class HttpEngine {
 public:
  // Binds and listens; fails with a reason (address in use, no permission, not an address). No request is taken before
  // start.
  static Result<std::unique_ptr<HttpEngine>> listen(const EngineOptions& options, EngineHandlers handlers);
  virtual ~HttpEngine() = default;  // drains with no grace if that was not done

  virtual void start() = 0;
  virtual std::uint16_t port() const noexcept = 0;
  // Stops accepting, closes idle connections, lets what is in flight finish with `Connection: close`, and ends the rest
  // at the deadline. Returns whether nothing had to be cut off. Then no handler runs any more.
  virtual bool drain(Clock::time_point deadline) = 0;
  virtual EngineCounters counters() const noexcept = 0;
};

}  // namespace nexus::api
