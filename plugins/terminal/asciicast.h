// Lines of a recording: asciicast v2 (https://docs.asciinema.org/manual/asciicast/v2/).
#pragma once

#include "protocol.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace nexus::terminal {

// Each line ends with a newline. Times are microseconds; `started_us` since the epoch, `at_us` since the start.
std::string cast_header(const Size& size, std::int64_t started_us, std::string_view title, std::string_view term);
// `utf8` is whole characters.
std::string cast_output(std::int64_t at_us, std::string_view utf8);
std::string cast_resize(std::int64_t at_us, const Size& size);

}  // namespace nexus::terminal
