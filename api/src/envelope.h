// Writes answers: the envelope around a handler's data, and the headers that every answer has.
#pragma once

#include "field_error.h"
#include "texts.h"

#include <nexus/api/exchange.h>
#include <nexus/api/http_engine.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace nexus::api {

// What an answer takes from its request.
struct AnswerContext {
  std::string_view locale = kDefaultLocale;
  std::string_view request_id;
  std::uint32_t rate_limit = 0;  // 0: the request was not limited
  std::uint32_t rate_remaining = 0;
  std::int64_t rate_reset = 0;  // Unix seconds
  bool is_over_tls = false;
};

// The answer to `response`. Headers that would break the answer, or that are the edge's own, are left out; their names
// are added to `dropped`.
AnswerMessage write_answer(const Response& response, const AnswerContext& context, const Texts& texts,
                           std::string& dropped);

// What goes out where even writing an answer failed (no memory): needs none.
AnswerMessage last_resort(std::string_view request_id) noexcept;

// The error response for a refused request, with "errors" where there are fields.
Response to_response(const Refusal& refusal, std::string_view locale, const Texts& texts);
Response error_response(std::int32_t app_code);

}  // namespace nexus::api
