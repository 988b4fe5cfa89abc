#include "os_release.h"

#include <nexus/cpp/json.h>

#include <algorithm>

namespace nexus::servers {

std::string pretty_name(std::string_view os_release) {
  constexpr std::string_view kKey = "PRETTY_NAME=";
  while (!os_release.empty()) {
    const auto end = std::min(os_release.find('\n'), os_release.size());
    auto line = os_release.substr(0, end);
    os_release.remove_prefix(std::min(end + 1, os_release.size()));
    if (!line.starts_with(kKey)) continue;
    line.remove_prefix(kKey.size());
    if (line.size() >= 2 && (line.front() == '"' || line.front() == '\'') && line.back() == line.front()) {
      line = line.substr(1, line.size() - 2);
    }
    return std::string(line);
  }
  return {};
}

std::string printable_line(std::string_view text) {
  constexpr std::size_t kMost = 200;
  std::string line;
  for (const char c : text.substr(0, kMost)) {
    if (c == '\n') break;
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) line += c;
  }
  return Json::parse(dump(Json(line))).get<std::string>();  // mends the bytes
}

}  // namespace nexus::servers
