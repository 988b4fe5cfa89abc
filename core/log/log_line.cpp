#include "core/log/log_line.h"

#include <nexus/cpp/str.h>
#include <nexus/log.h>

#include <array>
#include <cstdio>
#include <ctime>

namespace nexus::core {
namespace {

constexpr std::int64_t kMicrosecondsPerSecond = 1'000'000;

struct Decoded {
  std::uint32_t code_point = 0;
  std::size_t length = 0;  // 0: not UTF-8
};

Decoded decode(std::string_view text) noexcept {
  const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(text[at]); };
  const auto lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return {};
  std::uint32_t code_point = lead & (0xFFu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    code_point = (code_point << 6) | (byte(i) & 0x3Fu);
  }
  constexpr std::array<std::uint32_t, 5> kSmallest{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
  if (code_point < kSmallest[length] || code_point > 0x10FFFF || surrogate) return {};
  return {code_point, length};
}

// Ends a line somewhere, or turns the direction of what follows.
bool is_invisible_hazard(std::uint32_t code_point) noexcept {
  return (code_point >= 0x80 && code_point < 0xA0) || (code_point >= 0x200E && code_point <= 0x200F) ||
         (code_point >= 0x2028 && code_point <= 0x202E) || (code_point >= 0x2066 && code_point <= 0x2069) ||
         code_point == 0xFEFF;
}

void append_hex(std::string& out, char kind, std::uint32_t value, int digits) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "\\%c%0*x", kind, digits, value);
  out += text.data();
}

void append_control(std::string& out, std::uint32_t code_point) {
  switch (code_point) {
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: append_hex(out, 'x', code_point, 2);
  }
}

void append_escaped(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const auto [code_point, length] = decode(text);
    if (length == 0) {
      append_hex(out, 'x', static_cast<std::uint8_t>(text.front()), 2);
    } else if (code_point < 0x20 || code_point == 0x7F) {
      append_control(out, code_point);
    } else if (is_invisible_hazard(code_point)) {
      append_hex(out, 'u', code_point, 4);
    } else {
      out.append(text.substr(0, length));
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
}

void append_text_value(std::string& out, std::string_view text) {
  const auto escaped = escape_control(text);
  if (!escaped.empty() && escaped.find_first_of(" \"=\\") == std::string::npos) {
    out += escaped;
    return;
  }
  out += '"';
  for (const char c : escaped) {
    if (c == '"') out += '\\';
    out += c;
  }
  out += '"';
}

void append_time(std::string& out, std::int64_t time_us) {
  auto seconds = static_cast<std::time_t>(time_us / kMicrosecondsPerSecond);
  auto rest = time_us % kMicrosecondsPerSecond;
  if (rest < 0) rest += kMicrosecondsPerSecond, --seconds;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  const auto length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  out.append(text.data(), length);
  std::snprintf(text.data(), text.size(), ".%06dZ", static_cast<int>(rest));
  out += text.data();
}

void append_value(std::string& out, const nx_value& value) {
  switch (value.type) {
    case NX_V_NULL: out += "null"; return;
    case NX_V_I64: out += std::to_string(value.u.i); return;
    case NX_V_BOOL: out += value.u.i != 0 ? "true" : "false"; return;
    case NX_V_TIME_US: append_time(out, value.u.i); return;
    case NX_V_F64: {
      std::array<char, 32> text{};
      std::snprintf(text.data(), text.size(), "%.6g", value.u.f);
      out += text.data();
      return;
    }
    case NX_V_TEXT: append_text_value(out, view(value.u.s)); return;
    case NX_V_BLOB: out += '<' + std::to_string(value.u.s.len) + " bytes>"; return;
    default: out += '?';
  }
}

void append_field(std::string& out, bool first, std::string_view key, const nx_value& value) {
  out += first ? "  " : " ";
  append_escaped(out, key);
  out += '=';
  append_value(out, value);
}

}  // namespace

std::string_view log_level_name(std::int32_t level) noexcept {
  switch (level) {
    case NX_LOG_DEBUG: return "debug";
    case NX_LOG_INFO: return "info";
    case NX_LOG_WARNING: return "warning";
    case NX_LOG_ERROR: return "error";
    default: return level < NX_LOG_DEBUG ? "debug" : "error";
  }
}

std::string escape_control(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  append_escaped(out, text);
  return out;
}

std::string format_log_line(const LogRecord& record) {
  constexpr std::string_view kCut = "...";
  std::string line;
  line.reserve(256);
  append_time(line, record.time_us);
  line += ' ';
  line += log_level_name(record.level);
  line += "  ";
  append_escaped(line, record.component);
  line += "  ";
  append_escaped(line, record.message);
  bool first = true;
  for (const auto& field : record.fields) {
    append_field(line, first, view(field.key), field.value);
    first = false;
  }
  if (!record.request_id.empty()) append_field(line, first, "request_id", to_value(record.request_id));
  if (line.size() >= kLongestLogLine) {
    line.resize(kLongestLogLine - kCut.size() - 1);
    line += kCut;
  }
  line += '\n';
  return line;
}

}  // namespace nexus::core
