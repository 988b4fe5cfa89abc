// What is refused, and what is not, as a table: bytes in, status out, and whether the connection ends.
#include "api/http/engine_fixture.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace nexus::api;
using namespace nexus::api::test;
using namespace std::string_literals;

namespace {

struct Row {
  const char* what;
  std::string bytes;
  int status;
  int app_code;  // 0: not a refusal, and the connection stays open
};

constexpr std::size_t kTarget = 200;
constexpr std::size_t kHeader = 1000;
constexpr std::size_t kFields = 10;
constexpr std::size_t kBody = 500;

EngineLimits small_limits() {
  EngineLimits limits;
  limits.target_bytes = kTarget;
  limits.header_bytes = kHeader;
  limits.header_fields = kFields;
  limits.body_bytes = kBody;
  return limits;
}

std::string with(const std::string& fields, const std::string& body = "") {
  return "POST /echo HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n" + body;
}

std::string chunked(const std::string& body) { return with("Transfer-Encoding: chunked\r\n", body); }

std::string header_of(std::size_t size) {
  const std::string before = "GET /echo HTTP/1.1\r\nHost: h\r\nX: ";
  const std::string after = "\r\n\r\n";
  return before + std::string(size - before.size() - after.size(), 'x') + after;
}

std::string fields(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += "F" + std::to_string(i) + ": v\r\n";
  return get("/echo", text);
}

std::vector<Row> request_line_rows() {
  return {
      {"plain", get("/echo"), 200, 0},
      {"target at the limit", get("/" + std::string(kTarget - 1, 'a')), 200, 0},
      {"target over the limit", get("/" + std::string(kTarget, 'a')), 414, 41401},
      {"target over the limit, unended", "GET /" + std::string(kTarget, 'a'), 414, 41401},
      {"target over every limit", get("/" + std::string(kHeader * 3, 'a')), 414, 41401},
      {"method over every limit", std::string(kHeader + 1, 'A'), 431, 43101},
      {"connect", "CONNECT panel:80 HTTP/1.1\r\nHost: panel:80\r\n\r\n", 501, 50101},
      {"absolute form", "GET http://panel/echo HTTP/1.1\r\nHost: panel\r\n\r\n", 400, 40000},
      {"asterisk form", "OPTIONS * HTTP/1.1\r\nHost: panel\r\n\r\n", 400, 40000},
      {"authority form", "GET panel:80 HTTP/1.1\r\nHost: panel\r\n\r\n", 400, 40000},
      {"unknown method", "BREW /echo HTTP/1.1\r\nHost: h\r\n\r\n", 200, 0},
      {"trace", "TRACE /echo HTTP/1.1\r\nHost: h\r\n\r\n", 200, 0},
      {"method is no token", "GE(T /echo HTTP/1.1\r\nHost: h\r\n\r\n", 400, 40000},
      {"fragment", get("/echo#top"), 400, 40000},
      {"raw byte above ASCII", get("/\xc3\xa9"), 400, 40000},
      {"NUL in the target", get("/a\0b"s), 400, 40000},
      {"two blanks", "GET  /echo HTTP/1.1\r\nHost: h\r\n\r\n", 400, 40000},
      {"tab for blank", "GET\t/echo HTTP/1.1\r\nHost: h\r\n\r\n", 400, 40000},
      {"blank before the method", " GET /echo HTTP/1.1\r\nHost: h\r\n\r\n", 400, 40000},
      {"no version", "GET /echo\r\nHost: h\r\n\r\n", 400, 40000},
      {"version 0.9", "GET /echo HTTP/0.9\r\nHost: h\r\n\r\n", 400, 40000},
      {"version 1.2", "GET /echo HTTP/1.2\r\nHost: h\r\n\r\n", 400, 40000},
      {"version 2.0", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, 40000},
      {"lower case http", "GET /echo http/1.1\r\nHost: h\r\n\r\n", 400, 40000},
      {"bare LF after the request line", "GET /echo HTTP/1.1\nHost: h\r\n\r\n", 400, 40000},
      {"bare CR in the request line", "GET /echo HTTP/1.1\rX\r\nHost: h\r\n\r\n", 400, 40000},
      {"one empty line before", "\r\n" + get("/echo"), 200, 0},
      {"many empty lines before", "\r\n\r\n\r\n\r\n\r\n" + get("/echo"), 400, 40000},
      {"TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s, 400, 40000},
  };
}

std::vector<Row> field_rows() {
  return {
      {"header at the limit", header_of(kHeader), 200, 0},
      {"header over the limit", header_of(kHeader + 1), 431, 43101},
      {"header over the limit, unended", header_of(kHeader + 1).substr(0, kHeader + 1), 431, 43101},
      {"header over the limit twice", header_of(kHeader * 2), 431, 43101},
      {"fields at the limit", fields(kFields - 1), 200, 0},
      {"fields over the limit", fields(kFields), 431, 43101},
      {"no host", "GET /echo HTTP/1.1\r\n\r\n", 400, 40000},
      {"no host in 1.0", "GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 200, 0},
      {"two hosts", get("/echo", "Host: panel\r\n"), 400, 40000},
      {"host with a path", "GET /echo HTTP/1.1\r\nHost: panel/x\r\n\r\n", 400, 40000},
      {"host with a user", "GET /echo HTTP/1.1\r\nHost: a@panel\r\n\r\n", 400, 40000},
      {"two hosts in one", "GET /echo HTTP/1.1\r\nHost: a, b\r\n\r\n", 400, 40000},
      {"host with a port", "GET /echo HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", 200, 0},
      {"blank before the colon", get("/echo", "X : y\r\n"), 400, 40000},
      {"blank in a name", get("/echo", "X Y: y\r\n"), 400, 40000},
      {"empty name", get("/echo", ": y\r\n"), 400, 40000},
      {"no colon", get("/echo", "X\r\n"), 400, 40000},
      {"empty value", get("/echo", "X:\r\n"), 200, 0},
      {"NUL in a value", get("/echo", "X: a\0b\r\n"s), 400, 40000},
      {"NUL in a name", get("/echo", "X\0Y: a\r\n"s), 400, 40000},
      {"control byte in a value", get("/echo", "X: a\x01\r\n"), 400, 40000},
      {"DEL in a value", get("/echo", "X: a\x7f\r\n"), 400, 40000},
      {"tab in a value", get("/echo", "X: a\tb\r\n"), 200, 0},
      {"bare LF after a field", get("/echo", "X: a\nY: b\r\n"), 400, 40000},
      {"bare CR in a value", get("/echo", "X: a\rb\r\n"), 400, 40000},
      {"bare LF ends the header", "GET /echo HTTP/1.1\r\nHost: h\r\n\n", 400, 40000},
      {"folded value", get("/echo", "X: a\r\n b\r\n"), 400, 40000},
      {"folded value with a tab", get("/echo", "X: a\r\n\tb\r\n"), 400, 40000},
      {"folded after an empty line", get("/echo", "X:\r\n b\r\n"), 400, 40000},
      {"folded to nothing", get("/echo", "X: a\r\n \r\n"), 400, 40000},
      {"fold before the first field", "GET /echo HTTP/1.1\r\n Host: h\r\n\r\n", 400, 40000},
      {"bad connection list", get("/echo", "Connection: a b\r\n"), 400, 40000},
      {"unknown expectation", with("Expect: a-miracle\r\nContent-Length: 1\r\n", "x"), 400, 40000},
  };
}

std::vector<Row> framing_rows() {
  const std::string smuggled = "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";
  std::vector<Row> rows = {
      {"length and coding", with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", smuggled), 400, 40000},
      {"coding and length", with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", smuggled), 400, 40000},
      {"two lengths", with("Content-Length: 1\r\nContent-Length: 2\r\n", "ab"), 400, 40000},
      {"two equal lengths", with("Content-Length: 1\r\nContent-Length: 1\r\n", "a"), 400, 40000},
      {"length and blank before the colon", with("Content-Length : 5\r\n", "12345"), 400, 40000},
      {"folded length", with("Content-Length:\r\n 5\r\n", "12345"), 400, 40000},
      {"length over the limit", with("Content-Length: " + std::to_string(kBody + 1) + "\r\n"), 413, 41301},
      {"length of an exabyte", with("Content-Length: 999999999999999999\r\n"), 413, 41301},
      {"coding other than chunked", with("Transfer-Encoding: gzip\r\n"), 501, 50101},
      {"coding gzip, chunked", with("Transfer-Encoding: gzip, chunked\r\n", smuggled), 501, 50101},
      {"coding xchunked", with("Transfer-Encoding: xchunked\r\n", smuggled), 501, 50101},
      {"coding identity", with("Transfer-Encoding: identity\r\n"), 501, 50101},
      {"coding chunked, chunked", with("Transfer-Encoding: chunked, chunked\r\n", smuggled), 501, 50101},
      {"coding quoted", with("Transfer-Encoding: \"chunked\"\r\n", smuggled), 501, 50101},
      {"coding identity, and a length", with("Transfer-Encoding: identity\r\nContent-Length: 1\r\n", "a"), 501, 50101},
      {"two codings", with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", smuggled), 400, 40000},
      {"folded coding", with("Transfer-Encoding:\r\n chunked\r\n", smuggled), 400, 40000},
      {"coding in 1.0", "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501, 50101},
      {"chunks", chunked("3\r\nabc\r\n0\r\n\r\n"), 200, 0},
      {"chunks, coding in capitals", with("Transfer-Encoding: CHUNKED\r\n", "3\r\nabc\r\n0\r\n\r\n"), 200, 0},
      {"trailer", chunked("3\r\nabc\r\n0\r\nX: y\r\n\r\n"), 400, 40000},
      {"chunk extension", chunked("3;a=b\r\nabc\r\n0\r\n\r\n"), 200, 0},
      {"chunk extensions without end", chunked("1;" + std::string(9000, 'a')), 400, 40000},
      {"chunk size without end", chunked(std::string(9000, '0')), 400, 40000},
      {"chunk size over 64 bits", chunked("10000000000000000\r\n"), 400, 40000},
      {"chunk size with a prefix", chunked("0x3\r\nabc\r\n0\r\n\r\n"), 400, 40000},
      {"negative chunk size", chunked("-1\r\nabc\r\n0\r\n\r\n"), 400, 40000},
      {"no chunk size", chunked("\r\nabc\r\n0\r\n\r\n"), 400, 40000},
      {"chunk longer than its size", chunked("3\r\nabcd\r\n0\r\n\r\n"), 400, 40000},
      {"bare LF after a chunk size", chunked("3\nabc\r\n0\r\n\r\n"), 400, 40000},
      {"bare LF after a chunk", chunked("3\r\nabc\n0\r\n\r\n"), 400, 40000},
      {"chunk over the limit", chunked("fff\r\n"), 413, 41301},
      {"body at the limit", post("/echo", std::string(kBody, 'b')), 200, 0},
      {"body on GET", get("/echo", "Content-Length: 3\r\n") + "abc", 200, 0},
  };
  for (const char* length : {"+5", "-1", "5abc", "0x5", "5,5", "5, 5", "5 5", "5.0", "abc", "", ",",
                             "18446744073709551621", "9223372036854775808", "\xc2\xb2"})
    rows.push_back({"odd length", with("Content-Length: "s + length + "\r\n", "12345"), 400, 40000});
  return rows;
}

void check(EngineFixture& fixture, const Row& row) {
  INFO(std::string(row.what) << ": " << row.bytes.substr(0, 200));
  RawClient client = fixture.client();
  REQUIRE(client.send(row.bytes));
  const RawAnswer answer = client.read_answer();
  CHECK(answer.status == row.status);
  if (row.app_code == 0) {
    client.send(get("/echo/again"));
    CHECK(client.read_answer().body == "GET /echo/again ");
    return;
  }
  CHECK(answer.body == std::to_string(row.app_code) + " ");
  CHECK(answer.field("Connection") == "close");
  CHECK(client.read_all(std::chrono::milliseconds(1000)).empty());  // nothing that came behind was answered
  client.close();
}

void check_all(const std::vector<Row>& rows) {
  EngineFixture fixture(small_limits());
  std::uint64_t refused = 0;
  for (const Row& row : rows) {
    check(fixture, row);
    refused += row.app_code != 0 ? 1U : 0U;
  }
  CHECK(fixture.alive());
  CHECK(fixture.engine().counters().refused == refused);
  CHECK(fixture.all_closed());
}

}  // namespace

TEST_CASE("request lines that two readers could read in two ways are refused") { check_all(request_line_rows()); }
TEST_CASE("fields that two readers could read in two ways are refused") { check_all(field_rows()); }
TEST_CASE("bodies whose end two readers could see in two places are refused") { check_all(framing_rows()); }

TEST_CASE("a refusal knows the language of the client, as far as it was read") {
  EngineFixture fixture;
  RawClient client = fixture.client();
  client.send(get("/echo", "Accept-Language: zh-CN\r\nHost: again\r\n"));
  CHECK(client.read_answer().body == "40000 zh-CN");
}

TEST_CASE("a length announces, it does not reserve") {
  EngineLimits limits;
  limits.body_bytes = std::size_t{1} << 40;
  EngineFixture fixture(limits);
  RawClient client = fixture.client();
  client.send(with("Content-Length: 900000000000\r\n", "a few bytes"));
  CHECK(fixture.alive());
  client.close();
  CHECK(fixture.all_closed());
}
