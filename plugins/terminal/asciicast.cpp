#include "asciicast.h"

#include <array>
#include <cstdio>

namespace nexus::terminal {
namespace {

std::string event(std::int64_t at_us, const char* type, std::string_view data) {
  std::array<char, 48> head{};
  std::snprintf(head.data(), head.size(), "[%lld.%06lld, \"%s\", ",
                static_cast<long long>(at_us / kMicrosecondsPerSecond),
                static_cast<long long>(at_us % kMicrosecondsPerSecond), type);
  return head.data() + dump(Json(data)) + "]\n";
}

}  // namespace

std::string cast_header(const Size& size, std::int64_t started_us, std::string_view title, std::string_view term) {
  return dump({{"version", 2},
               {"width", size.cols},
               {"height", size.rows},
               {"timestamp", started_us / kMicrosecondsPerSecond},
               {"title", title},
               {"env", {{"TERM", term}}}}) +
         "\n";
}

std::string cast_output(std::int64_t at_us, std::string_view utf8) { return event(at_us, "o", utf8); }

std::string cast_resize(std::int64_t at_us, const Size& size) {
  return event(at_us, "r", std::to_string(size.cols) + "x" + std::to_string(size.rows));
}

}  // namespace nexus::terminal
