// The file "audit-head": the last mark that this panel has seen on disk, outside the database. Without it, whoever
// can write the database could remove entries from the end and set the head back.
#pragma once

#include "core/audit/chain.h"

#include <nexus/cpp/result.h>

#include <optional>
#include <string>

namespace nexus::core::audit {

// One line of fixed length, "<sequence> <hash in hex>", written in place by one write, so that the death of a process
// cannot tear it; mode 0600. Not synced: behind the database it only proves less. One thread at a time; processes
// exclude each other by a lock on the file.
class HeadFile {
 public:
  explicit HeadFile(std::string data_dir) : path_(std::move(data_dir) + "/audit-head") {}
  ~HeadFile() { close(); }
  HeadFile(const HeadFile&) = delete;
  HeadFile& operator=(const HeadFile&) = delete;

  // nullopt: there is no such file, or it is empty. Status::denied: it holds something else.
  static Result<std::optional<Mark>> read(const std::string& data_dir);

  // Whether somebody has removed it since it was last written here, who then starts anew.
  bool was_removed() const noexcept;
  // Writes `mark` unless the file knows a later one.
  Result<void> write(const Mark& mark);

 private:
  Result<void> open();
  void close() noexcept;

  const std::string path_;
  int file_ = -1;
};

}  // namespace nexus::core::audit
