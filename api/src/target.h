// The request target, split and decoded once.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nexus::api {

// Why a target is refused: the catalogue key of the details, with the parameter it is about.
struct TargetProblem {
  const char* details_key = nullptr;
  std::string name;
};

// Views point into the target, or into `decoded_`; so it neither moves nor is copied.
class RequestTarget {
 public:
  RequestTarget() = default;
  RequestTarget(const RequestTarget&) = delete;
  RequestTarget& operator=(const RequestTarget&) = delete;

  // Splits origin-form `target`, which must outlive this.
  std::optional<TargetProblem> parse(std::string_view target);

  std::string_view path() const noexcept { return path_; }                              // decoded
  const std::vector<std::string_view>& segments() const noexcept { return segments_; }  // decoded, without slashes
  // Takes a parameter out of the query, so that nobody else sees it.
  std::optional<std::string> take_query(std::string_view name);
  const std::vector<std::pair<std::string, std::string>>& query() const noexcept { return query_; }

 private:
  std::optional<TargetProblem> decode_path(std::string_view raw);
  std::optional<TargetProblem> split_path();
  std::optional<TargetProblem> parse_query(std::string_view raw);
  std::optional<TargetProblem> parse_pair(std::string_view pair);

  std::string_view path_;
  std::string decoded_;
  std::vector<std::string_view> segments_;
  std::vector<std::pair<std::string, std::string>> query_;
};

// More than any route has; keeps the search for duplicates cheap.
inline constexpr std::size_t kMaxQueryParameters = 64;
// More than any route has; bounds what a path of slashes can cost.
inline constexpr std::size_t kMaxSegments = 64;

}  // namespace nexus::api
