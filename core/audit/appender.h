// Puts batches of entries on disk, and takes old ones away.
#pragma once

#include "core/audit/chain.h"
#include "core/audit/head_file.h"
#include "core/audit/store.h"
#include "core/log/logger.h"

#include <nexus/storage/database.h>

#include <optional>
#include <span>
#include <string>

namespace nexus::core::audit {

// One thread at a time; other processes may do the same on the same database.
class Appender {
 public:
  Appender(Logger& logger, storage::Database& database, const MasterKey& master, const std::string& data_dir);

  // Writes all of them in one transaction, or none. After a failure the same entries must come first again: whether
  // the last commit took place is then found out.
  Result<void> append(std::span<const Entry> entries);

  struct Pruned {
    std::int64_t first = 0;  // 0: nothing is that old
    std::int64_t last = 0;
  };
  // Removes the oldest entries whose time is before `before_us`, at most one batch. The newest entry always stays.
  // Status::denied: one of them was changed, perhaps to make it look old; then nothing is removed.
  Result<Pruned> prune(std::int64_t before_us);

 private:
  struct Place {
    Head head;  // where the next entry goes
    bool has_head = false;
    std::string fault;  // what is wrong with the database; empty: nothing
  };
  void learn();
  Result<Place> find_place(const ChangingStore& store, const std::optional<Head>& head) const;
  Result<std::string> fault_of_known(const ChangingStore& store, const Place& place) const;
  Result<Pruned> choose_old(const ChangingStore& store, Head& head, std::int64_t before_us) const;
  Result<bool> was_committed(const ChangingStore& store) const;
  Result<void> write(const ChangingStore& store, Place& place, std::span<const Entry> entries);
  void remember(const Mark& mark);

  Logger* const logger_;
  storage::Database* const database_;
  const Chain chain_;
  const std::string data_dir_;
  HeadFile file_;
  std::optional<Mark> known_;   // what must be in the database: written here, or by an earlier process
  std::optional<Mark> unsure_;  // end of a batch of which nobody knows whether it was committed
  bool file_is_evidence_ = false;
};

}  // namespace nexus::core::audit
