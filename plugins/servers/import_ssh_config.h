// Servers in the words of OpenSSH's ssh_config(5).
#pragma once

#include "import_entry.h"

namespace nexus::servers {

// One entry for each name of a Host line that is no pattern, with HostName, Port, User and ProxyJump as ssh would take
// them, hops of a list that have no way of their own included: the first value that stands under a matching Host
// counts, also one with patterns. Match (but "Match all") and Include are passed over, and said so. Pure.
Result<ImportEntries> parse_ssh_config(std::string_view content);

// The words of a line: quoted ones without their quotes, a backslash before a quote, a backslash or a blank taken for
// the mark itself, nothing behind a word that begins with '#'. nullopt where a quote is not closed. Pure.
std::optional<std::vector<std::string>> ssh_config_words(std::string_view line);

// Whether ssh takes `pattern` ('*' for any text, '?' for any character) for `name`. Pure.
bool matches_host_pattern(std::string_view pattern, std::string_view name) noexcept;

}  // namespace nexus::servers
