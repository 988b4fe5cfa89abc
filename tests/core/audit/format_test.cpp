#include "core/audit/format.h"

#include "audit_fixture.h"

#include <doctest/doctest.h>

using namespace nexus;
using namespace nexus::test;
using audit::Format;

namespace {

// A strict reader of RFC 4180.
std::vector<std::vector<std::string>> parse_csv(const std::string& text) {
  std::vector<std::vector<std::string>> lines{{""}};
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    auto& cell = lines.back().back();
    const char c = text[at];
    if (quoted && c == '"' && text.substr(at, 2) == "\"\"") {
      cell += '"';
      ++at;
    } else if (c == '"') {
      REQUIRE((quoted || cell.empty()));
      quoted = !quoted;
    } else if (quoted || (c != ',' && c != '\r')) {
      cell += c;
    } else if (c == ',') {
      lines.back().emplace_back();
    } else {
      REQUIRE(text.substr(at, 2) == "\r\n");
      ++at;
      lines.push_back({""});
    }
  }
  REQUIRE_FALSE(quoted);
  lines.pop_back();
  return lines;
}

std::size_t column_of(const std::vector<std::string>& names, const std::string& name) {
  return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

}  // namespace

TEST_CASE("CSV keeps what a cell holds, and no cell is a formula") {
  audit::StoredEntry stored{{12, {}}, entry_named("addServer")};
  const std::vector<std::pair<std::string, std::string>> cases{
      {"=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"},
      {"+1", "'+1"},
      {"-1", "'-1"},
      {"@SUM(A1)", "'@SUM(A1)"},
      {"\tx", "'\tx"},
      {"\rx", "'\rx"},
      {"a\r\nb,\"c\"", "a\r\nb,\"c\""},
      {"\nx", "\nx"},
      {"\"", "\""},
      {"a=b", "a=b"},
      {"", ""},
      {"名字", "名字"},
  };
  for (const auto& [name, cell] : cases) {
    CAPTURE(name);
    stored.entry.user_name = name;
    const auto lines = parse_csv(audit::heading(Format::csv) + audit::line_of(Format::csv, stored));
    REQUIRE(lines.size() == 2);
    REQUIRE(lines[0].size() == 17);
    REQUIRE(lines[1].size() == 17);
    CHECK(lines[1][column_of(lines[0], "user_name")] == cell);
    CHECK(lines[1][0] == "12");
    CHECK(lines[1][column_of(lines[0], "user_id")] == "7");
    CHECK(lines[1][column_of(lines[0], "time")] == "2023-11-14T22:13:20.000000Z");
    CHECK(lines[1][column_of(lines[0], "status")] == "201");
    CHECK(lines[1][column_of(lines[0], "code")] == "0");
    CHECK(lines[1][column_of(lines[0], "result")] == "ok");
    CHECK(lines[1][column_of(lines[0], "details")] == R"({"name":"web"})");
  }
}

TEST_CASE("a line of JSON holds one entry, whatever is in it") {
  audit::StoredEntry stored{{12, {}}, entry_named("addServer")};
  stored.entry.user_name = "x\r\n{\"id\":1}\xE2\x80\xA8";
  stored.entry.time_us = 1'700'000'000'000'042;
  const auto line = audit::line_of(Format::jsonl, stored);
  CHECK(std::count(line.begin(), line.end(), '\n') == 1);
  const auto json = Json::parse(line);
  CHECK(json.at("id") == 12);
  CHECK(json.at("time") == "2023-11-14T22:13:20.000042Z");
  CHECK(json.at("user") == Json{{"id", 7}, {"name", stored.entry.user_name}});
  CHECK(json.at("details") == Json{{"name", "web"}});
}

TEST_CASE("what is absent is null") {
  const audit::StoredEntry stored{{1, {}}, audit::Entry()};
  const auto json = audit::to_json(stored);
  for (const char* name :
       {"user", "session_id", "token_id", "method", "path", "remote_address", "request_id", "status", "details"}) {
    CAPTURE(name);
    CHECK(json.at(name).is_null());
  }
  auto named = stored;
  named.entry.user_name = "mallory";
  CHECK(audit::to_json(named).at("user") == Json{{"id", nullptr}, {"name", "mallory"}});
  named.entry.details = "{broken";
  CHECK(audit::to_json(named).at("details") == "{broken");
}
