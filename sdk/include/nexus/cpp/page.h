// Pages of a list: page and per_page in, the six members of `pagination` out.
#pragma once

#include <nexus/cpp/json.h>

#include <algorithm>

namespace nexus {

struct Page {
  static constexpr std::int64_t kDefaultSize = 20;
  static constexpr std::int64_t kMaxSize = 100;

  std::int64_t number = 1;
  std::int64_t size = kDefaultSize;

  // The route's schema has already refused what is out of range.
  static Page from(const Request& request) {
    return {std::max<std::int64_t>(1, request.query_number("page", 1)),
            std::clamp<std::int64_t>(request.query_number("per_page", kDefaultSize), 1, kMaxSize)};
  }

  // Saturates, so that a page of 2^62 is an empty list and no overflow.
  std::int64_t offset() const noexcept {
    constexpr std::int64_t kFar = std::int64_t{1} << 53;
    return number - 1 > kFar / size ? kFar : (number - 1) * size;
  }

  Json pagination(std::int64_t total_count) const {
    const std::int64_t total_pages = (total_count + size - 1) / size;
    return {{"current_page", number},           {"per_page", size},
            {"total_pages", total_pages},       {"total_count", total_count},
            {"has_next", number < total_pages}, {"has_prev", number > 1 && total_count > 0}};
  }
};

}  // namespace nexus
