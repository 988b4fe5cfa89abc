// The kernel's text files, as real machines write them and as hostile ones might.
#include "meminfo.h"
#include "mounts.h"
#include "net_dev.h"
#include "proc_stat.h"
#include "text_scan.h"

#include <doctest/doctest.h>

#include <fstream>
#include <limits>
#include <sstream>
#include <string>

using namespace nexus::monitoring;

namespace {

constexpr auto kMax = std::numeric_limits<std::int64_t>::max();

std::string read_file(const char* path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// Every way to cut a text off, and every byte of it replaced: none may crash or read too far.
template <class Parse>
void survives(const std::string& text, Parse&& parse) {
  for (std::size_t at = 0; at <= text.size(); ++at) parse(text.substr(0, at));
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (const char c : {'\0', '\n', ' ', '-', '9', ':', '\\', '\xff'}) {
      auto damaged = text;
      damaged[at] = c;
      parse(damaged);
    }
  }
}

constexpr const char* kStat =
    "cpu  100 0 50 800 50 0 0 0 0 0\ncpu0 60 0 30 400 10 0 0 0 0 0\ncpu1 40 0 20 400 40 0 0 0 0 0\nintr 1 2 3\n";
constexpr const char* kMemory =
    "MemTotal:  1000 kB\nMemFree:  100 kB\nMemAvailable:  400 kB\nBuffers: 1 kB\nCached: 2 kB\n";
constexpr const char* kNetwork =
    "Inter-|   Receive                                                |  Transmit\n"
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier "
    "compressed\n"
    "    lo: 900 9 0 0 0 0 0 0 900 9 0 0 0 0 0 0\n"
    "  eth0: 1000 10 0 0 0 0 0 0 500 5 0 0 0 0 0 0\n"
    "wlan0:24 2 0 0 0 0 0 0 12 1 0 0 0 0 0 0\n";
constexpr const char* kMounts =
    "sysfs /sys sysfs rw 0 0\nproc /proc proc rw 0 0\n/dev/sda1 /var/lib/docker ext4 rw 0 0\n"
    "/dev/sda1 / ext4 rw 0 0\n/dev/sdb1 /mnt/my\\040disk xfs rw 0 0\ntmpfs /run tmpfs rw 0 0\n"
    "overlay /var/lib/docker/overlay2/x/merged overlay rw 0 0\nnas:/export /nas nfs4 rw 0 0\n"
    "/dev/loop0 /snap/core/1 squashfs ro 0 0\n";

}  // namespace

TEST_CASE("processor times: waiting for a disk is idle, guests are not counted twice") {
  const auto stat = parse_proc_stat(kStat);
  REQUIRE(stat.has_value());
  CHECK(stat->all.busy == 150);
  CHECK(stat->all.total == 1000);
  REQUIRE(stat->cores.size() == 2);
  CHECK(stat->cores[1].core == 1);
  CHECK(stat->cores[1].times.busy == 60);
  CHECK(parse_proc_stat("cpu 1 2 3 4\n")->all.total == 10);
}

TEST_CASE("processor use between two moments") {
  CHECK(cpu_usage({0, 0}, {355, 1000}) == 35.5);
  CHECK(cpu_usage({100, 1000}, {100, 1000}) == 0);
  CHECK(cpu_usage({100, 1000}, {50, 2000}) == 0);
  CHECK(cpu_usage({100, 2000}, {200, 1000}) == 0);
  CHECK(cpu_usage({0, 0}, {kMax, kMax}) == 100);
  CHECK(cpu_usage({0, 0}, {kMax, 1}) == 100);
}

TEST_CASE("no processor line, no answer") {
  for (const char* bad : {"", "cpu", "cpu a b c d", "cpu 1 2 3", "cpu0 1 2 3 4", "cpu -1 2 3 4", "\n\n"}) {
    CHECK_FALSE(parse_proc_stat(bad).has_value());
  }
  const auto huge = parse_proc_stat("cpu 9223372036854775807 9223372036854775807 1 1 1\n");
  REQUIRE(huge.has_value());
  CHECK(huge->all.total == kMax);
  CHECK_FALSE(parse_proc_stat("cpu 9223372036854775808 0 1 1\n").has_value());
}

