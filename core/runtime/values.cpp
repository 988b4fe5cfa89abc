#include "core/runtime/values.h"

#include <time.h>

#include <array>
#include <charconv>

namespace nexus::core {

std::string text_of(const nx_value& value) {
  std::array<char, 32> digits{};
  switch (value.type) {
    case NX_V_TEXT:
    case NX_V_BLOB: return std::string(view(value.u.s));
    case NX_V_BOOL: return value.u.i != 0 ? "true" : "false";
    case NX_V_F64: return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value.u.f).ptr};
    case NX_V_NULL: return {};
    default: return std::to_string(value.u.i);
  }
}

std::int64_t wall_clock_us() noexcept {
  timespec time{};
  clock_gettime(CLOCK_REALTIME, &time);
  return std::int64_t{time.tv_sec} * 1'000'000 + time.tv_nsec / 1000;
}

}  // namespace nexus::core
