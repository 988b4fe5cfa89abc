// Small helpers of the storage tests.
#pragma once

#include "support/scratch_folder.h"

#include <nexus/cpp/str.h>
#include <nexus/storage/database.h>

#include <doctest/doctest.h>

#include <chrono>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace nexus::test {

using Values = std::vector<nx_value>;

inline storage::Clock::time_point in(std::chrono::milliseconds time) { return storage::Clock::now() + time; }
inline storage::Clock::time_point soon() { return in(std::chrono::seconds(20)); }

inline std::unique_ptr<storage::Database> open(const storage::DatabaseOptions& options) {
  auto database = storage::Database::open(options);
  if (!database.ok()) throw std::runtime_error(database.error().reason());
  return std::move(database).value();
}
inline std::unique_ptr<storage::Database> open(const std::string& url) {
  storage::DatabaseOptions options;
  options.url = url;
  return open(options);
}

// For statements that must work: the reason of a failure is the test's failure.
template <class Target>
storage::ExecResult exec(Target& target, std::string_view sql, const Values& args = {}) {
  const auto run = [&] {
    if constexpr (requires { target.exec(sql, args); }) {
      return target.exec(sql, args);
    } else {
      return target.exec(sql, args, soon());
    }
  };
  auto done = run();
  if (!done.ok()) throw std::runtime_error(done.error().what());
  return *done;
}

// The first cell of the only row, which must be an integer.
inline std::int64_t number(storage::Database& database, std::string_view sql, const Values& args = {}) {
  auto rows = database.query(sql, args, false, soon());
  if (!rows.ok()) throw std::runtime_error(rows.error().what());
  auto cells = (*rows)->fetch();
  if (!cells.ok() || cells->size() != 1) throw std::runtime_error("not one cell");
  CHECK((*cells)[0].type == NX_V_I64);
  return (*cells)[0].u.i;
}

// Seconds that `work` takes.
template <class Work>
double seconds_of(Work&& work) {
  const auto start = storage::Clock::now();
  work();
  return std::chrono::duration<double>(storage::Clock::now() - start).count();
}

}  // namespace nexus::test
