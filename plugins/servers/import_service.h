// The rules about adding many servers from a file.
#pragma once

#include "import_entry.h"

namespace nexus::servers {

enum class ImportAction { create, skip, error };

std::string_view to_string(ImportAction action) noexcept;

// What became of an entry.
struct ImportOutcome {
  std::size_t line = 0;
  std::string name;
  ImportAction action = ImportAction::error;
  std::optional<Error> reason = {};   // where it was not created
  std::optional<Server> server = {};  // where it was
};

// On behalf of one caller, who will own the servers. Each entry obeys the rules of adding one; where it breaks one, the
// others are added all the same. An error of the whole is one of ours, such as a database that fails: then nothing was
// added.
//
// An entry is skipped where the caller owns a server of the same address and account, or an earlier entry has them. Its
// `jumps` name entries (wherever they stand) or servers that he owns, and each but the first is reached through
// the one before it: what the text says of a way is never half true. Its `groups` are his own, and there already.
class ImportService {
 public:
  ImportService(const Sql& sql, const SecretBox& secrets, const Scope& scope)
      : sql_(sql), secrets_(secrets), scope_(scope) {}

  // In the order of `entries`. Where `dry_run`, everything is done and then taken back: what would happen is found out
  // by the very same code.
  Result<std::vector<ImportOutcome>> run(ImportEntries entries, bool dry_run, std::int64_t now_us) const;

 private:
  Sql sql_;
  SecretBox secrets_;
  Scope scope_;
};

}  // namespace nexus::servers
