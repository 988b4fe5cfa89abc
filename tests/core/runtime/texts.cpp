#include "core/runtime/catalogues.h"
#include "core/runtime/permissions.h"
#include "panel.h"

#include <doctest/doctest.h>

#include <array>

using namespace nexus;
using core::replace_names;
using core::TextValue;

TEST_CASE("names in braces are replaced where there is a value, and values are not looked into") {
  const std::array<TextValue, 2> values{{{"a", "{b}"}, {"b", "2"}}};
  CHECK(replace_names("x {a} {b}{c} {", values) == "x {b} 2{c} {");
  CHECK(replace_names("{}{a", values) == "{}{a");
  CHECK(replace_names("", values).empty());
}

TEST_CASE("a text is taken in the language asked for, else in zh-CN, else it is the key") {
  core::Catalogues catalogues;
  catalogues.add("a", {{"en", {{"a.x", "x {n}"}}}, {"zh-CN", {{"a.x", "中 {n}"}, {"a.y", "只"}}}});
  const std::array<TextValue, 1> values{{{"n", "1"}}};
  CHECK(catalogues.translate("en", "a.x", values) == "x 1");
  CHECK(catalogues.translate("fr", "a.x", values) == "中 1");
  CHECK(catalogues.translate("en", "a.y", {}) == "只");
  CHECK(catalogues.translate("en", "a.z", {}) == "a.z");
  catalogues.remove("a");
  CHECK(catalogues.translate("en", "a.x", {}) == "a.x");
}

TEST_CASE("a catalogue that one language lacks is refused with the key") {
  const auto refused = core::check_languages({{"en", {{"a.x", "x"}}}, {"zh-CN", {}}});
  REQUIRE_FALSE(refused.ok());
  CHECK(std::string(refused.error().what()).find("a.x is missing in zh-CN") != std::string::npos);
  CHECK_FALSE(core::parse_catalogue("[1]").ok());
  CHECK_FALSE(core::parse_catalogue(R"({"a.x":1})").ok());
  CHECK_FALSE(core::parse_catalogue("{").ok());
}

TEST_CASE("roles hold what was declared for them, and the administrator everything") {
  core::Permissions permissions;
  permissions.add("a", {{"a.read", "", core::split_names(" operator , user,")}, {"a.write", "", {}}});
  CHECK(permissions.holds("user", "a.read"));
  CHECK(permissions.holds("operator", "a.read"));
  CHECK_FALSE(permissions.holds("user", "a.write"));
  CHECK_FALSE(permissions.holds("", "a.read"));
  CHECK_FALSE(permissions.holds("user", "b.read"));
  CHECK(permissions.holds("admin", "a.write"));
  permissions.remove("a");
  CHECK_FALSE(permissions.holds("user", "a.read"));
}

TEST_CASE("a plugin's call translates in the language of its request, and the edge knows its own texts") {
  test::Panel panel;
  test::RawPlugin plugin;
  auto& host = panel.make("shop", plugin);
  auto face = panel.host(host);
  plugin.on_register = [&](nx_reg* reg, nx_call*) -> nx_status {
    face.i18n->add_catalogue(reg, to_abi("en"), to_abi(R"({"shop.hi":"Hello {name}"})"));
    face.i18n->add_catalogue(reg, to_abi("zh-CN"), to_abi(R"({"shop.hi":"你好 {name}"})"));
    return test::add_route(
        face, reg, "/hi",
        [](void* user_data, nx_call* call, nx_http* http) -> nx_status {
          const auto& shop = *static_cast<Host*>(user_data);
          const std::array<TextArg, 1> args{TextArg{"name", "Li"}};
          const auto text = "\"" + Call(shop, call).translate("shop.hi", args) + "\"";
          return test::reply(shop, http, text.c_str());
        },
        &face);
  };
  REQUIRE(host.register_plugin(plugin.table).ok());
  REQUIRE(host.start().ok());
  CHECK(panel.routes.call("/hi")->answer().data_json == "\"Hello Li\"");
  auto chinese = std::make_shared<test::Request>();
  chinese->locale_text = "zh-CN";
  CHECK(panel.routes.call("/hi", chinese)->answer().data_json == "\"你好 Li\"");
  CHECK(panel.runtime->hooks().translate("en", "error.40401", {}) != "error.40401");
}
