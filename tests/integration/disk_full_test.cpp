// A disk that fills up under the panel's own database: SQLite, which lies in the data folder.
#include "integration/scenario.h"
#include "support/small_disk.h"

#include <doctest/doctest.h>

using nexus::test::Answer;
using nexus::test::difference;
using nexus::test::Scenario;
using nexus::test::SmallDisk;

namespace {

// More than fit into what a full disk has left in files that were made before.
constexpr int kMostWrites = 3000;

Answer add_group(Scenario& panel, int number, const std::string& token) {
  return panel.post("/api/v1/server-groups", {{"name", "group " + std::to_string(number)}}, token);
}

std::int64_t group_count(Scenario& panel, const std::string& token) {
  const auto list = panel.get("/api/v1/server-groups", token);
  REQUIRE(list.status == 200);
  return list.data().at("pagination").at("total_count");
}

void fill_and_free(SmallDisk& disk) {
  if (nexus::test::on_mariadb()) return;
  Scenario panel({.data_dir = disk.path() + "/data"});
  const auto admin = panel.admin();
  REQUIRE(add_group(panel, 0, admin).status == 201);
  disk.fill(panel.pid());

  std::int64_t acknowledged = 1;
  int number = 1;
  Answer answer;
  while (number < kMostWrites && (answer = add_group(panel, number++, admin)).status == 201) ++acknowledged;
  REQUIRE(answer.status == 507);
  CHECK(difference(R"({"code":50701,"message":"存储空间不足","details":"服务器的存储空间不足，无法保存数据",
                     "request_id":"<string>"})",
                   answer.body) == "");

  // It stays that way, and only for what writes.
  for (int i = 0; i < 5; ++i) CHECK(add_group(panel, number++, admin).status == 507);
  CHECK(panel.post("/api/v1/auth/login", {{"username", "admin"}, {"password", "Adm1n-of-the-Panel"}}).status == 507);
  CHECK(group_count(panel, admin) == acknowledged);
  CHECK(panel.get("/api/v1/users/me", admin).status == 200);
  CHECK(panel.get("/healthz").status == 200);
  CHECK(panel.get("/readyz").status == 200);

  disk.free();
  CHECK(add_group(panel, number++, admin).status == 201);
  CHECK(panel.log_in("admin") != "");
  CHECK(group_count(panel, admin) == acknowledged + 1);
  panel.restart(true);
  CHECK(group_count(panel, admin) == acknowledged + 1);
  CHECK(add_group(panel, number++, admin).status == 201);
}

}  // namespace

TEST_CASE("a full file system: writes answer 507, reads go on, and room is enough to recover") {
  if (!SmallDisk::may_mount()) {
    MESSAGE(
        "skipped: this user may not mount a small file system; the limit on file size below is tested all the same");
    return;
  }
  SmallDisk disk(SmallDisk::Kind::file_system);
  fill_and_free(disk);
}

TEST_CASE("a limit on the size of files is a full disk too, not the end of the panel") {
  SmallDisk disk(SmallDisk::Kind::file_limit);
  fill_and_free(disk);
}
