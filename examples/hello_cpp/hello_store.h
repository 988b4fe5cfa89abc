// SQL of the example, and nothing else.
#pragma once

#include <nexus/cpp/db.h>

#include <cstdint>
#include <optional>
#include <string>

namespace hello {

struct Note {
  std::int64_t id = 0;
  std::string text;
  std::string author;
  std::int64_t created_us = 0;
};

nexus::Result<std::optional<Note>> find_note(const nexus::Sql& sql, std::int64_t id);

// Answers the new id; `note.id` is not read.
nexus::Result<std::int64_t> insert_note(const nexus::Sql& sql, const Note& note);

}  // namespace hello
