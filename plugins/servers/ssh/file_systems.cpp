#include "ssh/file_systems.h"

#include "ssh/command.h"
#include "ssh/exec.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace nexus::servers::ssh {
namespace {

constexpr std::size_t kDfOutputLimit = 64 * 1024;
constexpr std::int64_t kKibibyte = 1024;

// Saturates: a hostile server may report any number.
std::int64_t saturated_product(std::uint64_t count, std::uint64_t size) {
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return static_cast<std::int64_t>(size != 0 && count > kMax / size ? kMax : count * size);
}

// nullopt in the outcome: the server's SFTP does not know the request.
using Answer = std::optional<std::vector<std::optional<Space>>>;

Outcome<Answer> stat_over_sftp(Session& session, LIBSSH2_SFTP* sftp, const std::vector<std::string>& paths,
                               const Watch& watch) {
  std::vector<std::optional<Space>> spaces;
  for (const auto& path : paths) {
    LIBSSH2_SFTP_STATVFS stat{};
    const auto code =
        session.run(Stage::exec, watch, [&] { return libssh2_sftp_statvfs(sftp, path.c_str(), path.size(), &stat); });
    if (!code.ok()) return code.error();
    if (code.value() == 0) {
      spaces.push_back(Space{saturated_product(stat.f_blocks, stat.f_frsize),
                             saturated_product(stat.f_bfree, stat.f_frsize),
                             saturated_product(stat.f_bavail, stat.f_frsize)});
      continue;
    }
    if (code.value() != LIBSSH2_ERROR_SFTP_PROTOCOL) return session.dropped(Stage::exec);
    if (libssh2_sftp_last_error(sftp) == LIBSSH2_FX_OP_UNSUPPORTED) return Answer{};
    spaces.emplace_back();
  }
  return Answer(std::move(spaces));
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

Outcome<std::vector<std::optional<Space>>> stat_by_command(Session& session, const std::vector<std::string>& paths,
                                                           const Watch& watch) {
  const auto nonce = make_nonce();
  const auto result = run_command(session, df_command(paths, nonce), kDfOutputLimit, watch);
  if (!result.ok()) return result.error();
  std::vector<std::optional<Space>> spaces;
  std::string_view rest = result.value().out;
  const auto separator = "@N" + nonce + " \n";
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const auto end = std::min(rest.find(separator), rest.size());
    spaces.push_back(parse_df(rest.substr(0, end)));
    rest.remove_prefix(std::min(end + separator.size(), rest.size()));
  }
  return spaces;
}

}  // namespace

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
  const auto total = saturated_product(numbers[0], kKibibyte);
  const auto used = saturated_product(numbers[1], kKibibyte);
  return Space{total, total > used ? total - used : 0, saturated_product(numbers[2], kKibibyte)};
}

Outcome<std::vector<std::optional<Space>>> stat_file_systems(Session& session, const std::vector<std::string>& paths,
                                                             const Watch& watch) {
  auto sftp = session.sftp(watch);
  if (!sftp.ok()) return std::move(sftp).error();
  if (sftp.value() != nullptr) {
    auto answer = stat_over_sftp(session, sftp.value(), paths, watch);
    if (!answer.ok()) return std::move(answer).error();
    if (answer.value()) return std::move(*std::move(answer).value());
  }
  return stat_by_command(session, paths, watch);
}

}  // namespace nexus::servers::ssh
