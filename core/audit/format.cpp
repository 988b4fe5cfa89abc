#include "core/audit/format.h"

#include <array>

namespace nexus::core::audit {
namespace {

// Entries follow each other within a second, so they carry microseconds.
std::string exact_time(std::int64_t microseconds) {
  auto text = iso8601(microseconds);
  auto fraction = microseconds % kMicrosecondsPerSecond;
  if (fraction < 0) fraction += kMicrosecondsPerSecond;
  const auto digits = std::to_string(kMicrosecondsPerSecond + fraction);
  text.pop_back();
  return text + '.' + digits.substr(1) + 'Z';
}

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }
Json number_or_null(std::int64_t number) { return number == 0 ? Json(nullptr) : Json(number); }

Json user_of(const Entry& entry) {
  if (entry.user_id == 0 && entry.user_name.empty()) return nullptr;
  return {{"id", number_or_null(entry.user_id)}, {"name", entry.user_name}};
}

// Somebody may have changed the table, so what is no JSON is shown as text.
Json details_of(const Entry& entry) {
  if (entry.details.empty()) return nullptr;
  auto value = Json::parse(entry.details, nullptr, false);
  return value.is_discarded() ? Json(entry.details) : value;
}

bool is_formula(std::string_view cell) noexcept {
  constexpr std::string_view kStarts = "=+-@\t\r";
  return !cell.empty() && kStarts.find(cell.front()) != std::string_view::npos;
}

void append_cell(std::string& out, std::string_view cell) {
  const bool defused = is_formula(cell);
  const bool quoted = defused || cell.find_first_of(",\"\r\n") != std::string_view::npos;
  if (!quoted) {
    out += cell;
    return;
  }
  out += defused ? "\"'" : "\"";
  for (const char c : cell) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

std::string csv_line(const StoredEntry& stored) {
  const auto& entry = stored.entry;
  auto line = std::to_string(stored.mark.sequence) + ',' + exact_time(entry.time_us) + ',';
  if (entry.user_id != 0) line += std::to_string(entry.user_id);
  for (const auto& column : kTextColumns) {
    line += ',';
    if (column.member == &Entry::result) line += std::to_string(entry.status) + ',' + std::to_string(entry.code) + ',';
    append_cell(line, entry.*column.member);
  }
  return line + "\r\n";
}

}  // namespace

Json to_json(const StoredEntry& stored) {
  const auto& entry = stored.entry;
  return {{"id", stored.mark.sequence},
          {"time", exact_time(entry.time_us)},
          {"user", user_of(entry)},
          {"session_id", text_or_null(entry.session_id)},
          {"token_id", text_or_null(entry.token_id)},
          {"plugin", entry.plugin},
          {"action", entry.action},
          {"method", text_or_null(entry.method)},
          {"path", text_or_null(entry.path)},
          {"target", entry.target},
          {"remote_address", text_or_null(entry.remote_address)},
          {"request_id", text_or_null(entry.request_id)},
          {"status", number_or_null(entry.status)},
          {"code", entry.code},
          {"result", entry.result},
          {"details", details_of(entry)}};
}

std::string heading(Format format) {
  if (format == Format::jsonl) return {};
  std::string names = "id,time,user_id";
  for (const auto& column : kTextColumns) {
    if (column.member == &Entry::result) names += ",status,code";
    names.append(",").append(column.name);
  }
  return names + "\r\n";
}

std::string line_of(Format format, const StoredEntry& stored) {
  return format == Format::csv ? csv_line(stored) : dump(to_json(stored)) + '\n';
}

}  // namespace nexus::core::audit
