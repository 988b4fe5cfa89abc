// users_accounts on a real SQLite.
#include "user_store.h"

#include "users_resources.h"

#include <nexus/testing/fake_host.h>

#include <doctest/doctest.h>

using namespace nexus;
using namespace nexus::users;

namespace {

std::vector<std::string> names(const Result<std::vector<User>>& users) {
  std::vector<std::string> found;
  REQUIRE(users.ok());
  for (const auto& user : *users) found.push_back(user.username);
  return found;
}

struct Database {
  Database() {
    REQUIRE(host.use(users_resources()).ok());
    for (const auto* name : {"anna", "bert", "carl_x", "dora"}) add(name);
  }
  std::int64_t add(const std::string& name, const std::string& role = "user") {
    const auto id =
        store().insert({name, name, name + "@example.com", name + "@example.com", role, "en"}, "hash", ++now);
    REQUIRE(id.ok());
    return *id;
  }
  UserStore store() { return UserStore(*call); }
  std::vector<std::string> list(UserFilter filter) {
    filter.limit = filter.limit == 0 ? 100 : filter.limit;
    return names(store().list(filter));
  }

  testing::FakeHost host{testing::Options{}, "users"};
  testing::TestCall call = host.call();
  std::int64_t now = 1000;
};

}  // namespace

TEST_CASE("a new account is found by id, name and address, and has never logged in") {
  Database db;
  const auto id = db.add("erik");
  const auto user = db.store().find(id);
  REQUIRE(user.ok());
  REQUIRE(user->has_value());
  CHECK((*user)->username == "erik");
  CHECK((*user)->status == "active");
  CHECK((*user)->created_us == db.now);
  CHECK((*user)->password_changed_us == db.now);
  CHECK_FALSE((*user)->last_login_us.has_value());
  CHECK_FALSE((*user)->avatar.has_value());
  CHECK((*db.store().find_by_username("erik"))->user.id == id);
  CHECK((*db.store().find_by_email("erik@example.com"))->password_hash == "hash");
  CHECK_FALSE(db.store().find(id + 1)->has_value());

  CHECK(*db.store().stamp_login(id, 77));
  CHECK((*db.store().find(id))->last_login_us == 77);
  CHECK_FALSE(*db.store().stamp_login(id + 1, 77));
}

TEST_CASE("a name and an address are given once") {
  Database db;
  const auto same_name = db.store().insert({"x", "anna", "x@y.z", "x@y.z", "user", "en"}, "h", 1);
  REQUIRE_FALSE(same_name.ok());
  CHECK(same_name.error().status() == Status::conflict);
  const auto same_email = db.store().insert({"x", "x", "x", "anna@example.com", "user", "en"}, "h", 1);
  REQUIRE_FALSE(same_email.ok());
  CHECK(same_email.error().status() == Status::conflict);
}

TEST_CASE("a password is set where the old one is what was seen") {
  Database db;
  const auto id = db.add("erik");
  CHECK_FALSE(*db.store().set_password(id, "other", "not the hash", 5000));
  CHECK((*db.store().find_account(id))->password_hash == "hash");
  CHECK(*db.store().set_password(id, "other", "hash", 5000));
  CHECK((*db.store().find_account(id))->password_hash == "other");
  CHECK((*db.store().find(id))->password_changed_us == 5000);
  CHECK((*db.store().find(id))->updated_us == 5000);
  // in the same microsecond it is another state all the same
  CHECK(*db.store().set_password(id, "third", "", 5000));
  CHECK((*db.store().find(id))->updated_us == 5001);
  CHECK_FALSE(*db.store().set_password(id + 1, "x", "", 5000));
}

TEST_CASE("rows are locked, changed and removed inside a transaction") {
  Database db;
  const auto admin = db.add("zoe", "admin");
  const auto id = db.add("erik");
  auto transaction = Sql(*db.call).begin();
  REQUIRE(transaction.ok());
  const UserStore store(*transaction);
  CHECK(*store.lock_active_admins() == 1);
  auto user = **store.find_and_lock(id);
  user.status = "disabled";
  user.avatar = "https://example.com/a";
  CHECK(store.update({user, "erik", "erik@example.com"}).ok());
  CHECK(store.remove(admin).ok());
  REQUIRE(transaction->commit().ok());
  CHECK((*db.store().find(id))->avatar == "https://example.com/a");
  CHECK((*db.store().find(id))->status == "disabled");
  CHECK_FALSE(db.store().find(admin)->has_value());
  CHECK(*db.store().lock_active_admins() == 0);
}

TEST_CASE("lists are sorted, cut into pages and filtered") {
  Database db;
  db.add("zoe", "admin");
  using Names = std::vector<std::string>;
  CHECK(db.list({}) == Names{"zoe", "dora", "carl_x", "bert", "anna"});
  CHECK(db.list({.sort = "username"}) == Names{"anna", "bert", "carl_x", "dora", "zoe"});
  CHECK(db.list({.sort = "-id", .limit = 2, .offset = 1}) == Names{"dora", "carl_x"});
  CHECK(db.list({.role = "admin"}) == Names{"zoe"});
  CHECK(db.list({.status = "disabled"}).empty());
  CHECK(db.list({.role = "user", .status = "active", .search = "r", .sort = "id"}) == Names{"bert", "carl_x", "dora"});
  CHECK(*db.store().count({.role = "user"}) == 4);
  CHECK(*db.store().count({.search = "example.com"}) == 5);
}

TEST_CASE("what is searched stands for itself: no wildcards, no SQL") {
  Database db;
  CHECK(db.list({.search = "l_x"}) == std::vector<std::string>{"carl_x"});
  CHECK(db.list({.search = "e_t"}).empty());
  for (const auto* search : {"%", "_a", "!", "!%", "' OR 1=1 --", "\\", "?"}) {
    CAPTURE(search);
    CHECK(db.list({.search = search}).empty());
  }
  CHECK(db.list({.search = "anna", .sort = "id; DROP TABLE users_accounts"}).size() == 1);
  CHECK_FALSE(*db.store().empty());
}
