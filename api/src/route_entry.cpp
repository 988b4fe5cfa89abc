#include "route_entry.h"

#include <algorithm>

namespace nexus::api {
namespace {

bool is_parameter_name(std::string_view name) noexcept {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char character) {
    return (character >= 'a' && character <= 'z') || (character >= '0' && character <= '9') || character == '_';
  });
}

bool is_literal(std::string_view text) noexcept {
  constexpr std::string_view kForbidden = "%?#{}*:";
  return !text.empty() && text != "." && text != ".." && std::all_of(text.begin(), text.end(), [&](char character) {
    return character > ' ' && character < 0x7F && kForbidden.find(character) == std::string_view::npos;
  });
}

}  // namespace

std::optional<std::size_t> RouteEntry::parameter_index(std::string_view name) const noexcept {
  for (std::size_t index = 0; index < segments.size(); ++index) {
    if (segments[index].is_parameter && segments[index].text == name) return index;
  }
  return std::nullopt;
}

bool is_same_place(const RouteEntry& one, const RouteEntry& other) noexcept {
  return one.spec.method == other.spec.method &&
         std::equal(one.segments.begin(), one.segments.end(), other.segments.begin(), other.segments.end(),
                    [](const PatternSegment& mine, const PatternSegment& its) {
                      return mine.is_parameter == its.is_parameter && (mine.is_parameter || mine.text == its.text);
                    });
}

bool needs_session(const RouteSpec& spec) noexcept {
  return spec.needs_session || (spec.permission.empty() && !spec.is_public && spec.method != "GET");
}

Result<std::vector<PatternSegment>> parse_pattern(std::string_view pattern) {
  const auto refused = [&](const char* why) {
    return Error(Status::invalid, "pattern \"" + std::string(pattern) + "\": " + why);
  };
  if (!pattern.starts_with('/')) return refused("must start with a slash");
  std::vector<PatternSegment> segments;
  if (pattern == "/") return std::vector<PatternSegment>{{"", false}};
  for (std::size_t start = 1; start <= pattern.size();) {
    const std::size_t end = std::min(pattern.find('/', start), pattern.size());
    const auto text = pattern.substr(start, end - start);
    start = end + 1;
    const bool is_parameter = text.starts_with(':');
    PatternSegment segment{std::string(is_parameter ? text.substr(1) : text), is_parameter};
    if (is_parameter && !is_parameter_name(segment.text)) return refused("a parameter name is [a-z0-9_]+");
    if (!is_parameter && !is_literal(segment.text)) return refused("a segment is empty or has a reserved character");
    const bool repeated = std::any_of(segments.begin(), segments.end(), [&](const PatternSegment& other) {
      return is_parameter && other.is_parameter && other.text == segment.text;
    });
    if (repeated) return refused("a parameter name is repeated");
    segments.push_back(std::move(segment));
  }
  return segments;
}

}  // namespace nexus::api
