#include "zstd_file.h"

#include "support/scratch_folder.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <unistd.h>

#include <fstream>

using namespace nexus;
using namespace nexus::terminal;

TEST_CASE("what was appended comes back, frame after frame") {
  const nexus::test::ScratchFolder folder;
  const auto path = folder.path() + "/a.zst";
  Compressor compressor;
  std::string all;
  {
    auto file = ZstdFile::create(path);
    REQUIRE(file.ok());
    for (int i = 0; i < 10; ++i) {
      const auto part = std::string(1000, static_cast<char>('a' + i)) + std::to_string(i);
      all += part;
      REQUIRE(file->append(part, compressor).ok());
    }
    CHECK(file->content() == static_cast<std::int64_t>(all.size()));
  }
  const auto content = read_file(path);
  REQUIRE(content.ok());
  CHECK(decompress(*content, all.size()).value() == all);
  CHECK_FALSE(decompress(*content, all.size() - 1).ok());
  CHECK_FALSE(ZstdFile::create(path).ok());
  struct stat about {};
  REQUIRE(::stat(path.c_str(), &about) == 0);
  CHECK((about.st_mode & 0777) == 0600);
}

TEST_CASE("a frame that was written by half is dropped, whole ones stay") {
  const nexus::test::ScratchFolder folder;
  const auto path = folder.path() + "/a.zst";
  Compressor compressor;
  std::int64_t whole = 0;
  std::int64_t size = 0;
  {
    auto file = ZstdFile::create(path);
    REQUIRE(file.ok());
    REQUIRE(file->append("first part ", compressor).ok());
    whole = file->size();
    REQUIRE(file->append("second part", compressor).ok());
    size = file->size();
  }
  CHECK(ZstdFile::mend(path).value() == size);
  for (auto cut = size - 1; cut >= whole; --cut) {
    CAPTURE(cut);
    REQUIRE(::truncate(path.c_str(), cut) == 0);
    CHECK(ZstdFile::mend(path).value() == whole);
    CHECK(decompress(read_file(path).value(), 100).value() == "first part ");
  }
  CHECK_FALSE(ZstdFile::mend(folder.path() + "/none").ok());
}
