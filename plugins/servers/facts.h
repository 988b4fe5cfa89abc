// What a server is made of: read when it is connected, kept for whoever asks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nexus::servers {

// What the far side says; it may say anything, so texts are one line of printable characters, and numbers have bounds.
struct ServerFacts {
  std::string os;            // "Debian GNU/Linux 12 (bookworm)"
  std::string kernel;        // "Linux 6.1.0-18-amd64"
  std::string architecture;  // "x86_64"
  std::string cpu_model;
  std::optional<std::int64_t> cpu_count;
  std::optional<std::int64_t> memory_bytes;
  std::optional<std::int64_t> booted_us;  // since the epoch
  std::int64_t collected_us = 0;
};

// For the remote login shell, whichever that is; answers in some ten milliseconds.
inline constexpr std::string_view kFactsCommand =
    "uname -srm; echo ==; getconf _NPROCESSORS_ONLN; echo ==; cat /proc/uptime; echo ==; grep MemTotal /proc/meminfo; "
    "echo ==; grep -m1 'model name' /proc/cpuinfo; echo ==; cat /etc/os-release";
// Of its output; more is cut off.
inline constexpr std::size_t kFactsLimit = 16 * 1024;

// What cannot be read stays empty.
ServerFacts parse_facts(std::string_view output, std::int64_t now_us);

}  // namespace nexus::servers
