// A fact as a subscriber sees it.
#pragma once

#include <nexus/cpp/call.h>

namespace nexus {

// Views are valid while the handler runs.
struct Event {
  explicit Event(const nx_event& raw) noexcept
      : topic(view(raw.topic)),
        key(view(raw.key)),
        payload(view(raw.payload)),
        source(view(raw.source)),
        sequence(raw.sequence),
        time_us(raw.time_us) {}

  std::string_view topic;
  std::string_view key;
  std::string_view payload;  // JSON
  std::string_view source;   // plugin id
  std::uint64_t sequence;
  std::int64_t time_us;
};

}  // namespace nexus
