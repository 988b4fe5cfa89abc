// The groups that the entries of an import name.
#pragma once

#include "import_entry.h"

#include <map>

namespace nexus::servers {

// On behalf of one caller and a transaction. Makes no group.
class ImportGroups {
 public:
  // As many as adding one server takes.
  static constexpr std::size_t kMostOfEntry = 100;

  ImportGroups(const Sql& sql, const Scope& scope) : sql_(sql), scope_(scope) {}

  // Puts the ids of the groups that the entry names into its change. The value says why it may not be put into one of
  // them; nullopt where it may.
  Result<std::optional<Error>> resolve(ImportEntry& entry);

 private:
  // His own ones by name, which is only one's, and by path where that is nobody's name ("europe/web").
  Result<void> learn_names();
  Result<std::optional<Error>> refusal(std::int64_t id);

  Sql sql_;
  Scope scope_;
  std::optional<std::map<std::string, std::int64_t>> by_name_;
  std::map<std::int64_t, std::optional<Error>> refusals_;  // of those that were asked for
};

}  // namespace nexus::servers
