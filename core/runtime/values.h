// Small conversions between the ABI and the host's types.
#pragma once

#include <nexus/base.h>
#include <nexus/cpp/str.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace nexus::core {

// As people read it; a number without an exponent where it is whole.
std::string text_of(const nx_value& value);

// Microseconds since the epoch.
std::int64_t wall_clock_us() noexcept;

inline nx_status write_to(nx_sink sink, std::string_view text) {
  return sink.write == nullptr ? nx_status{NX_E_INVALID} : sink.write(sink.ctx, to_abi(text));
}

}  // namespace nexus::core
