#include "core/log/logger.h"

#include "support/panel_process.h"

#include <nexus/log.h>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

using namespace nexus;
using namespace nexus::core;

namespace {

std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream stream(path);
  std::vector<std::string> out;
  for (std::string line; std::getline(stream, line);) out.push_back(line);
  return out;
}

unsigned mode_of(const std::string& path) {
  struct stat status {};
  stat(path.c_str(), &status);
  return status.st_mode & 0777;
}

}  // namespace

TEST_CASE("only what reaches the threshold is kept, and the threshold can move") {
  const test::TemporaryFolder folder;
  const auto path = folder.path() + "/log";
  auto logger = Logger::open(NX_LOG_WARNING, path);
  REQUIRE(logger.ok());
  (*logger)->write(NX_LOG_INFO, "host", "too quiet");
  (*logger)->write(NX_LOG_WARNING, "host", "kept");
  CHECK(*(*logger)->threshold() == NX_LOG_WARNING);
  (*logger)->set_level(NX_LOG_DEBUG);
  CHECK(*(*logger)->threshold() == NX_LOG_DEBUG);
  (*logger)->write(NX_LOG_DEBUG, "host", "now heard");
  const auto lines = lines_of(path);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].ends_with("warning  host  kept"));
  CHECK(lines[1].ends_with("debug  host  now heard"));
}

TEST_CASE("the file is for its owner alone, even one that was there before") {
  const test::TemporaryFolder folder;
  const auto path = folder.write("log", "old line\n");
  chmod(path.c_str(), 0644);
  auto logger = Logger::open(NX_LOG_INFO, path);
  REQUIRE(logger.ok());
  CHECK(mode_of(path) == 0600);
  (*logger)->write(NX_LOG_INFO, "host", "new line");
  CHECK(lines_of(path).size() == 2);
  CHECK(Logger::open(NX_LOG_INFO, folder.path() + "/fresh").ok());
  CHECK(mode_of(folder.path() + "/fresh") == 0600);
}

TEST_CASE("a rotated log goes on in a new file") {
  const test::TemporaryFolder folder;
  const auto path = folder.path() + "/log";
  auto logger = Logger::open(NX_LOG_INFO, path);
  REQUIRE(logger.ok());
  (*logger)->write(NX_LOG_INFO, "host", "before");
  std::filesystem::rename(path, path + ".1");
  (*logger)->write(NX_LOG_INFO, "host", "between");
  REQUIRE((*logger)->reopen().ok());
  (*logger)->write(NX_LOG_INFO, "host", "after");
  CHECK(lines_of(path + ".1").size() == 2);
  CHECK(lines_of(path).size() == 1);
}

TEST_CASE("lines of many threads do not mix") {
  const test::TemporaryFolder folder;
  const auto path = folder.path() + "/log";
  auto logger = Logger::open(NX_LOG_INFO, path);
  REQUIRE(logger.ok());
  constexpr int kThreads = 4;
  constexpr int kLines = 500;
  const std::string message(300, 'm');
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < kLines; ++n) (*logger)->write(NX_LOG_INFO, "host", message);
      });
    }
  }
  const auto lines = lines_of(path);
  CHECK(lines.size() == kThreads * kLines);
  for (const auto& line : lines) REQUIRE(line.ends_with("info  host  " + message));
}

TEST_CASE("a full disk loses lines without a word to the caller") {
  auto logger = Logger::open(NX_LOG_INFO, "/dev/full");
  REQUIRE(logger.ok());
  (*logger)->write(NX_LOG_INFO, "host", "lost");
  (*logger)->write(NX_LOG_INFO, "host", "lost too");
}

TEST_CASE("a folder that is not there is named") {
  const auto logger = Logger::open(NX_LOG_INFO, "/nowhere/log");
  REQUIRE(!logger.ok());
  CHECK(std::string(logger.error().what()).find("/nowhere/log") != std::string::npos);
}
