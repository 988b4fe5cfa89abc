// Names of requests.
#pragma once

#include <array>
#include <string_view>

namespace nexus::api {

// 32 lower-case hexadecimal digits: 128 bits that start with the time in milliseconds, so that ids sort by it, and end
// with randomness that nobody outside can foresee or repeat.
class RequestId {
 public:
  static RequestId make() noexcept;
  std::string_view text() const noexcept { return {digits_.data(), digits_.size()}; }

 private:
  std::array<char, 32> digits_{};
};

// Whether this is a W3C traceparent header of version 00 with ids that are not zero.
bool is_trace_parent(std::string_view text) noexcept;

}  // namespace nexus::api
