#include "text.h"

#include "client_address.h"
#include "formats.h"
#include "json_document.h"
#include "request_id.h"
#include "target.h"
#include "texts.h"

#include <nexus/api/server.h>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <map>
#include <random>
#include <set>
#include <thread>

using namespace nexus::api;
using nlohmann::json;

namespace {

std::string random_bytes(std::mt19937& random, std::size_t length) {
  std::string out;
  for (std::size_t at = 0; at < length; ++at) out += static_cast<char>(random() & 0xFF);
  return out;
}

std::string encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  return out;
}

}  // namespace

TEST_CASE("a JSON string of any bytes is JSON, and gives UTF-8 text back unchanged") {
  std::mt19937 random(20240101);
  int unchanged = 0;
  for (int round = 0; round < 5000; ++round) {
    const auto text = random_bytes(random, random() % 12);
    std::string out;
    append_json_string(out, text);
    const auto parsed = json::parse(out, nullptr, false);
    REQUIRE_MESSAGE(parsed.is_string(), "bytes: ", encoded(text));
    if (is_utf8(text)) {
      CHECK(parsed.get<std::string>() == text);
      ++unchanged;
    }
  }
  CHECK(unchanged > 500);
  std::string out;
  append_json_string(out, std::string_view("中\0\x1f\"\\\n\xff", 9));
  CHECK(out == "\"中\\u0000\\u001f\\\"\\\\\\n\xEF\xBF\xBD\"");
}

TEST_CASE("percent-decoding undoes the encoding of any bytes, once") {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    const auto text = random_bytes(random, random() % 20);
    CHECK(percent_decode(encoded(text), PlusSign::literal) == text);
  }
  CHECK(percent_decode("%2541", PlusSign::literal) == "%41");
  CHECK(percent_decode("a+b", PlusSign::space) == "a b");
  CHECK(percent_decode("a+b", PlusSign::literal) == "a+b");
  for (const auto* bad : {"%", "%4", "%zz", "%4z", "a%"}) CHECK_FALSE(percent_decode(bad, PlusSign::literal));
}

TEST_CASE("UTF-8 is checked as Unicode defines it") {
  for (const auto* good : {"", "a", "\xC2\x80", "中", "\xF0\x9F\x98\x80", "\xF4\x8F\xBF\xBF"}) CHECK(is_utf8(good));
  for (const auto* bad : {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                          "\xF5\x80\x80\x80", "\xE4\xB8", "a\xFF"}) {
    CHECK_FALSE(is_utf8(bad));
  }
  CHECK(truncated("ab中", 4) == "ab");
  CHECK(code_points("ab中") == 3);
}

TEST_CASE("a target is decoded once and refused where it is ambiguous") {
  struct Row {
    const char* target;
    const char* problem;  // null: fine
    std::vector<std::string_view> segments;
  };
  const std::vector<Row> rows{
      {"/", nullptr, {""}},
      {"/a/b", nullptr, {"a", "b"}},
      {"/a/", nullptr, {"a", ""}},
      {"/%61/%E4%B8%AD", nullptr, {"a", "中"}},
      {"/%2561", nullptr, {"%61"}},
      {"/a+b", nullptr, {"a+b"}},
      {"*", "error.40000.target", {}},
      {"/a%2Fb", "error.40000.target", {}},
      {"/a%2fb", "error.40000.target", {}},
      {"/a%00", "error.40000.target", {}},
      {"/%ff", "error.40000.target", {}},
      {"/%C0%AF", "error.40000.target", {}},
      {"/a/../b", "error.40000.target", {}},
      {"/a/%2e%2E/b", "error.40000.target", {}},
      {"/./a", "error.40000.target", {}},
      {"/a%", "error.40000.target", {}},
      {"/a?x=%zz", "error.40000.query", {}},
      {"/a?x=1&x=2", "error.40000.duplicate_query", {}},
      {"/a?x=1&%78=2", "error.40000.duplicate_query", {}},
      {"/a?x=%00", "error.40000.query", {}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.target);
    RequestTarget target;
    const auto problem = target.parse(row.target);
    CHECK(std::string(problem ? problem->details_key : "") == (row.problem != nullptr ? row.problem : ""));
    if (!problem) CHECK(target.segments() == row.segments);
  }
}

