#include "protocol.h"

#include <doctest/doctest.h>

#include <vector>

using namespace nexus;
using namespace nexus::terminal;

TEST_CASE("the documented messages are understood") {
  const auto input = parse_client_message(R"({"type":"input","data":"ls -la\n"})");
  REQUIRE(input.ok());
  CHECK(std::get<Input>(*input).data == "ls -la\n");
  const auto resize = parse_client_message(R"({"type":"resize","cols":120,"rows":40,"newer":"member"})");
  REQUIRE(resize.ok());
  CHECK(std::get<Size>(*resize) == Size{120, 40});
}

TEST_CASE("others are refused, and the client is told which member is wrong") {
  struct Row {
    const char* text;
    std::int32_t code;
    const char* field;
  };
  const std::vector<Row> rows{
      {"", 40000, ""},
      {"ls", 40000, ""},
      {"[]", 40000, ""},
      {R"({"type":"inp)", 40000, ""},
      {R"({})", 42201, "type"},
      {R"({"type":"reboot"})", 42201, "type"},
      {R"({"type":7})", 42201, "type"},
      {R"({"type":"input"})", 42201, "data"},
      {R"({"type":"input","data":7})", 42201, "data"},
      {R"({"type":"resize","cols":0,"rows":40})", 42201, "cols"},
      {R"({"type":"resize","cols":80,"rows":1001})", 42201, "rows"},
      {R"({"type":"resize","cols":"80","rows":24})", 42201, "cols"},
      {R"({"type":"resize","cols":80.5,"rows":24})", 42201, "cols"},
      {R"({"type":"resize","cols":80})", 42201, "rows"},
  };
  for (const auto& row : rows) {
    CAPTURE(std::string(row.text));
    const auto parsed = parse_client_message(row.text);
    REQUIRE_FALSE(parsed.ok());
    CHECK(parsed.error().app_code() == row.code);
    CHECK(parsed.error().field() == row.field);
  }
}

TEST_CASE("the panel's messages have the documented members") {
  CHECK(output_message("total 64\n") == R"({"type":"output","data":"total 64\n"})");
  CHECK(exit_message({3, "", "exit"}) == R"({"type":"exit","code":3,"signal":"","reason":"exit"})");
  CHECK(exit_message({std::nullopt, "KILL", "exit"}) ==
        R"({"type":"exit","code":null,"signal":"KILL","reason":"exit"})");
  CHECK(session_message(7, 1, Role::viewer, {120, 40}, true) ==
        R"({"type":"session","id":7,"server_id":1,"role":"viewer","cols":120,"rows":40,"recorded":true})");
}
