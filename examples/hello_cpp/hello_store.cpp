#include "hello_store.h"

namespace hello {

nexus::Result<std::optional<Note>> find_note(const nexus::Sql& sql, std::int64_t id) {
  return sql.first(
      [](const nexus::Row& row) {
        return Note{row.integer(0), row.string(1), row.string(2), row.integer(3)};
      },
      "SELECT id, text, author, created_us FROM hello_notes WHERE id = ?", id);
}

nexus::Result<std::int64_t> insert_note(const nexus::Sql& sql, const Note& note) {
  NEXUS_ASSIGN(const auto done, sql.exec("INSERT INTO hello_notes (text, author, created_us) VALUES (?, ?, ?)",
                                         note.text, note.author, nexus::TimeUs{note.created_us}));
  return done.last_id;
}

}  // namespace hello
