#include "net_dev.h"

#include "text_scan.h"

#include <array>

namespace nexus::monitoring {
namespace {

// Eight columns of what was received, then eight of what was sent.
constexpr std::size_t kTrafficColumns = 16;
constexpr std::size_t kSent = 8;

}  // namespace

Traffic parse_net_dev(std::string_view text) {
  Traffic sum;
  while (auto line = next_line(text)) {
    // Without a blank after the colon on old kernels: "eth0:123".
    const auto colon = line->rfind(':');
    if (colon == std::string_view::npos) continue;
    auto name_part = line->substr(0, colon);
    auto rest = line->substr(colon + 1);
    if (next_word(name_part) == "lo") continue;
    std::array<std::int64_t, kTrafficColumns> columns{};
    bool complete = true;
    for (auto& column : columns) {
      const auto number = whole_number(next_word(rest));
      complete = complete && number.has_value();
      column = number.value_or(0);
    }
    if (!complete) continue;
    sum.bytes_recv = saturated_sum(sum.bytes_recv, columns[0]);
    sum.packets_recv = saturated_sum(sum.packets_recv, columns[1]);
    sum.bytes_sent = saturated_sum(sum.bytes_sent, columns[kSent]);
    sum.packets_sent = saturated_sum(sum.packets_sent, columns[kSent + 1]);
  }
  return sum;
}

}  // namespace nexus::monitoring
