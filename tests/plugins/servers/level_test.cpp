// Levels, what a server may be changed to, and lists of grants: rules without a database.
#include "grant_service.h"
#include "server_rules.h"

#include <doctest/doctest.h>

using namespace nexus;
using namespace nexus::servers;

namespace {

constexpr std::array kLevels{Level::none, Level::view, Level::operate, Level::shell, Level::manage};

std::int32_t code_of(const Result<void>& result) { return result.ok() ? 0 : result.error().app_code(); }

std::string field_of(const Result<std::vector<Grant>>& grants) { return grants.ok() ? "" : grants.error().field(); }

Server with_key() {
  Server server;
  server.host = "192.0.2.1";
  server.ssh_user = "deploy";
  server.ssh_key_id = 1;
  return server;
}

std::string field_of(const LoginChange& change) {
  const auto checked = check_login(change);
  return checked.ok() ? "" : checked.error().field();
}

}  // namespace

TEST_CASE("each level includes the ones before it and no other") {
  for (std::size_t held = 0; held < kLevels.size(); ++held) {
    for (std::size_t needed = 1; needed < kLevels.size(); ++needed) {
      CAPTURE(held);
      CAPTURE(needed);
      CHECK(includes(kLevels[held], kLevels[needed]) == (held >= needed));
      const auto expected = held == 0 ? code::kNotFound : held < needed ? code::kForbidden : 0;
      CHECK(code_of(require(kLevels[held], kLevels[needed])) == expected);
    }
  }
}

TEST_CASE("levels have four names and four numbers, and what is neither gives nothing") {
  for (std::size_t number = 1; number < kLevels.size(); ++number) {
    CHECK(level_from(to_string(kLevels[number])) == kLevels[number]);
    CHECK(level_of(static_cast<std::int64_t>(number)) == kLevels[number]);
  }
  for (const auto* name : {"", "none", "root", "VIEW", "view ", "manage,view"})
    CHECK_FALSE(level_from(name).has_value());
  for (const std::int64_t number : {std::int64_t{-1}, std::int64_t{0}, std::int64_t{5}, std::int64_t{1} << 40}) {
    CHECK(level_of(number) == Level::none);
  }
}

TEST_CASE("a list of grants names each user once, with a level that there is") {
  CHECK(grants_from({})->empty());
  const auto grants = grants_from({{7, "view"}, {8, "manage"}});
  REQUIRE(grants.ok());
  CHECK((*grants)[1].user_id == 8);
  CHECK((*grants)[1].level == Level::manage);
  CHECK(field_of(grants_from({{7, "view"}, {8, "root"}})) == "grants[1].level");
  CHECK(field_of(grants_from({{7, "none"}})) == "grants[0].level");
  CHECK(field_of(grants_from({{7, "view"}, {8, "view"}, {7, "manage"}})) == "grants[2].user_id");
  std::vector<WantedGrant> many;
  for (std::size_t id = 1; id <= GrantService::kMaxGrants; ++id)
    many.push_back({static_cast<std::int64_t>(id), "view"});
  CHECK(grants_from(many).ok());
  many.push_back({1000, "view"});
  CHECK(field_of(grants_from(many)) == "grants");
}

TEST_CASE("a key that is not the caller's own stays with its address and its account") {
  const auto before = with_key();
  for (const auto* what : {"host", "port", "ssh_user"}) {
    CAPTURE(std::string(what));
    auto after = before;
    if (what == std::string("host")) after.host = "192.0.2.66";
    if (what == std::string("port")) after.port = 2222;
    if (what == std::string("ssh_user")) after.ssh_user = "root";
    CHECK(field_of({before, after, true, false, false}) == "ssh_key_id");
    CHECK(field_of({before, after, false, false, false}) == "ssh_key_id");
    CHECK(field_of({before, after, true, false, true}) == "");
  }
  auto renamed = before;
  renamed.name = "another";
  CHECK(field_of({before, renamed, true, false, false}) == "");
}

TEST_CASE("a stored password goes to no other address, and by a grant to no other account") {
  auto before = with_key();
  before.has_password = true;
  auto moved = before, other_account = before;
  moved.port = 2222;
  other_account.ssh_user = "root";
  for (const bool by_grant : {false, true}) {
    CHECK(field_of({before, moved, by_grant, false, true}) == "password");
    CHECK(field_of({before, moved, by_grant, true, true}) == "");
  }
  CHECK(field_of({before, other_account, false, false, true}) == "");
  CHECK(field_of({before, other_account, true, false, true}) == "password");
}
