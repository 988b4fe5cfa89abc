// What a file of servers says, before anybody looks at whether it may be so.
#pragma once

#include "server_service.h"

#include <nexus/cpp/result.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::servers {

inline constexpr std::size_t kMaxImportBytes = std::size_t{1024} * 1024;
inline constexpr std::size_t kMaxImportEntries = 1000;
// Of a line of an ssh_config, or a row of a table: more than all fields of a server at their longest.
inline constexpr std::size_t kMaxImportLine = std::size_t{16} * 1024;

struct ImportEntry {
  std::size_t line = 0;  // where it begins, counted from 1
  std::string name;
  ServerChange change = {};              // without what the next two name
  std::vector<std::string> jumps = {};   // the jump hosts on the way, the last one next to it; see Jump names
  std::vector<std::string> groups = {};  // names or paths
  std::optional<Error> problem = {};
  bool ignored = false;  // `problem` says why it is passed over, which is no fault
};

using ImportEntries = std::vector<ImportEntry>;

// 42201 of the field `content`: the whole text is none of its format, or more than kMaxImportEntries.
Result<ImportEntries> parse_import(std::string_view format, std::string_view content);

Error import_refused(const char* rule, const char* text_key);
// A jump host as ssh names it: [user@]host[:port].
struct JumpAddress {
  std::string user;  // empty: not said
  std::string host;
  std::optional<std::int64_t> port;  // 0: no number
};
JumpAddress jump_address(std::string_view text);

// A whole number; nullopt where it is anything else.
std::optional<std::int64_t> import_number(std::string_view text) noexcept;

}  // namespace nexus::servers
