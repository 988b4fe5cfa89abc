#include "core/loader/plugin_files.h"

#include "support/panel_process.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>

using namespace nexus::core;
using nexus::test::TemporaryFolder;

namespace {

std::string only_refusal(const std::string& folder) {
  const auto found = find_plugin_files({folder});
  CHECK(found.files.empty());
  return found.refused.size() == 1 ? found.refused[0].reason : "not one refusal";
}

}  // namespace

TEST_CASE("plugins are the shared objects of a folder, by name") {
  const TemporaryFolder folder;
  for (const auto* name : {"users.so", "auth.so", "readme.txt", "old.so.bak"})
    chmod(folder.write(name, "x").c_str(), 0644);
  const auto found = find_plugin_files({folder.path()});
  REQUIRE(found.files.size() == 2);
  CHECK(found.files[0].name == "auth");
  CHECK(found.files[1].name == "users");
  CHECK(found.refused.empty());
  CHECK(found.warnings.empty());
}

TEST_CASE("a file that leads out of its folder is refused with where it leads") {
  const TemporaryFolder folder;
  const TemporaryFolder elsewhere;
  std::filesystem::create_symlink(elsewhere.write("evil.so", "x"), folder.path() + "/evil.so");
  const auto reason = only_refusal(folder.path());
  CHECK(reason.find("leads out of its folder") != std::string::npos);
  CHECK(reason.find(elsewhere.path()) != std::string::npos);
}

TEST_CASE("a symbolic link inside the folder is fine, and so is a folder that is one") {
  const TemporaryFolder folder;
  const TemporaryFolder links;
  chmod(folder.write("users-1.2.so.1", "x").c_str(), 0644);
  std::filesystem::create_symlink("users-1.2.so.1", folder.path() + "/users.so");
  std::filesystem::create_directory_symlink(folder.path(), links.path() + "/plugins");
  CHECK(find_plugin_files({folder.path()}).files.size() == 1);
  CHECK(find_plugin_files({links.path() + "/plugins"}).files.size() == 1);
}

TEST_CASE("what everybody may write is refused, what a group may write is a warning") {
  const TemporaryFolder folder;
  const auto file = folder.write("a.so", "x");
  chmod(file.c_str(), 0666);
  CHECK(only_refusal(folder.path()).find("chmod o-w") != std::string::npos);
  chmod(file.c_str(), 0664);
  CHECK(find_plugin_files({folder.path()}).warnings.size() == 1);
  chmod(file.c_str(), 0644);
  chmod(folder.path().c_str(), 0777);
  CHECK(only_refusal(folder.path()).find("plugin folder") != std::string::npos);
  chmod(folder.path().c_str(), 0700);
}

TEST_CASE("a folder that is not there, a broken link and a folder named like a plugin are named") {
  CHECK(only_refusal("/nowhere/plugins").find("cannot be read") != std::string::npos);
  const TemporaryFolder folder;
  std::filesystem::create_symlink(folder.path() + "/gone", folder.path() + "/a.so");
  CHECK(only_refusal(folder.path()).find("cannot be read") != std::string::npos);
  std::filesystem::remove(folder.path() + "/a.so");
  std::filesystem::create_directory(folder.path() + "/b.so");
  CHECK(only_refusal(folder.path()) == "it is not a regular file");
}
