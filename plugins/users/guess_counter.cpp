#include "guess_counter.h"

#include <algorithm>

namespace nexus::users {
namespace {

std::int64_t closing_us(std::int64_t earlier_closings) noexcept {
  auto length = kFirstClosingUs;
  for (; earlier_closings > 0 && length < kLongestClosingUs; --earlier_closings) length *= 2;
  return std::min(length, kLongestClosingUs);
}

}  // namespace

GuessCounter after_failure(const GuessCounter& counter, std::int64_t now_us) noexcept {
  GuessCounter next = now_us - counter.last_failure_us >= kDecayUs ? GuessCounter{} : counter;
  next.last_failure_us = now_us;
  if (++next.failures < kFailures) return next;
  next.closed_until_us = now_us + closing_us(next.closings);
  ++next.closings;
  next.failures = 0;
  return next;
}

}  // namespace nexus::users
