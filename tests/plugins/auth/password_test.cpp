// A new password: the session that asked goes on, all others are over.
#include "panel_fixture.h"
#include "password_changes.h"

using namespace nexus;
using nexus::test::Panel;
using nexus::testing::Principal;

namespace {

constexpr const char* kPasswordPath = "/api/v1/users/me/password";

}  // namespace

TEST_CASE("the caller's session goes on, the others end") {
  Panel panel;
  const auto mine = panel.log_in(), other = panel.log_in();
  panel.host.advance(std::chrono::seconds(700));
  const auto who = panel.principal(mine);
  const auto answer =
      panel.host.put(kPasswordPath, {{"old_password", "SecureP@ss123"}, {"new_password", "An0ther-P@ss"}}, who);
  CHECK(answer.http_status == 200);
  CHECK(answer.data.is_null());
  CHECK(answer.audit.target == "users/7");
  CHECK(panel.last_payload.dump() ==
        R"({"id":7,"old_password":"SecureP@ss123","password":"An0ther-P@ss","address":"192.0.2.1"})");
  CHECK(panel.last_invalidation().kind == NX_INVALIDATE_USER);

  const auto again = panel.authenticate(mine);
  CHECK(again.app_code == 0);
  CHECK(again.who.authenticated_us == panel.host.sdk().now_us());
  CHECK(panel.refresh(mine).http_status == 200);
  CHECK(panel.authenticate(other).app_code == code::kTokenInvalid);
  // for good, whatever becomes of the account
  panel.john.password_changed_us = 0;
  CHECK(panel.authenticate(other).app_code == code::kTokenInvalid);
  CHECK(panel.refresh(other).app_code == code::kTokenInvalid);
}

TEST_CASE("a wrong old password and a bad new one change nothing, and are told of the field that was sent") {
  Panel panel;
  const auto mine = panel.log_in(), other = panel.log_in();
  const auto who = panel.principal(mine);
  const auto wrong = panel.host.put(kPasswordPath, {{"old_password", "wrong"}, {"new_password", "An0ther-P@ss"}}, who);
  CHECK(wrong.http_status == 401);
  CHECK(wrong.app_code == code::kBadCredentials);
  const auto bad =
      panel.host.put(kPasswordPath, {{"old_password", "SecureP@ss123"}, {"new_password", "password123"}}, who);
  CHECK(bad.app_code == code::kValidation);
  CHECK(bad.field == "new_password");
  CHECK(bad.rule == "common");
  panel.host.take_failures();  // its text is in the catalogue of users
  CHECK(panel.authenticate(mine).app_code == 0);
  CHECK(panel.authenticate(other).app_code == 0);
}

TEST_CASE("what happens between the new password and its answer does not end the session that asked") {
  Panel panel;
  const auto mine = panel.log_in(), other = panel.log_in();
  const auto who = panel.principal(mine);
  panel.host.advance(std::chrono::seconds(1));
  std::int32_t seen = 0, refreshed = 0;
  panel.while_changing = [&] {
    // as users does it, before it answers; and the client is impatient
    panel.host.publish(std::string(contracts::kUserChangedTopic), "7", {{"id", 7}});
    seen = panel.authenticate(mine).app_code;
    refreshed = panel.refresh(mine).app_code;
  };
  const auto answer =
      panel.host.put(kPasswordPath, {{"old_password", "SecureP@ss123"}, {"new_password", "An0ther-P@ss"}}, who);
  CHECK(answer.http_status == 200);
  CHECK(seen == code::kUnavailable);
  CHECK(refreshed == code::kUnavailable);
  CHECK(panel.authenticate(mine).app_code == 0);
  CHECK(panel.refresh(mine).http_status == 200);
  CHECK(panel.authenticate(other).app_code == code::kTokenInvalid);
}

TEST_CASE("a session ends with the next change of somebody else's making") {
  Panel panel;
  const auto mine = panel.log_in();
  REQUIRE(panel.host
              .put(kPasswordPath, {{"old_password", "SecureP@ss123"}, {"new_password", "An0ther-P@ss"}},
                   panel.principal(mine))
              .http_status == 200);
  panel.host.advance(std::chrono::seconds(1));
  panel.john.password_changed_us = panel.host.sdk().now_us();
  CHECK(panel.authenticate(mine).app_code == code::kTokenInvalid);
}

TEST_CASE("a password that was changed is changed, even where its sessions could not be ended at once") {
  Panel panel;
  const auto mine = panel.log_in(), other = panel.log_in();
  const auto who = panel.principal(mine);
  panel.host.advance(std::chrono::seconds(1));
  panel.host.fail_next("db.exec", Status::unavailable);
  CHECK(panel.host.put(kPasswordPath, {{"old_password", "SecureP@ss123"}, {"new_password", "An0ther-P@ss"}}, who)
            .http_status == 200);
  CHECK(panel.authenticate(other).app_code == code::kTokenInvalid);
}

TEST_CASE("changes are counted until their last holder goes") {
  auth::PasswordChanges changes;
  auto first = changes.begin(7, "a");
  auto second = changes.begin(7, "a");
  const auto copy = second;
  first.reset();
  CHECK(changes.by_session("a"));
  CHECK(changes.of_user(7));
  CHECK_FALSE(changes.by_session("b"));
  CHECK_FALSE(changes.of_user(8));
  second.reset();
  CHECK(changes.by_session("a"));
}

TEST_CASE("an API token changes no password") {
  Panel panel;
  CHECK(
      panel.host.put(kPasswordPath, {{"old_password", "a"}, {"new_password", "An0ther-P@ss"}}, Principal::token({"*"}))
          .app_code == code::kForbidden);
}
