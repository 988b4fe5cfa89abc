#include "facts.h"

#include "os_release.h"

#include <array>
#include <charconv>
#include <cmath>

namespace nexus::servers {
namespace {

constexpr std::string_view kMark = "==\n";
constexpr std::int64_t kMostProcessors = 100'000;
constexpr double kLongestUptime = 100.0 * 365 * 86'400;  // seconds
constexpr std::int64_t kKibibyte = 1024;

// The parts between the marks; those that are missing are empty.
std::array<std::string_view, 6> parts_of(std::string_view output) {
  std::array<std::string_view, 6> parts;
  for (auto& part : parts) {
    const auto end = output.find(kMark);
    part = output.substr(0, end);
    if (end == std::string_view::npos) break;
    output.remove_prefix(end + kMark.size());
  }
  return parts;
}

template <class Number>
std::optional<Number> number_in(std::string_view text) {
  const auto begin = text.find_first_of("0123456789");
  if (begin == std::string_view::npos) return std::nullopt;
  text.remove_prefix(begin);
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} ? std::optional(number) : std::nullopt;
}

template <class Number>
std::optional<Number> number_up_to(std::string_view text, Number most) {
  const auto number = number_in<Number>(text);
  return number && *number > 0 && *number <= most ? number : std::nullopt;
}

}  // namespace

ServerFacts parse_facts(std::string_view output, std::int64_t now_us) {
  const auto [system, processors, uptime, memory, model, release] = parts_of(output);
  ServerFacts facts;
  facts.collected_us = now_us;
  const auto name = printable_line(system);
  const auto last = name.rfind(' ');
  facts.kernel = name.substr(0, last);
  if (last != std::string::npos) facts.architecture = name.substr(last + 1);
  facts.cpu_count = number_up_to(processors, kMostProcessors);
  if (const auto kib = number_up_to(memory, INT64_MAX / kKibibyte)) facts.memory_bytes = *kib * kKibibyte;
  if (const auto colon = model.find(": "); colon != std::string_view::npos) {
    facts.cpu_model = printable_line(model.substr(colon + 2));
  }
  if (const auto seconds = number_up_to(uptime, kLongestUptime)) {
    facts.booted_us = now_us - std::llround(*seconds) * 1'000'000;
  }
  facts.os = printable_line(pretty_name(release));
  return facts;
}

}  // namespace nexus::servers
