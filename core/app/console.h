// What a command of the program says to the terminal, and in which language.
#pragma once

#include "core/app/exit_code.h"

#include <string>
#include <vector>

namespace nexus::core {

// Writes each line of `reasons` as "nexuspanel: <line>" to standard error, control characters escaped; returns `code`.
int complain(ExitCode code, const std::string& reasons);

// Ends without destructors: some plugin's code still runs and would meet what they took away.
[[noreturn]] void leave_at_once();

// From LC_ALL, LC_MESSAGES and LANG: "zh-CN" for Chinese, else "en".
std::string operator_locale();

// Lines with their cells in columns, two spaces apart; the last column may be of any width.
std::vector<std::string> text_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace nexus::core