TEST_CASE("a target has at most 64 query parameters and 64 segments") {
  for (const std::size_t count : {63U, 64U, 65U}) {
    CAPTURE(count);
    std::string query = "/?";
    std::string path;
    for (std::size_t at = 0; at < count; ++at) {
      query += "p" + std::to_string(at) + "=1&";
      path += "/a";
    }
    RequestTarget by_query;
    RequestTarget by_path;
    CHECK(by_query.parse(query).has_value() == (count > 64));
    CHECK(by_path.parse(path).has_value() == (count > 64));
  }
}

TEST_CASE("JSON from the network is strict") {
  struct Row {
    std::string text;
    const char* problem;
    std::size_t position;
  };
  const std::vector<Row> rows{
      {R"({"a":[1,2.5,-3,true,null,"x"]})", nullptr, 0},
      {"[1,]", "error.40000.json", 4},
      {"", "error.40000.json", 1},
      {"{} x", "error.40000.json", 4},
      {"{\"a\":1,\"a\":2}", "error.40000.json_duplicate", 10},
      {"\"\xff\"", "error.40000.json", 2},
      {"\"\\ud800\"", "error.40000.json", 8},
      {"01", "error.40000.json", 2},
      {"1e999", "error.40000.json", 5},
      {"NaN", "error.40000.json", 1},
      {std::string(64, '[') + std::string(64, ']'), nullptr, 0},
      {std::string(65, '[') + std::string(65, ']'), "error.40000.json_depth", 65},
      {std::string(100'000, '['), "error.40000.json_depth", 65},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text.substr(0, 40));
    json document;
    const auto problem = parse_json_document(row.text, document);
    CHECK(std::string(problem ? problem->details_key : "") == (row.problem != nullptr ? row.problem : ""));
    if (problem) CHECK(problem->position == row.position);
    if (!problem) CHECK(document == json::parse(row.text));
  }
}

TEST_CASE("formats accept and refuse what they name") {
  struct Row {
    const char* format;
    std::vector<std::string> good;
    std::vector<std::string> bad;
  };
  const std::vector<Row> rows{
      {"email",
       {"john@example.com", "admin@localhost", "a.b+c@d-e.org"},
       {"", "@", "a@", "@b", "a..b@c", ".a@b", "a@-b", "a b@c", "a@b\n", "a@b@", std::string(65, 'a') + "@b"}},
      {"date-time",
       {"2024-01-15T14:00:00Z", "2024-02-29T23:59:59.123+08:00", "2024-01-01t00:00:00z"},
       {"2023-02-29T00:00:00Z", "2024-01-15", "2024-01-15T24:00:00Z", "2024-01-15T14:00:00", "2024-01-15T14:00:00.Z",
        "2024-13-01T00:00:00Z", "2024-01-15T14:00:00Zx", "2024-01-15T14:00:00+8:00", "2024-01-15 14:00:00Z"}},
      {"date", {"2024-02-29", "2000-02-29"}, {"1900-02-29", "2024-04-31", "2024-00-10", "24-01-01"}},
      {"uri", {"https://example.com/a?b#c", "mailto:x"}, {"example.com", "://x", "http://a b", "http://%zz", "1a:b"}},
      {"ipv4", {"192.0.2.1"}, {"192.0.2", "256.0.0.1", "192.0.2.1 ", "::1"}},
      {"ipv6", {"::1", "2001:db8::1"}, {"1", ":::1", "192.0.2.1", "[::1]"}},
      {"hostname",
       {"a", "web-01.example.com", "1.example"},
       {"", "-a", "a-", "a..b", "a_b", "a.", std::string(64, 'a')}},
      {"uuid", {"123e4567-E89b-12d3-a456-426614174000"}, {"123e4567e89b12d3a456426614174000", "x"}},
  };
  for (const auto& row : rows) {
    const auto check = find_format(row.format);
    REQUIRE(static_cast<bool>(check));
    for (const auto& text : row.good) CHECK_MESSAGE(check(text), row.format, ": ", text);
    for (const auto& text : row.bad) CHECK_FALSE_MESSAGE(check(text), row.format, ": ", text);
  }
  CHECK_FALSE(static_cast<bool>(find_format("unknown")));
}

TEST_CASE("the language follows Accept-Language, else it is Chinese") {
  struct Row {
    const char* header;
    const char* locale;
  };
  for (const auto& row : std::vector<Row>{{"", "zh-CN"},
                                          {"en", "en"},
                                          {"EN-gb", "en"},
                                          {"fr", "zh-CN"},
                                          {"fr, en;q=0.1", "en"},
                                          {"en;q=0.5, zh;q=0.8", "zh-CN"},
                                          {"zh;q=0.5,en;q=0.8", "en"},
                                          {"en;q=0", "zh-CN"},
                                          {"*, en;q=0.5", "zh-CN"},
                                          {"en;q=2", "zh-CN"},
                                          {"zh-TW", "zh-CN"},
                                          {",,;q=,en", "en"}}) {
    CAPTURE(row.header);
    CHECK(negotiated_locale(row.header) == row.locale);
  }
}

TEST_CASE("both catalogues have the same keys with the same arguments") {
  const auto chinese = json::parse(catalogue("zh-CN"));
  const auto english = json::parse(catalogue("en"));
  const auto arguments = [](std::string text) {
    std::multiset<std::string> names;
    for (std::size_t open; (open = text.find('{')) != std::string::npos; text = text.substr(open + 1)) {
      names.insert(text.substr(open, text.find('}', open) - open));
    }
    return names;
  };
  CHECK(chinese.size() == english.size());
  for (const auto& [key, text] : chinese.items()) {
    CAPTURE(key);
    REQUIRE(english.contains(key));
    CHECK(arguments(text) == arguments(english[key]));
  }
}

TEST_CASE("the seed's messages are literal") {
  const auto chinese = json::parse(catalogue("zh-CN"));
  const std::map<std::string, std::string> seed{
      {"error.40001", "凭证无效"},   {"error.40002", "令牌过期"},
      {"error.40003", "令牌无效"},   {"error.40301", "权限不足"},
      {"error.40401", "资源未找到"}, {"error.40901", "资源已存在"},
      {"error.42201", "验证错误"},   {"error.50001", "服务器内部错误"},
      {"error.50101", "功能未实现"}, {"error.50301", "服务不可用"},
      {"success", "成功"},           {"error.40001.details", "用户名或密码不正确"}};
  for (const auto& [key, text] : seed) CHECK(chinese.at(key) == text);
}

TEST_CASE("request ids are hexadecimal, sort by time and differ") {
  std::set<std::string> seen;
  for (int round = 0; round < 1000; ++round) {
    const auto id = RequestId::make();
    CHECK(id.text().find_first_not_of("0123456789abcdef") == std::string_view::npos);
    CHECK(seen.insert(std::string(id.text())).second);
  }
  for (int round = 0; round < 10; ++round) {
    const auto earlier = RequestId::make();
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    CHECK(std::string(earlier.text()) < std::string(RequestId::make().text()));
  }
}

TEST_CASE("a trace parent is taken only where it is well-formed") {
  CHECK(is_trace_parent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
  for (const auto* bad : {"", "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                          "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                          "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                          "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01"}) {
    CHECK_FALSE(is_trace_parent(bad));
  }
}

TEST_CASE("X-Forwarded-For is believed from trusted proxies only, from the right") {
  const auto proxies = TrustedProxies::parse({"10.0.0.0/8", "2001:db8::/32"}).value();
  struct Row {
    const char* peer;
    const char* header;
    const char* client;
  };
  for (const auto& row : std::vector<Row>{{"192.0.2.1", "203.0.113.9", "192.0.2.1"},
                                          {"10.1.1.1", "203.0.113.9", "203.0.113.9"},
                                          {"10.1.1.1", "1.1.1.1, 203.0.113.9, 10.2.2.2", "203.0.113.9"},
                                          {"10.1.1.1", "10.9.9.9", "10.9.9.9"},
                                          {"10.1.1.1", "", "10.1.1.1"},
                                          {"10.1.1.1", "203.0.113.9, nonsense", "10.1.1.1"},
                                          {"2001:db8::1", "[2001:db9::7]:443", "2001:db9::7"},
                                          {"10.1.1.1", "203.0.113.9:80", "203.0.113.9"}}) {
    CAPTURE(row.header);
    CHECK(proxies.client(*Address::parse(row.peer), row.header).text() == row.client);
  }
  for (const auto* bad : {"10.0.0.0/33", "10.0.0", "x", "::1/129", "10.0.0.0/", "10.0.0.0/-1"}) {
    CHECK_FALSE(TrustedProxies::parse({bad}).ok());
  }
  CHECK(rate_limit_network(*Address::parse("2001:db8:1:2:3::4")) == *Address::parse("2001:db8:1:2::"));
  CHECK(rate_limit_network(*Address::parse("192.0.2.1")) == *Address::parse("192.0.2.1"));
}
