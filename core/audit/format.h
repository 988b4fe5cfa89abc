// Entries as the API and the exports write them. Pure.
#pragma once

#include "core/audit/store.h"

#include <nexus/cpp/json.h>

#include <string>

namespace nexus::core::audit {

enum class Format { csv, jsonl };

// The object of the API and of a line of JSON lines.
Json to_json(const StoredEntry& stored);

// What stands above the entries: the names of the columns in CSV, nothing in JSON lines.
std::string heading(Format format);
// One entry with its end of line. CSV is that of RFC 4180; a cell that a spreadsheet would take for a formula begins
// with an apostrophe.
std::string line_of(Format format, const StoredEntry& stored);

}  // namespace nexus::core::audit
