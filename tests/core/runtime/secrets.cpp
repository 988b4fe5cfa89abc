#include "core/runtime/sealer.h"
#include "panel.h"

#include <nexus/cpp/secrets.h>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

using namespace nexus;
using test::Panel;

TEST_CASE("a sealed value opens only unchanged, for its plugin and its context") {
  Panel panel;
  test::RawPlugin first_plugin;
  test::RawPlugin second_plugin;
  const auto first = panel.host(panel.add("first", first_plugin));
  const auto second = panel.host(panel.add("second", second_plugin));

  const auto sealed = seal(first, "a private key", "ssh_keys/7").value();
  CHECK(open_sealed(first, sealed, "ssh_keys/7").value().view() == "a private key");
  CHECK(sealed.find("a private key") == std::string::npos);
  CHECK(seal(first, "a private key", "ssh_keys/7").value() != sealed);

  CHECK(open_sealed(first, sealed, "ssh_keys/8").error().status() == Status::denied);
  CHECK(open_sealed(second, sealed, "ssh_keys/7").error().status() == Status::denied);
  for (std::size_t at = 0; at < sealed.size(); ++at) {
    auto changed = sealed;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    CHECK_FALSE(open_sealed(first, changed, "ssh_keys/7").ok());
  }
  for (std::size_t length = 0; length < sealed.size(); ++length) {
    CHECK_FALSE(open_sealed(first, sealed.substr(0, length), "ssh_keys/7").ok());
  }
}

TEST_CASE("sealing takes nothing and one MiB, and refuses more") {
  Panel panel;
  test::RawPlugin plugin;
  const auto host = panel.host(panel.add("first", plugin));
  CHECK(open_sealed(host, seal(host, "", "c").value(), "c").value().empty());
  const std::string most(core::kSealLimit, 'x');
  CHECK(open_sealed(host, seal(host, most, "c").value(), "c").value().view() == most);
  CHECK(seal(host, most + "x", "c").error().status() == Status::limit);
}

namespace {

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

}  // namespace

TEST_CASE("the master key is made once, 0600, and what cannot be it is refused and left alone") {
  Panel panel;
  const auto path = panel.folder + "/master.key";
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  const auto key = read_file(path);
  CHECK(key.size() == 32);

  SUBCASE("a second start takes the same key") {
    CHECK(panel.second_runtime().ok());
    CHECK(read_file(path) == key);
  }
  SUBCASE("another key") {
    auto other = key;
    other[3] = static_cast<char>(other[3] ^ 1);
    write_file(path, other);
    const auto refused = panel.second_runtime();
    REQUIRE_FALSE(refused.ok());
    CHECK(std::string(refused.error().what()).find("not the one that sealed") != std::string::npos);
    CHECK(read_file(path) == other);
  }
  SUBCASE("no key, although the database was sealed") {
    std::filesystem::remove(path);
    CHECK_FALSE(panel.second_runtime().ok());
    CHECK_FALSE(std::filesystem::exists(path));
  }
  SUBCASE("a key that others may read") {
    ::chmod(path.c_str(), 0640);
    CHECK_FALSE(panel.second_runtime().ok());
  }
  SUBCASE("half a key") {
    write_file(path, key.substr(0, 16));
    CHECK_FALSE(panel.second_runtime().ok());
    CHECK(read_file(path).size() == 16);
  }
  SUBCASE("a link to a key") {
    std::filesystem::rename(path, path + ".elsewhere");
    std::filesystem::create_symlink(path + ".elsewhere", path);
    CHECK_FALSE(panel.second_runtime().ok());
  }
}
