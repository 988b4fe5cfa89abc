// The rules about sessions and tokens.
#include "random_ids.h"
#include "session_fixture.h"

#include <doctest/doctest.h>

using namespace nexus;
using namespace nexus::auth;
using nexus::test::Sessions;

TEST_CASE("a login opens a session, whose access token stands for its user") {
  Sessions sessions;
  const auto tokens = sessions.open(7);
  CHECK(tokens.expires_in == 3600);
  const auto found = sessions.service().authenticate(tokens.access);
  REQUIRE(found.ok());
  CHECK(found->session.user_id == 7);
  CHECK(found->session.remote_address == "192.0.2.1");
  CHECK(found->session.authenticated_us == sessions.now);
  CHECK(sessions.access(tokens.refresh) == code::kTokenInvalid);
  CHECK(sessions.refresh_code(tokens.access) == code::kTokenInvalid);
}

TEST_CASE("the refresh token stays good, and gives one new access token after another") {
  Sessions sessions;
  const auto tokens = sessions.open();
  for (int i = 0; i < 3; ++i) {
    sessions.pass(3600);
    CHECK(sessions.access(tokens.access) == code::kTokenExpired);
    const auto renewed = sessions.refresh(tokens.refresh);
    REQUIRE(renewed.ok());
    CHECK(renewed->refresh.empty());
    CHECK(sessions.access(renewed->access) == 0);
  }
}

TEST_CASE("lifetimes end to the second") {
  Sessions sessions;
  sessions.settings.access_token = 3;
  sessions.settings.refresh_token = 5;
  sessions.settings.session_absolute = 10;

  SUBCASE("an access token") {
    const auto tokens = sessions.open();
    sessions.pass(2);
    CHECK(sessions.access(tokens.access) == 0);
    sessions.pass(1);
    CHECK(sessions.access(tokens.access) == code::kTokenExpired);
  }
  SUBCASE("a session that is not refreshed") {
    const auto tokens = sessions.open();
    sessions.pass(5);
    CHECK(sessions.refresh_code(tokens.refresh) == code::kTokenExpired);
  }
  SUBCASE("a session that is refreshed all the time") {
    const auto tokens = sessions.open();
    std::string access;
    for (int second = 4; second < 10; second += 4) {
      sessions.pass(4);
      const auto renewed = sessions.refresh(tokens.refresh);
      REQUIRE(renewed.ok());
      access = renewed->access;
    }
    sessions.pass(1);  // 9: the access token would last until 11
    CHECK(sessions.access(access) == 0);
    sessions.pass(1);
    CHECK(sessions.access(access) == code::kTokenExpired);
    CHECK(sessions.refresh_code(tokens.refresh) == code::kTokenExpired);
  }
}

TEST_CASE("a rotated token is spent, and its second use ends the whole session") {
  Sessions sessions;
  const auto first = sessions.open();
  const auto second = sessions.refresh(first.refresh, true);
  REQUIRE(second.ok());
  CHECK(second->refresh != first.refresh);
  CHECK(sessions.access(second->access) == 0);

  CHECK(sessions.refresh_code(first.refresh) == code::kTokenInvalid);
  CHECK(sessions.ended.size() == 1);
  CHECK(sessions.refresh_code(second->refresh) == code::kTokenInvalid);
  CHECK(sessions.access(second->access) == code::kTokenInvalid);
  CHECK(sessions.access(first.access) == code::kTokenInvalid);
}

TEST_CASE("of two uses at the same moment one wins, and the other ends the session") {
  Sessions sessions;
  const auto tokens = sessions.open();
  const auto both = sessions.service().find_by_refresh_token(tokens.refresh);
  REQUIRE(both.ok());
  CHECK(sessions.service().renew(*both, true).ok());
  CHECK_FALSE(sessions.service().renew(*both, true).ok());
  CHECK(sessions.ended == std::vector<std::string>{both->id});
  CHECK(sessions.access(tokens.access) == code::kTokenInvalid);
}

TEST_CASE("the configuration can require rotation") {
  Sessions sessions;
  sessions.settings.rotation_required = true;
  const auto tokens = sessions.open();
  const auto renewed = sessions.refresh(tokens.refresh, false);
  REQUIRE(renewed.ok());
  CHECK_FALSE(renewed->refresh.empty());
  CHECK(sessions.refresh_code(tokens.refresh) == code::kTokenInvalid);
}

TEST_CASE("a session that was ended is over for both tokens, at once") {
  Sessions sessions;
  const auto tokens = sessions.open(), other = sessions.open();
  const auto id = sessions.service().authenticate(tokens.access)->session.id;
  REQUIRE(sessions.service().end(id).ok());
  CHECK(sessions.ended == std::vector<std::string>{id});
  CHECK(sessions.access(tokens.access) == code::kTokenInvalid);
  CHECK(sessions.refresh_code(tokens.refresh) == code::kTokenInvalid);
  CHECK(sessions.access(other.access) == 0);
  CHECK(sessions.service().list(7, 10, 0)->total == 1);
}

TEST_CASE("nobody ends another user's session") {
  Sessions sessions;
  const auto tokens = sessions.open(7);
  const auto id = sessions.service().authenticate(tokens.access)->session.id;
  CHECK(sessions.service().end_of_user(id, 8).error().app_code() == code::kNotFound);
  CHECK(sessions.access(tokens.access) == 0);
  CHECK(sessions.service().end_of_user(id, 7).ok());
  CHECK(sessions.service().end_of_user(id, 7).error().app_code() == code::kNotFound);
  CHECK(sessions.access(tokens.access) == code::kTokenInvalid);
}

TEST_CASE("neither a refresh token nor its id is in the database") {
  Sessions sessions;
  const auto tokens = sessions.open();
  const auto claims = sessions.codec->verify(tokens.refresh, TokenUse::refresh, sessions.now / kMicrosecondsPerSecond);
  REQUIRE(claims.ok());
  CHECK(claims->token_id.size() == 64);
  const auto session = sessions.store().find(claims->session_id);
  REQUIRE(session->has_value());
  CHECK((*session)->refresh_hash == sha256_hex(claims->token_id));
}

TEST_CASE("sessions are listed page by page, the last used first") {
  Sessions sessions;
  std::vector<Tokens> opened;
  for (int i = 0; i < 3; ++i) {
    opened.push_back(sessions.open());
    sessions.pass(1);
  }
  sessions.open(8);
  REQUIRE(sessions.refresh(opened[0].refresh).ok());
  const auto list = sessions.service().list(7, 2, 0);
  REQUIRE(list.ok());
  CHECK(list->total == 3);
  REQUIRE(list->sessions.size() == 2);
  CHECK(list->sessions[0].id == sessions.service().authenticate(opened[0].access)->session.id);
  CHECK(list->sessions[1].id == sessions.service().authenticate(opened[2].access)->session.id);
}

TEST_CASE("a disabled user and one with a new password may not go on") {
  Session session;
  session.authenticated_us = 100;
  contracts::User user;
  user.status = "active";
  user.password_changed_us = 100;
  CHECK(may_continue(session, user));
  user.password_changed_us = 101;
  CHECK_FALSE(may_continue(session, user));
  user.password_changed_us = 0;
  user.status = "disabled";
  CHECK_FALSE(may_continue(session, user));
}

TEST_CASE("what a client says about itself is kept short and printable") {
  CHECK(clean_user_agent("Mozilla/5.0 (X11)") == "Mozilla/5.0 (X11)");
  CHECK(clean_user_agent("a\x1b[31m\r\n\xFF") == "a?[31m???");
  CHECK(clean_user_agent(std::string(5000, 'x')).size() == 256);
}
