#include "core/log/log_line.h"

#include <nexus/cpp/str.h>
#include <nexus/log.h>

#include <doctest/doctest.h>

#include <array>

using namespace nexus;
using namespace nexus::core;

namespace {

constexpr std::int64_t kSomeTime = 1768473000123456;  // 2026-01-15T10:30:00.123456Z

std::string line_of(std::string_view message, std::span<const nx_kv> fields = {}, std::string_view request_id = {}) {
  return format_log_line({kSomeTime, NX_LOG_INFO, "auth", message, fields, request_id});
}

}  // namespace

TEST_CASE("a line says when, how bad, who, what, and the details") {
  const std::array fields{nx_kv{to_abi("user_id"), to_value(std::int64_t{7})},
                          nx_kv{to_abi("name"), to_value(std::string_view("Ada Lovelace"))},
                          nx_kv{to_abi("admin"), to_value(true)}};
  CHECK(line_of("signed in", fields, "01J0") ==
        "2026-01-15T10:30:00.123456Z info  auth  signed in  user_id=7 name=\"Ada Lovelace\" admin=true "
        "request_id=01J0\n");
}

TEST_CASE("a hostile text stays on its line and does not reach the terminal") {
  const std::string_view name = "x\n2026-01-15T10:30:00.000000Z info  auth  signed in\r\x1b]0;title\x07";
  const std::array fields{nx_kv{to_abi("name"), to_value(name)}};
  const auto line = line_of("sign-in failed", fields);
  CHECK(line.find('\n') == line.size() - 1);
  CHECK(line.find('\x1b') == std::string::npos);
  CHECK(line.find("x\\n2026") != std::string::npos);
  CHECK(line.find("\\x1b]0;title\\x07") != std::string::npos);
  CHECK(line_of("two\nlines").find("two\\nlines") != std::string::npos);
}

TEST_CASE("a field's value cannot look like another field") {
  const std::array fields{nx_kv{to_abi("name"), to_value(std::string_view("eve admin=true \"quoted\""))}};
  CHECK(line_of("m", fields).find("name=\"eve admin=true \\\"quoted\\\"\"") != std::string::npos);
  const std::array empty{nx_kv{to_abi("name"), to_value(std::string_view(""))}};
  CHECK(line_of("m", empty).find("name=\"\"") != std::string::npos);
}

TEST_CASE("text of any language passes, what is no text is shown as bytes") {
  CHECK(escape_control("服务器 é 😀") == "服务器 é 😀");
  CHECK(escape_control("\xff\xc0\x80") == "\\xff\\xc0\\x80");
  CHECK(escape_control("\xed\xa0\x80") == "\\xed\\xa0\\x80");  // a surrogate
  CHECK(escape_control("\xe2\x80\xae") == "\\u202e");          // turns the direction of what follows
  CHECK(escape_control("\xc2\x9b") == "\\u009b");              // one-byte form of ESC [
  CHECK(escape_control("\xf0\x9f") == "\\xf0\\x9f");           // cut off
}

TEST_CASE("a line has an end") {
  const std::string huge(1'000'000, 'a');
  const auto line = line_of(huge);
  CHECK(line.size() == kLongestLogLine);
  CHECK(line.ends_with("...\n"));
}

TEST_CASE("bytes are counted, not shown") {
  const std::array fields{nx_kv{to_abi("key"), blob_value("secret")}};
  CHECK(line_of("m", fields).find("key=<6 bytes>") != std::string::npos);
}
