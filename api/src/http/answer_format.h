// An answer as bytes.
#pragma once

#include "http/output_queue.h"

#include <nexus/api/http_engine.h>

#include <ctime>
#include <string>
#include <string_view>

namespace nexus::api::http {

// The Date line, formatted once a second. Used by one thread.
class DateLine {
 public:
  std::string_view at(std::time_t now);

 private:
  std::time_t formatted_ = -1;
  std::string text_;
};

struct AnswerFraming {
  int minor_version = 1;  // of the request
  bool keep_alive = true;
  bool omit_body = false;  // answers HEAD: Content-Length tells the size of what is not sent
};

// Statuses that have no body (1xx, 204, 304) are sent without one, and without Content-Length.
void format_answer(AnswerMessage&& answer, const AnswerFraming& framing, std::string_view date_line,
                   OutputQueue& output);

}  // namespace nexus::api::http
