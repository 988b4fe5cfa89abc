// Cuts a stream of bytes where characters end, so that each piece is UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace nexus::terminal {

// A character whose bytes come in two pieces appears once, whole. Bytes that are no UTF-8 become U+FFFD, one for each
// maximal part of a sequence (as the WHATWG Encoding Standard's decoder does). For one thread at a time.
class Utf8Cutter {
 public:
  // Whole characters of what was held back and `bytes`; at most three bytes stay.
  std::string take(std::string_view bytes);
  // As take(), where nobody wants to have it: reads no more than the end.
  void skip(std::string_view bytes);

 private:
  std::string held_;
};

}  // namespace nexus::terminal
