#include "core/config/plugin_section.h"

#include "core/config/yaml_reader.h"

#include <doctest/doctest.h>

using namespace nexus;
using namespace nexus::core;

namespace {

const std::optional<std::string> kSchema = R"({
  "type": "object",
  "properties": {
    "registration": {"type": "string", "enum": ["open", "closed"], "default": "open"},
    "access_token_seconds": {"type": "integer", "minimum": 1, "maximum": 86400, "default": 3600},
    "webhook": {"type": "object", "required": ["url"], "properties": {"url": {"type": "string"}}},
    "hosts": {"type": "array", "items": {"type": "string"}}
  }})";

struct Checked {
  std::string json;
  std::string problems;
};

Checked check(const std::string& yaml, const std::optional<std::string>& schema = kSchema) {
  const auto root = read_yaml(yaml, "panel.yaml");
  REQUIRE_MESSAGE(root.ok(), (root.ok() ? "" : root.error().what()));
  Problems problems;
  const auto* section = root->members.empty() ? nullptr : &root->members.front();
  auto json = check_section("auth", section, schema, problems);
  return {std::move(json), problems.text()};
}

}  // namespace

TEST_CASE("what is not said takes the schema's default") {
  CHECK(check("").json == R"({"access_token_seconds":3600,"registration":"open"})");
  CHECK(check("auth:\n").json == R"({"access_token_seconds":3600,"registration":"open"})");
  CHECK(check("auth: {registration: closed}").json == R"({"access_token_seconds":3600,"registration":"closed"})");
}

TEST_CASE("a violation is named at the line of its key") {
  CHECK(check("auth:\n  registration: ajar\n").problems ==
        "panel.yaml:2:3: auth.registration must be one of open, closed");
  CHECK(check("auth:\n  access_token_seconds: soon\n").problems ==
        "panel.yaml:2:3: auth.access_token_seconds must be of type integer");
  CHECK(check("auth:\n\n  access_token_seconds: 0\n").problems ==
        "panel.yaml:3:3: auth.access_token_seconds: Must be at least 1");
  CHECK(check("auth:\n  registraton: open\n").problems ==
        "panel.yaml:2:3: unknown key \"auth.registraton\"; did you mean \"registration\"?");
  CHECK(check("auth:\n  webhook:\n    uri: x\n").problems.find("panel.yaml:3:5: unknown key \"auth.webhook.uri\"") !=
        std::string::npos);
  CHECK(check("auth:\n  webhook: {}\n").problems == "panel.yaml:2:3: \"auth.webhook.url\" is missing");
  CHECK(check("auth:\n  hosts:\n    - a\n    - [b]\n").problems ==
        "panel.yaml:4:7: auth.hosts[1] must be of type string");
  CHECK(check("auth: [open]\n").problems == "panel.yaml:1:7: auth must be a mapping");
}

TEST_CASE("a plugin without a schema takes no section") {
  CHECK(check("", std::nullopt).problems.empty());
  CHECK(
      check("auth: {a: 1}", std::nullopt).problems.starts_with("panel.yaml:1:1: the plugin auth has no configuration"));
}

TEST_CASE("a broken schema is the plugin author's matter, and said so") {
  CHECK(check("auth: {}", "[]").problems.find("its author must mend") != std::string::npos);
}

TEST_CASE("plain scalars mean what YAML 1.2 says, not what older readers guess") {
  const auto root = read_yaml("[yes, no, 010, 10, -3, 1.5, 1e3, true, 'true', null, ~, 0x10, 1.2.3, '']", "x");
  REQUIRE(root.ok());
  CHECK(to_json(*root) == R"(["yes","no","010",10,-3,1.5,1000.0,true,"true",null,null,"0x10","1.2.3",""])");
}
