#include "recorder.h"

#include "support/scratch_folder.h"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <sstream>

using namespace nexus;
using namespace nexus::terminal;
using namespace std::chrono_literals;

namespace {

// The lines of a finished recording, parsed.
std::vector<Json> lines_of(const std::string& path) {
  const auto text = decompress(read_file(path).value(), 256 * 1024 * 1024);
  REQUIRE(text.ok());
  std::vector<Json> lines;
  std::istringstream in(*text);
  for (std::string line; std::getline(in, line);) lines.push_back(Json::parse(line));
  return lines;
}

}  // namespace

TEST_CASE("what is shown is recorded with its times, whole characters only") {
  const nexus::test::ScratchFolder folder;
  Recorder recorder(folder.path() + "/recordings");
  auto recording = recorder.begin(7, "{\"version\":2}\n", 1'000'000, {}).value();
  recording->output(1'500'000, "\x1b[1mhello \xE4\xBD");
  recording->output(1'600'000, "\xA0\x1b[0m\r\n");
  recording->resize(2'000'000, {100, 30});
  const auto figures = recording->finish();
  CHECK(figures.text == "hello \xE4\xBD\xA0\n");
  CHECK_FALSE(figures.is_cut);
  recording->output(3'000'000, "too late");
  const auto lines = lines_of(recorder.path_of(7));
  REQUIRE(lines.size() == 4);
  CHECK(lines[1] == Json{0.5, "o", "\x1b[1mhello "});
  CHECK(lines[2] == Json{0.6, "o", "\xE4\xBD\xA0\x1b[0m\r\n"});
  CHECK(lines[3] == Json{1.0, "r", "100x30"});
  CHECK(figures.file_size == static_cast<std::int64_t>(std::filesystem::file_size(recorder.path_of(7))));
  CHECK_FALSE(recorder.begin(7, "", 0, {}).ok());
  CHECK(recorder.remove(7));
  CHECK(recorder.remove(7));
  CHECK_FALSE(std::filesystem::exists(recorder.path_of(7)));
}

TEST_CASE("a lot of output goes to the disk while the session goes on") {
  const nexus::test::ScratchFolder folder;
  Recorder recorder(folder.path() + "/recordings");
  std::atomic<int> rooms{0};
  auto recording = recorder.begin(1, "{}\n", 0, [&] { ++rooms; }).value();
  const std::string part(32 * 1024, 'x');
  const auto until = std::chrono::steady_clock::now() + 20s;
  std::size_t sent = 0;
  for (; sent < 20'000'000; sent += part.size()) {
    while (!recording->has_room() && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(1ms);
    recording->output(0, part);
  }
  REQUIRE(std::chrono::steady_clock::now() < until);
  CHECK(std::filesystem::file_size(recorder.path_of(1)) > 0);
  CHECK_FALSE(recording->finish().is_cut);
  std::size_t kept = 0;
  const auto lines = lines_of(recorder.path_of(1));
  for (std::size_t at = 1; at < lines.size(); ++at) kept += lines[at][2].get_ref<const std::string&>().size();
  CHECK(kept == sent);
}

TEST_CASE("a recording that is too long is cut, and holds nobody back") {
  const nexus::test::ScratchFolder folder;
  Recorder recorder(folder.path() + "/recordings");
  auto recording = recorder.begin(1, "{}\n", 0, {}).value();
  const std::string part(64 * 1024, 'x');
  const auto until = std::chrono::steady_clock::now() + 30s;
  for (std::int64_t sent = 0; sent < Recording::kLongest + 8'000'000; sent += 64 * 1024) {
    while (!recording->has_room() && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(1ms);
    recording->output(0, part);
  }
  REQUIRE(std::chrono::steady_clock::now() < until);
  CHECK(recording->finish().is_cut);
}