TEST_CASE("more processors than any machine has are not all kept") {
  std::string text = "cpu 1 1 1 1\n";
  for (int i = 0; i < 10'000; ++i) text += "cpu" + std::to_string(i) + " 1 1 1 1\n";
  CHECK(parse_proc_stat(text)->cores.size() == kMaxCores);
}

TEST_CASE("memory: used is what is not available") {
  const auto memory = parse_meminfo(kMemory);
  REQUIRE(memory.has_value());
  CHECK(memory->total == 1000 * 1024);
  CHECK(memory->free == 400 * 1024);
  CHECK(memory->used == 600 * 1024);
  CHECK(parse_meminfo("MemTotal: 10 kB\nMemFree: 1 kB\nBuffers: 2 kB\nCached: 3 kB\n")->free == 6 * 1024);
  CHECK(parse_meminfo("MemTotal: 10 kB\nMemAvailable: 99 kB\n")->used == 0);
  CHECK_FALSE(parse_meminfo("MemFree: 1 kB\n").has_value());
  CHECK_FALSE(parse_meminfo("MemTotal: x kB\n").has_value());
  CHECK(parse_meminfo("MemTotal: 9223372036854775807 kB\n")->total > 0);
}

TEST_CASE("traffic: all interfaces but the loopback, also without a blank after the colon") {
  const auto traffic = parse_net_dev(kNetwork);
  CHECK(traffic.bytes_recv == 1024);
  CHECK(traffic.packets_recv == 12);
  CHECK(traffic.bytes_sent == 512);
  CHECK(traffic.packets_sent == 6);
  CHECK(parse_net_dev("").bytes_recv == 0);
  CHECK(parse_net_dev("eth0: 1 2 3\n").bytes_recv == 0);
  CHECK(parse_net_dev("a: 9223372036854775807 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\nb: 9 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n")
            .bytes_recv == kMax);
}

TEST_CASE("mounts: what holds data, each device once") {
  const auto mounts = parse_mounts(kMounts);
  REQUIRE(mounts.size() == 3);
  CHECK(mounts[0].device == "/dev/sda1");
  CHECK(mounts[0].mount_point == "/");
  CHECK(mounts[1].mount_point == "/mnt/my disk");
  CHECK(mounts[2].device == "nas:/export");
  CHECK(parse_mounts("overlay / overlay rw 0 0\n").size() == 1);
  CHECK(parse_mounts("rootfs / rootfs rw 0 0\n").empty());
  CHECK(parse_mounts("/dev/sda1 relative ext4\n/dev/sda1 / \n/dev/x /a\\000b ext4\n").empty());
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "/dev/d" + std::to_string(i) + " /m" + std::to_string(i) + " ext4 rw 0 0\n";
  CHECK(parse_mounts(many).size() == kMaxMounts);
}

TEST_CASE("this machine's own files") {
  CHECK(parse_proc_stat(read_file("/proc/stat"))->cores.size() >= 1);
  CHECK(parse_meminfo(read_file("/proc/meminfo"))->total > 0);
  CHECK(parse_net_dev(read_file("/proc/net/dev")).bytes_recv >= 0);
  (void)parse_mounts(read_file("/proc/mounts"));
}

TEST_CASE("cut off or damaged at any place, nothing crashes") {
  survives(kStat, [](const std::string& text) { (void)parse_proc_stat(text); });
  survives(kMemory, [](const std::string& text) { (void)parse_meminfo(text); });
  survives(kNetwork, [](const std::string& text) { (void)parse_net_dev(text); });
  survives(kMounts, [](const std::string& text) { (void)parse_mounts(text); });
}

TEST_CASE("percent is rounded to one decimal and never leaves its range") {
  CHECK(percent(1, 3) == 33.3);
  CHECK(percent(2, 3) == 66.7);
  CHECK(percent(1, 0) == 0);
  CHECK(percent(5, 4) == 100);
  CHECK(percent(-1, 4) == 0);
}
