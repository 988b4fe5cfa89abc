#include "ssh/file_systems.h"

#include "ssh/command.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace nexus::servers::ssh {
namespace {

constexpr std::int64_t kKibibyte = 1024;

}  // namespace

std::int64_t bytes_of(std::uint64_t count, std::uint64_t unit) noexcept {
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return static_cast<std::int64_t>(unit != 0 && count > kMax / unit ? kMax : count * unit);
}

std::string df_command(const std::vector<std::string>& paths, std::string_view nonce) {
  std::string command;
  for (const auto& path : paths) {
    // The file's own header line goes; what is left is one line, or none for a path that is not there.
    command += "LC_ALL=C df -P -k " + shell_quoted(path) + " 2>/dev/null | tail -n +2; printf '@N" +
               std::string(nonce) + " \\n'; ";
  }
  return command + "true";
}

std::vector<std::optional<Space>> parse_df_output(std::string_view out, std::size_t count, std::string_view nonce) {
  std::vector<std::optional<Space>> spaces;
  const auto separator = "@N" + std::string(nonce) + " \n";
  for (std::size_t i = 0; i < count; ++i) {
    const auto end = std::min(out.find(separator), out.size());
    spaces.push_back(parse_df(out.substr(0, end)));
    out.remove_prefix(std::min(end + separator.size(), out.size()));
  }
  return spaces;
}

std::optional<Space> parse_df(std::string_view line) {
  // "/dev/sda1  1000 400 600  40% /": the device may contain blanks and digits, so it is the three before the
  // percentage.
  std::array<std::uint64_t, 3> numbers{};
  std::size_t count = 0;
  for (bool found = false; !found;) {
    line.remove_prefix(std::min(line.find_first_not_of(" \t\n"), line.size()));
    if (line.empty()) return std::nullopt;
    const auto word = line.substr(0, line.find_first_of(" \t\n"));
    line.remove_prefix(word.size());
    std::uint64_t number = 0;
    const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error == std::errc{} && stop == word.data() + word.size()) {
      numbers = {numbers[1], numbers[2], number};
      ++count;
    } else {
      found = count >= numbers.size() && (word.ends_with('%') || word == "-");
      if (!found) count = 0;
    }
  }
  const auto total = bytes_of(numbers[0], kKibibyte);
  const auto used = bytes_of(numbers[1], kKibibyte);
  return Space{total, total > used ? total - used : 0, bytes_of(numbers[2], kKibibyte)};
}

}  // namespace nexus::servers::ssh
