#include "ssh/command.h"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace nexus::servers::ssh {
namespace {

std::optional<std::int64_t> leading_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  return number;
}

std::string marker(char kind, std::string_view nonce) { return std::string("@") + kind + std::string(nonce) + " "; }

}  // namespace

std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

std::string make_nonce() {
  std::array<unsigned char, 16> bytes{};
  RAND_bytes(bytes.data(), static_cast<int>(bytes.size()));
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string nonce;
  for (const auto byte : bytes) {
    nonce += kDigits[byte >> 4];
    nonce += kDigits[byte & 15];
  }
  return nonce;
}

std::string wrap_command(std::string_view command, std::string_view nonce) {
  const std::string script = "printf '" + marker('P', nonce) + "%s\\n' $$ >&2; /bin/sh -c " + shell_quoted(command) +
                             "; rc=$?; printf '\\n" + marker('E', nonce) + "%s\\n' $rc >&2; exit $rc";
  return "exec /bin/sh -c " + shell_quoted(script);
}

Unwrapped unwrap(std::string_view err, std::string_view tail, std::string_view nonce) {
  Unwrapped result;
  const auto begin = marker('P', nonce), end = "\n" + marker('E', nonce);
  // What stands in front of the first marker is a log-in message.
  if (const auto at = err.find(begin); at != std::string_view::npos) {
    result.process = leading_number(err.substr(at + begin.size()));
    const auto line_end = std::min(err.find('\n', at), err.size() - 1);
    result.err = std::string(err.substr(line_end + 1));
  } else {
    result.err = std::string(err);
  }
  if (const auto at = tail.rfind(end); at != std::string_view::npos) {
    result.status = leading_number(tail.substr(at + end.size()));
  }
  if (const auto at = result.err.rfind(end); at != std::string::npos) result.err.resize(at);
  return result;
}

std::string signal_of_status(std::int64_t status) {
  struct Name {
    std::int64_t number;
    const char* name;
  };
  constexpr std::array<Name, 14> kNames{{{1, "HUP"},
                                         {2, "INT"},
                                         {3, "QUIT"},
                                         {4, "ILL"},
                                         {6, "ABRT"},
                                         {7, "BUS"},
                                         {8, "FPE"},
                                         {9, "KILL"},
                                         {11, "SEGV"},
                                         {13, "PIPE"},
                                         {14, "ALRM"},
                                         {15, "TERM"},
                                         {24, "XCPU"},
                                         {25, "XFSZ"}}};
  for (const auto& [number, name] : kNames) {
    if (status == 128 + number) return name;
  }
  return {};
}

std::string cat_command(const std::vector<std::string>& paths, std::size_t limit, std::string_view nonce) {
  std::string command;
  for (const auto& path : paths) {
    const auto quoted = shell_quoted(path);
    // An absent file has no marker F.
    command.append("if [ -f ").append(quoted).append(" ] && [ -r ").append(quoted).append(" ]; then printf '");
    command.append(marker('F', nonce)).append("'; head -c ").append(std::to_string(limit)).append(" ").append(quoted);
    command.append("; fi; printf '").append(marker('N', nonce)).append("'; ");
  }
  return command + "true";
}

std::vector<std::optional<std::string>> parse_cat(std::string_view out, std::size_t count, std::string_view nonce) {
  const auto found = marker('F', nonce), next = marker('N', nonce);
  std::vector<std::optional<std::string>> files(count);
  for (auto& file : files) {
    const auto end = out.find(next);
    if (end == std::string_view::npos) break;
    auto part = out.substr(0, end);
    if (const auto at = part.find(found); at != std::string_view::npos) file = part.substr(at + found.size());
    out.remove_prefix(end + next.size());
  }
  return files;
}

}  // namespace nexus::servers::ssh
