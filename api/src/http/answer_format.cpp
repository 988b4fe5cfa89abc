#include "http/answer_format.h"

#include <boost/beast/http/status.hpp>

#include <array>
#include <charconv>
#include <utility>

namespace nexus::api::http {
namespace {

void append_number(std::string& text, std::size_t number) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  text.append(digits.data(), end);
}

void append_status_line(std::string& text, int status) {
  if (status == 200) {
    text += "HTTP/1.1 200 OK\r\n";
    return;
  }
  const auto reason =
      boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(static_cast<unsigned>(status)));
  text += "HTTP/1.1 ";
  append_number(text, static_cast<std::size_t>(status));
  text += ' ';
  text.append(reason.data(), reason.size());
  text += "\r\n";
}

bool has_no_body(int status) { return status < 200 || status == 204 || status == 304; }

std::string_view connection_line(const AnswerFraming& framing) {
  if (!framing.keep_alive) return "Connection: close\r\n\r\n";
  return framing.minor_version == 0 ? "Connection: keep-alive\r\n\r\n" : "\r\n";
}

}  // namespace

std::string_view DateLine::at(std::time_t now) {
  if (now != formatted_) {
    std::tm utc{};
    ::gmtime_r(&now, &utc);
    std::array<char, 48> line{};
    // The "C" locale of the process gives the English names that HTTP wants; the panel never calls setlocale.
    const std::size_t size = std::strftime(line.data(), line.size(), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &utc);
    text_.assign(line.data(), size);
    formatted_ = now;
  }
  return text_;
}

void format_answer(AnswerMessage&& answer, const AnswerFraming& framing, std::string_view date_line,
                   OutputQueue& output) {
  std::string& text = output.tail();
  append_status_line(text, answer.status);
  text += answer.fields;
  const bool bodiless = has_no_body(answer.status);
  if (!bodiless) {
    text += "Content-Length: ";
    append_number(text, answer.body.size());
    text += "\r\n";
  }
  text += date_line;
  text += connection_line(framing);
  if (!bodiless && !framing.omit_body && !answer.body.empty()) output.append_body(std::move(answer.body));
}

}  // namespace nexus::api::http
