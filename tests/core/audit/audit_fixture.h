// A database with the host's tables, a master key, and ways to do to the trail what an attacker would.
#pragma once

#include "core/audit/head_file.h"
#include "core/audit/trail.h"
#include "core/audit/verify.h"
#include "core/runtime/host_schema.h"
#include "storage/engines.h"

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace nexus::test {

namespace audit = core::audit;

// Keeps the lines that a trail logs.
class Lines final : public core::Logger {
 public:
  void write(std::int32_t, std::string_view, std::string_view message, std::span<const nx_kv> fields,
             std::string_view) noexcept override {
    std::string line(message);
    for (const auto& field : fields) {
      if (field.value.type == NX_V_TEXT) line.append(" ").append(view(field.value.u.s));
      if (field.value.type == NX_V_I64) line += " " + std::to_string(field.value.u.i);
    }
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
  }
  const volatile std::int32_t* threshold() const noexcept override { return &level_; }
  void set_level(std::int32_t level) noexcept override { level_ = level; }
  Result<void> reopen() override { return {}; }
  bool contain(std::string_view text) const {
    const std::lock_guard lock(mutex_);
    return std::any_of(lines_.begin(), lines_.end(),
                       [&](const auto& line) { return line.find(text) != std::string::npos; });
  }

 private:
  mutable std::mutex mutex_;
  std::int32_t level_ = 0;
  std::vector<std::string> lines_;
};

// Counts the answers that were let go.
class Written {
 public:
  std::function<void()> callback() {
    return [this] {
      const std::lock_guard lock(mutex_);
      ++count_;
      changed_.notify_all();
    };
  }
  bool wait(std::size_t count, std::chrono::milliseconds patience = std::chrono::seconds(30)) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [&] { return count_ >= count; });
  }
  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return count_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t count_ = 0;
};

inline audit::Entry entry_named(const std::string& action) {
  audit::Entry entry;
  entry.time_us = 1'700'000'000'000'000;
  entry.user_id = 7;
  entry.status = 201;
  entry.user_name = "alice";
  entry.session_id = "session";
  entry.token_id = "token";
  entry.plugin = "servers";
  entry.action = action;
  entry.method = "POST";
  entry.path = "/api/v1/servers";
  entry.target = "servers/9";
  entry.remote_address = "192.0.2.1";
  entry.request_id = "request";
  entry.result = "ok";
  entry.details = R"({"name":"web"})";
  return entry;
}

template <class Engine>
struct AuditWorld {
  Engine engine;
  ScratchFolder folder;
  Lines lines;
  std::unique_ptr<storage::Database> database = open(engine.url);
  core::MasterKey master = core::MasterKey::open(folder.path() + "/master.key", true).value();
  audit::Chain chain{master};

  AuditWorld() { migrate(*database); }
  static void migrate(storage::Database& target) {
    auto migrator = storage::Migrator::open(target).value();
    const auto done = migrator.migrate("host", core::host_schema(target.dialect()));
    REQUIRE_MESSAGE(done.ok(), done.error().what());
  }

  audit::Appender appender() { return {lines, *database, master, folder.path()}; }
  // `count` entries named "a1", "a2", ...
  void fill(int count) {
    auto writer = appender();
    std::vector<audit::Entry> entries;
    for (int i = 1; i <= count; ++i) entries.push_back(entry_named("a" + std::to_string(i)));
    const auto done = writer.append(entries);
    REQUIRE_MESSAGE(done.ok(), done.error().what());
  }

  audit::Verdict verdict() { return verdict(chain); }
  audit::Verdict verdict(const audit::Chain& with) {
    const auto outside = audit::HeadFile::read(folder.path());
    REQUIRE(outside.ok());
    auto found = audit::verify(*database, with, *outside);
    REQUIRE_MESSAGE(found.ok(), found.error().what());
    return *found;
  }

  // Whoever can write the database can drop its triggers.
  void disarm() {
    if (database->dialect() == storage::Dialect::mysql) return;
    exec(*database, "DROP TRIGGER host_audit_no_update");
    exec(*database, "DROP TRIGGER host_audit_no_delete");
  }
  void tamper(std::string_view sql, const Values& args = {}) { exec(*database, sql, args); }
  std::int64_t rows() { return number(*database, "SELECT COUNT(*) FROM host_audit"); }
  std::vector<audit::StoredEntry> all() { return audit::ReadingStore(*database, soon()).after(0, 1'000'000).value(); }
};

template <class Engine>
std::unique_ptr<audit::Trail> trail_of(AuditWorld<Engine>& world, audit::TrailOptions options = {}) {
  return std::make_unique<audit::Trail>(world.lines, *world.database, world.master, world.folder.path(), options);
}

// Waits for a condition of the test; false where it does not come true.
inline bool eventually(const std::function<bool()>& condition) {
  const auto end = in(std::chrono::seconds(30));
  while (!condition()) {
    if (storage::Clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

}  // namespace nexus::test
