// The first administrator, with files in a folder of the test's own.
#include "initial_admin.h"

#include "password_hash.h"
#include "support/scratch_folder.h"
#include "users_resources.h"

#include <nexus/testing/fake_host.h>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

using namespace nexus;
using namespace nexus::users;

namespace {

struct FirstStart {
  FirstStart() { REQUIRE(host.use(users_resources()).ok()); }

  UserStore store() { return UserStore(*call); }
  InitialAdmin admin() const { return InitialAdmin(folder.path()); }
  std::string kept() const {
    std::ifstream file(admin().file());
    std::string line;
    std::getline(file, line);
    return line;
  }
  bool opens(std::string_view password) {
    const auto account = store().find_by_username("admin");
    REQUIRE(account.ok());
    REQUIRE(account->has_value());
    return verify_password(password, (*account)->password_hash);
  }

  nexus::test::ScratchFolder folder;
  testing::FakeHost host{testing::Options{}, "users"};
  testing::TestCall call = host.call();
};

}  // namespace

TEST_CASE("an empty panel gets an administrator whose random password waits in a private file") {
  FirstStart first;
  REQUIRE(first.admin().create_if_empty(first.store(), nullptr, 5).ok());
  const auto account = first.store().find_by_email("admin@localhost");
  REQUIRE(account->has_value());
  CHECK((*account)->user.role == "admin");
  CHECK(first.kept().size() == 24);
  CHECK(first.opens(first.kept()));
  struct stat about {};
  REQUIRE(::stat(first.admin().file().c_str(), &about) == 0);
  CHECK((about.st_mode & 07777) == 0600);

  SUBCASE("until the first login") {
    User other = (*account)->user;
    other.username = "somebody";
    first.admin().signed_in(other);
    CHECK_FALSE(first.kept().empty());
    first.admin().signed_in((*account)->user);
    CHECK_FALSE(std::filesystem::exists(first.admin().file()));
    first.admin().signed_in((*account)->user);
  }
  SUBCASE("and the second start changes nothing") {
    const auto before = first.kept();
    REQUIRE(first.admin().create_if_empty(first.store(), "Another-passw0rd", 6).ok());
    CHECK(first.kept() == before);
    CHECK(first.opens(before));
  }
}

TEST_CASE("the operator's own password is used and written nowhere") {
  FirstStart first;
  REQUIRE(first.admin().create_if_empty(first.store(), "Adm1n-of-the-Panel", 5).ok());
  CHECK(first.opens("Adm1n-of-the-Panel"));
  CHECK_FALSE(std::filesystem::exists(first.admin().file()));
}

TEST_CASE("an operator's password that breaks the rules stops the start") {
  FirstStart first;
  CHECK_FALSE(first.admin().create_if_empty(first.store(), "short", 5).ok());
  CHECK(*first.store().empty());
}

TEST_CASE("the file of an earlier, failed start is replaced, and a link is not followed") {
  FirstStart first;
  std::ofstream(first.folder.path() + "/victim") << "untouched";
  std::filesystem::create_symlink(first.folder.path() + "/victim", first.admin().file());
  REQUIRE(first.admin().create_if_empty(first.store(), nullptr, 5).ok());
  CHECK_FALSE(std::filesystem::is_symlink(first.admin().file()));
  CHECK(first.opens(first.kept()));
  CHECK(std::filesystem::file_size(first.folder.path() + "/victim") == 9);
}

TEST_CASE("without a place for the file there is no account that nobody could use") {
  FirstStart first;
  CHECK_FALSE(InitialAdmin("/nonexistent").create_if_empty(first.store(), nullptr, 5).ok());
  CHECK(*first.store().empty());
}

TEST_CASE("the file lies in the panel's folder") {
  CHECK(panel_folder("/var/lib/nexus/plugins/users", "users") == "/var/lib/nexus");
  CHECK(panel_folder("/tmp/elsewhere", "users") == "/tmp/elsewhere");
}
