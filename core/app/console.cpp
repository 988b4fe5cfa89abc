#include "core/app/console.h"

#include "core/log/log_line.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <string_view>

namespace nexus::core {

int complain(ExitCode code, const std::string& reasons) {
  std::istringstream lines(reasons);
  for (std::string line; std::getline(lines, line);) std::cerr << "nexuspanel: " << escape_control(line) << '\n';
  std::cerr.flush();
  return code;
}

[[noreturn]] void leave_at_once() {
  std::cout.flush();
  _exit(kExitForced);
}

std::string operator_locale() {
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return std::string_view(value).starts_with("zh") ? "zh-CN" : "en";
  }
  return "en";
}

std::vector<std::string> text_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::vector<std::string> out;
  for (const auto& row : rows) {
    std::string text;
    for (std::size_t i = 0; i < row.size(); ++i) text += row[i] + std::string(widths[i] - row[i].size() + 2, ' ');
    out.push_back(text.substr(0, text.find_last_not_of(' ') + 1));
  }
  return out;
}

}  // namespace nexus::core
