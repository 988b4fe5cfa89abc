// One request from bytes, strictly: what two readers of HTTP could read in two ways is refused. Boost.Beast parses;
// this adds the checks that it leaves open and copies into storage that the message owns.
#pragma once

#include <nexus/api/http_engine.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace nexus::api::http {

// Why bytes are no request.
struct Refusal {
  int http_status = 400;
  std::int32_t app_code = 40000;
};

class RequestParser {
 public:
  enum class Progress {
    need_more,  // all was consumed but for a piece that makes no sense yet: show it again with what follows
    complete,   // bytes behind the request were not consumed
    refused
  };

  // `limits` must outlive the parser.
  static std::unique_ptr<RequestParser> create(const EngineLimits& limits);
  virtual ~RequestParser() = default;

  // Consumes what it can of the bytes; `consumed` tells how many. After complete or refused it must not be fed again.
  // Throws std::bad_alloc only.
  virtual Progress feed(std::string_view bytes, std::size_t& consumed) = 0;

  virtual bool header_complete() const noexcept = 0;
  // The client waits for "100 Continue" before it sends the body, and has sent none of it.
  virtual bool expects_continue() const noexcept = 0;
  // Of a complete request.
  virtual bool keep_alive() const noexcept = 0;
  // Valid after refused.
  virtual Refusal refusal() const noexcept = 0;
  // What is known of the request so far.
  virtual const RequestMessage& message() const noexcept = 0;
  // The complete request, with a copy of `peer`; the parser is spent.
  virtual RequestMessage take(std::string_view peer) = 0;
};

}  // namespace nexus::api::http
