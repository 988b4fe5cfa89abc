// SQLite on a disk that fills up: a small tmpfs where this process may mount one, a limit on file size where not.
#include "storage/scratch.h"

#include <sys/mount.h>
#include <sys/resource.h>

#include <sched.h>

#include <csignal>
#include <cstdio>

using namespace nexus;
using namespace nexus::test;

namespace {

constexpr rlim_t kDisk = 800 * 1024;

// In a mount namespace of its own, so the file system ends with the process.
bool mount_small_disk(const std::string& folder) {
  if (unshare(CLONE_NEWNS) != 0) return false;
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
  return mount("none", folder.c_str(), "tmpfs", 0, ("size=" + std::to_string(kDisk)).c_str()) == 0;
}

// A disk that can be filled and freed.
class SmallDisk {
 public:
  SmallDisk() : mounted_(mount_small_disk(folder_.path())) {
    MESSAGE("on a tmpfs: " << mounted_);
    if (mounted_) return;
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
  }
  ~SmallDisk() {
    set_limit(before_.rlim_cur);
    if (mounted_) umount2(folder_.path().c_str(), MNT_DETACH);
  }
  const std::string& path() const { return folder_.path(); }

  void fill() {
    if (!mounted_) return set_limit(kDisk);
    FILE* file = fopen((path() + "/filler").c_str(), "w");
    REQUIRE(file != nullptr);
    setvbuf(file, nullptr, _IONBF, 0);
    const std::string block(1024, 'x');
    while (fwrite(block.data(), 1, block.size(), file) == block.size()) {
    }
    fclose(file);
  }
  void free() {
    if (!mounted_) return set_limit(before_.rlim_cur);
    std::filesystem::remove(path() + "/filler");
  }

 private:
  void set_limit(rlim_t bytes) {
    if (mounted_) return;
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
  }

  ScratchFolder folder_;
  rlimit before_{};
  bool mounted_;
};

}  // namespace

TEST_CASE("a full disk refuses writes with its own code, reads go on, and freed space is enough to recover") {
  SmallDisk disk;
  auto database = open("sqlite://" + disk.path() + "/panel.db");
  exec(*database, "CREATE TABLE t (i INTEGER PRIMARY KEY, b BLOB)");
  const std::string large(20'000, 'y');
  const Values args = {blob_value(large)};
  const auto insert = [&] { return database->exec("INSERT INTO t (b) VALUES (?)", args, soon()); };
  REQUIRE(insert().ok());
  disk.fill();
  std::int64_t acknowledged = 1;
  bool full = false;
  for (int round = 0; round < 200 && !full; ++round) {
    auto change = database->begin(soon());
    auto done = change.ok() ? (*change)->exec("INSERT INTO t (b) VALUES (?)", args) : std::move(change).error();
    auto committed = done.ok() ? (*change)->commit() : Result<void>(std::move(done).error());
    if (committed.ok()) {
      ++acknowledged;
    } else {
      full = true;
      CAPTURE(committed.error().reason());
      CHECK(committed.error().app_code() == code::kDiskFull);
      CHECK(committed.error().status() == Status::unavailable);
    }
  }
  REQUIRE(full);
  CHECK(insert().error().app_code() == code::kDiskFull);
  CHECK(number(*database, "SELECT count(*) FROM t") == acknowledged);
  disk.free();
  CHECK(insert().ok());
  CHECK(number(*database, "SELECT count(*) FROM t") == acknowledged + 1);
  auto check = database->query("PRAGMA integrity_check", {}, false, soon());
  REQUIRE(check.ok());
  CHECK(view((*(*check)->fetch())[0].u.s) == "ok");
}
