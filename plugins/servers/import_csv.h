// Servers as a table: RFC 4180, with a row of headings.
#pragma once

#include "import_entry.h"

namespace nexus::servers {

// Headings are name, host, ssh_user, and as wanted port, ssh_key_id, password, tags, group_ids, groups (these three
// parted by semicolons), description and jump_server, in any order and any case. Empty cells count as absent, empty
// rows as nothing. Pure.
Result<ImportEntries> parse_csv(std::string_view content);

struct CsvRow {
  std::size_t line = 0;  // where it begins
  std::vector<std::string> cells = {};
  const char* problem = nullptr;  // a catalogue key; the row is skipped to its end
};

// Takes the next row from the front of `rest` and counts its lines in `line`; nullopt at the end. Pure.
std::optional<CsvRow> next_csv_row(std::string_view& rest, std::size_t& line);

}  // namespace nexus::servers
