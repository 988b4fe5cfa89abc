// ETag and If-Match of what people edit, so that nobody overwrites what he has not seen.
#pragma once

#include <nexus/cpp/http.h>

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace nexus {

// The updated_us of a change: always another than `before_us`, also where the clock stands or went back.
constexpr std::int64_t moved_on(std::int64_t now_us, std::int64_t before_us) noexcept {
  return now_us > before_us ? now_us : before_us + 1;
}

// A strong tag, quotes included. `updated_us` must move on with each change of the row (moved_on).
inline std::string etag_of(std::int64_t updated_us) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, updated_us, 36).ptr;
  return '"' + std::string(digits, end) + '"';
}

// Whether `tag` is among those of an If-Match header (RFC 9110, 13.1.1): "*", or a list of tags, of which weak ones
// ("W/...") match nothing. A malformed header matches nothing either.
inline bool matches_etag(std::string_view if_match, std::string_view tag) noexcept {
  const auto skip = [&](std::string_view characters) {
    const auto at = if_match.find_first_not_of(characters);
    if_match.remove_prefix(at == std::string_view::npos ? if_match.size() : at);
  };
  skip(" \t");
  if (if_match.starts_with('*')) return if_match.find_first_not_of(" \t", 1) == std::string_view::npos;
  for (;;) {
    skip(" \t,");
    const bool is_weak = if_match.starts_with("W/");
    if (is_weak) if_match.remove_prefix(2);
    const auto end = if_match.starts_with('"') ? if_match.find('"', 1) : std::string_view::npos;
    if (end == std::string_view::npos) return false;
    if (!is_weak && if_match.substr(0, end + 1) == tag) return true;
    if_match.remove_prefix(end + 1);
  }
}

// What a request says about the state that it means to change. Outlives the request.
class IfMatch {
 public:
  explicit IfMatch(const Request& request) {
    if (const auto header = request.header("If-Match")) header_ = std::string(*header);
  }
  // Where the request says nothing, any state is the right one.
  bool allows(std::string_view tag) const noexcept { return !header_ || matches_etag(*header_, tag); }

 private:
  std::optional<std::string> header_;
};

}  // namespace nexus
