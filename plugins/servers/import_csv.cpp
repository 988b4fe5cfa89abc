#include "import_csv.h"

#include "input_rules.h"
#include "tags.h"

#include <algorithm>
#include <array>

namespace nexus::servers {
namespace {

// 0 is an id that nothing has, and no port either.
std::int64_t number_of(const std::string& cell) { return import_number(cell).value_or(0); }

std::vector<std::int64_t> numbers_of(const std::string& cell) {
  std::vector<std::int64_t> numbers;
  for (const auto& part : listed_tags(cell, ';')) numbers.push_back(number_of(part));
  return numbers;
}

struct Heading {
  std::string_view name;
  void (*take)(ImportEntry& entry, std::string&& cell);
};

constexpr std::array<Heading, 11> kHeadings{{
    {"name", [](ImportEntry& entry, std::string&& cell) { entry.change.name = std::move(cell); }},
    {"host", [](ImportEntry& entry, std::string&& cell) { entry.change.host = std::move(cell); }},
    {"port", [](ImportEntry& entry, std::string&& cell) { entry.change.port = number_of(cell); }},
    {"ssh_user", [](ImportEntry& entry, std::string&& cell) { entry.change.ssh_user = std::move(cell); }},
    {"ssh_key_id",
     [](ImportEntry& entry, std::string&& cell) { entry.change.ssh_key_id = std::optional(number_of(cell)); }},
    {"password",
     [](ImportEntry& entry, std::string&& cell) { entry.change.password.emplace().emplace(std::move(cell)); }},
    {"tags", [](ImportEntry& entry, std::string&& cell) { entry.change.tags = listed_tags(cell, ';'); }},
    {"description", [](ImportEntry& entry, std::string&& cell) { entry.change.description = std::move(cell); }},
    {"jump_server", [](ImportEntry& entry, std::string&& cell) { entry.jumps = {std::move(cell)}; }},
    {"group_ids", [](ImportEntry& entry, std::string&& cell) { entry.change.group_ids = numbers_of(cell); }},
    {"groups", [](ImportEntry& entry, std::string&& cell) { entry.groups = listed_tags(cell, ';'); }},
}};

using Headings = std::vector<const Heading*>;

// Takes a quoted cell, whose first quote is gone already.
const char* take_quoted(std::string_view& rest, std::size_t& line, std::string& cell) {
  for (;;) {
    const auto quote = rest.find('"');
    const auto part = rest.substr(0, quote);
    line += static_cast<std::size_t>(std::count(part.begin(), part.end(), '\n'));
    cell.append(part);
    if (quote == std::string_view::npos) {
      rest = {};
      return "servers.import_quote_open";
    }
    rest.remove_prefix(quote + 1);
    if (!rest.starts_with('"')) break;
    cell += '"';
    rest.remove_prefix(1);
  }
  const bool ends = rest.empty() || rest.front() == ',' || rest.front() == '\n' || rest.starts_with("\r\n");
  return ends ? nullptr : "servers.import_quote_misplaced";
}

const char* take_plain(std::string_view& rest, std::string& cell) {
  const auto end = std::min(rest.find_first_of(",\n"), rest.size());
  auto part = rest.substr(0, end);
  if (part.ends_with('\r')) part.remove_suffix(1);
  cell.append(part);
  rest.remove_prefix(end);
  return part.find('"') == std::string_view::npos ? nullptr : "servers.import_quote_misplaced";
}

void skip_line(std::string_view& rest) { rest.remove_prefix(std::min(rest.find('\n'), rest.size())); }

// What ended the cell: true where another one follows.
bool take_end(std::string_view& rest, std::size_t& line) {
  if (rest.starts_with('\r')) rest.remove_prefix(1);
  if (rest.empty()) return false;
  const bool more = rest.front() == ',';
  if (!more) ++line;
  rest.remove_prefix(1);
  return more;
}

const Heading* heading_named(std::string_view name) {
  const auto* found =
      std::find_if(kHeadings.begin(), kHeadings.end(), [name](const Heading& one) { return one.name == name; });
  return found == kHeadings.end() ? nullptr : found;
}

bool has(const Headings& headings, const Heading* heading) {
  return std::find(headings.begin(), headings.end(), heading) != headings.end();
}

Result<Headings> headings_of(const CsvRow& row) {
  Headings headings;
  for (const auto& cell : row.cells) {
    const auto* heading = heading_named(lower_case(cell));
    if (heading == nullptr || has(headings, heading)) return import_refused("columns", "servers.import_headings");
    headings.push_back(heading);
  }
  for (const auto* needed : {"name", "host", "ssh_user"}) {
    if (!has(headings, heading_named(needed))) return import_refused("columns", "servers.import_headings");
  }
  return headings;
}

ImportEntry row_entry(const Headings& headings, CsvRow row) {
  ImportEntry entry{row.line, ""};
  const auto* problem = row.problem;
  if (problem == nullptr && row.cells.size() != headings.size()) problem = "servers.import_cells";
  if (problem != nullptr) {
    entry.problem = Error::api(code::kValidation, problem);
    return entry;
  }
  for (std::size_t i = 0; i < headings.size(); ++i) {
    if (!row.cells[i].empty()) headings[i]->take(entry, std::move(row.cells[i]));
  }
  entry.name = entry.change.name.value_or("");
  return entry;
}

bool is_empty(const CsvRow& row) { return row.problem == nullptr && row.cells.size() == 1 && row.cells[0].empty(); }

}  // namespace

Result<ImportEntries> parse_csv(std::string_view content) {
  ImportEntries entries;
  std::optional<Headings> headings;
  std::size_t line = 1;
  while (auto row = next_csv_row(content, line)) {
    if (is_empty(*row)) continue;
    if (!headings) {
      NEXUS_ASSIGN(headings, headings_of(*row));
      continue;
    }
    if (entries.size() == kMaxImportEntries) return import_refused("maxItems", "servers.import_too_many");
    entries.push_back(row_entry(*headings, std::move(*row)));
  }
  if (!headings) return import_refused("columns", "servers.import_headings");
  return entries;
}

std::optional<CsvRow> next_csv_row(std::string_view& rest, std::size_t& line) {
  if (rest.empty()) return std::nullopt;
  CsvRow row{line};
  const auto* begin = rest.data();
  for (bool more = true; more;) {
    auto& cell = row.cells.emplace_back();
    const bool quoted = rest.starts_with('"');
    if (quoted) rest.remove_prefix(1);
    row.problem = quoted ? take_quoted(rest, line, cell) : take_plain(rest, cell);
    if (row.problem != nullptr) skip_line(rest);
    more = take_end(rest, line);
  }
  const bool too_long = static_cast<std::size_t>(rest.data() - begin) > kMaxImportLine;
  if (row.problem == nullptr && too_long) row.problem = "servers.import_line_too_long";
  return row;
}

}  // namespace nexus::servers
