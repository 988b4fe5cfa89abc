#include "core/audit/chain.h"

#include "audit_fixture.h"
#include "core/audit/request_entry.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>
#include <set>

using namespace nexus::test;
using audit::Chain;
using audit::Entry;
using audit::HeadFile;
using audit::Mark;

namespace {

nexus::core::MasterKey key_in(const ScratchFolder& folder, const char* name = "master.key") {
  return nexus::core::MasterKey::open(folder.path() + "/" + name, true).value();
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

}  // namespace

TEST_CASE("no two entries have the same encoding") {
  Entry one;
  Entry other;
  one.action = "ab";
  one.method = "c";
  other.action = "a";
  other.method = "bc";
  CHECK(audit::encoded(1, one) != audit::encoded(1, other));
  other = one;
  CHECK(audit::encoded(1, one) == audit::encoded(1, other));
  CHECK(audit::encoded(1, one) != audit::encoded(2, one));
  // A text that looks like the length and the text behind it.
  one = other = Entry();
  one.target = std::string("\x01\0\0\0\0\0\0\0x", 9);
  other.remote_address = one.target;
  CHECK(audit::encoded(1, one) != audit::encoded(1, other));
}

TEST_CASE("every column, the place, the predecessor and the key make the hash") {
  const ScratchFolder folder;
  const Chain chain(key_in(folder));
  const Chain of_other_key(key_in(folder, "other.key"));
  const auto entry = entry_named("a");
  std::set<std::string> hashes;
  const auto add = [&](const Chain& with, const Mark& before, const Entry& changed) {
    hashes.emplace(audit::bytes_of(with.next(before, changed).hash));
  };
  std::size_t count = 0;
  for (const auto& column : audit::kNumberColumns) {
    auto changed = entry;
    changed.*column.member += 1;
    add(chain, {}, changed);
    ++count;
  }
  for (const auto& column : audit::kTextColumns) {
    auto changed = entry;
    changed.*column.member += "x";
    add(chain, {}, changed);
    ++count;
  }
  add(chain, {}, entry);
  add(chain, {1, {}}, entry);
  add(chain, chain.next({}, entry), entry);
  add(of_other_key, {}, entry);
  hashes.emplace(audit::bytes_of(chain.seal_of_start({})));
  CHECK(hashes.size() == count + 5);
  CHECK(chain.next({}, entry) == chain.next({}, entry));
}

TEST_CASE("what is stored is UTF-8 within its bounds, and details are an object or nothing") {
  auto entry = entry_named("a");
  entry.user_name = std::string("x\0y\xFF", 4);
  entry.path = std::string(2000, 'p');
  entry.target = std::string(255, 't') + "\xC3\xA4";  // an umlaut across the bound
  CHECK(audit::make_storable(entry));
  CHECK(entry.user_name == "x?y\xEF\xBF\xBD");
  CHECK(entry.path.size() == 1024);
  CHECK(entry.target == std::string(255, 't'));
  for (const std::string details : {"[1]", "{", "{}x", "\"text\"", "{\"a\":\"\xFF\"}"}) {
    entry.details = details;
    CHECK_FALSE(audit::make_storable(entry));
    CHECK(entry.details.empty());
  }
  entry.details = R"({"a":")" + std::string(audit::kDetailsBytes - 8, 'x') + R"("})";
  CHECK(entry.details.size() == audit::kDetailsBytes);
  CHECK(audit::make_storable(entry));
  entry.details = R"({"a":")" + std::string(audit::kDetailsBytes - 7, 'x') + R"("})";
  CHECK_FALSE(audit::make_storable(entry));
}

TEST_CASE("an entry of a request") {
  nexus::api::Principal who;
  who.user_id = 7;
  who.user_name = "alice";
  nexus::api::Response response;
  response.audit_user = "mallory";
  nexus::api::AuditEvent event{"id", "users", "logIn", "POST", "/login", "192.0.2.1", &who, 201, 0, &response};
  auto entry = audit::entry_of(event, 5);
  CHECK(entry.user_name == "alice");  // a name that somebody gave himself counts only where nobody is logged in
  CHECK(entry.target == "/login");
  CHECK(entry.result == "ok");
  event.principal = nullptr;
  event.status = 401;
  response.audit_target = "users/mallory";
  entry = audit::entry_of(event, 5);
  CHECK(entry.user_name == "mallory");
  CHECK(entry.user_id == 0);
  CHECK(entry.target == "users/mallory");
  CHECK(entry.result == "denied");
  CHECK(audit::result_of(403) == "denied");
  CHECK(audit::result_of(409) == "failed");
  CHECK(audit::result_of(503) == "failed");
}

TEST_CASE("the head file keeps the latest mark, for its owner only") {
  const ScratchFolder folder;
  const auto path = folder.path() + "/audit-head";
  CHECK_FALSE(HeadFile::read(folder.path())->has_value());
  Mark mark{41, {}};
  mark.hash[31] = 9;
  HeadFile file(folder.path());
  CHECK(file.was_removed());
  REQUIRE(file.write(mark).ok());
  CHECK_FALSE(file.was_removed());
  CHECK(*HeadFile::read(folder.path()) == mark);
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);

  // Another process was faster.
  HeadFile other(folder.path());
  REQUIRE(other.write({43, {}}).ok());
  REQUIRE(file.write({42, {}}).ok());
  CHECK((*HeadFile::read(folder.path()))->sequence == 43);

  REQUIRE(::unlink(path.c_str()) == 0);
  CHECK(file.was_removed());
  REQUIRE(file.write({1, {}}).ok());
  CHECK((*HeadFile::read(folder.path()))->sequence == 1);

  for (const std::string text : {"x", "0000000000000000001 00\n", "later\n"}) {
    write_file(path, text);
    CHECK(HeadFile::read(folder.path()).error().status() == nexus::Status::denied);
  }
  write_file(path, "");  // a power failure before the content
  CHECK_FALSE(HeadFile::read(folder.path())->has_value());
}
