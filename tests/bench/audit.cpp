// What the audit trail costs: entries a second by the size of a batch, and how long a walk over 100,000 takes.
//
//   nexus_bench_audit [URL]     a SQLite file in a temporary folder where no URL is given
#include "core/audit/appender.h"
#include "core/audit/verify.h"
#include "core/runtime/host_schema.h"
#include "core/runtime/values.h"
#include "support/scratch_folder.h"

#include <nexus/storage/migrations.h>

#include <chrono>
#include <cstdio>
#include <vector>

using namespace nexus;
namespace audit = nexus::core::audit;

namespace {

class Silent final : public core::Logger {
 public:
  void write(std::int32_t, std::string_view, std::string_view, std::span<const nx_kv>,
             std::string_view) noexcept override {}
  const volatile std::int32_t* threshold() const noexcept override { return &level_; }
  void set_level(std::int32_t level) noexcept override { level_ = level; }
  Result<void> reopen() override { return {}; }

 private:
  std::int32_t level_ = 0;
};

audit::Entry sample(std::int64_t number) {
  audit::Entry entry;
  entry.time_us = core::wall_clock_us();
  entry.user_id = number % 50 + 1;
  entry.user_name = "user" + std::to_string(entry.user_id);
  entry.session_id = "01a215104a0c1924446aabdd33c0362e";
  entry.token_id = "75f285d283baa38242f4d2f599d5fde9";
  entry.plugin = "servers";
  entry.action = number % 2 == 0 ? "addServer" : "deleteServer";
  entry.method = "POST";
  entry.path = "/api/v1/servers";
  entry.target = "servers/" + std::to_string(number);
  entry.remote_address = "192.0.2." + std::to_string(number % 250);
  entry.request_id = "01a2151093f4c152ae5cc416" + std::to_string(10'000'000 + number);
  entry.status = 201;
  entry.result = "ok";
  entry.details = R"({"name":"web","host":"192.0.2.7"})";
  return entry;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

int run(const std::string& folder, const std::string& url) {
  storage::DatabaseOptions options;
  options.url = url;
  const auto database = storage::Database::open(options).value();
  if (!storage::Migrator::open(*database).value().migrate("host", core::host_schema(database->dialect())).ok())
    return 1;
  const auto master = core::MasterKey::open(folder + "/master.key", true).value();
  Silent silent;
  audit::Appender appender(silent, *database, master, folder);
  std::int64_t number = 0;
  for (const std::size_t size : {1u, 4u, 16u, 64u, 500u}) {
    const auto start = std::chrono::steady_clock::now();
    std::int64_t written = 0;
    for (; seconds_since(start) < 1.0; written += static_cast<std::int64_t>(size)) {
      std::vector<audit::Entry> batch;
      for (std::size_t i = 0; i < size; ++i) batch.push_back(sample(number++));
      if (!appender.append(batch).ok()) return 1;
    }
    std::printf("batches of %zu: %.0f entries a second, %.3f ms a batch\n", size, written / seconds_since(start),
                1000 * seconds_since(start) * static_cast<double>(size) / static_cast<double>(written));
  }
  while (number < 100'000) {
    std::vector<audit::Entry> batch;
    for (int i = 0; i < 500; ++i) batch.push_back(sample(number++));
    if (!appender.append(batch).ok()) return 1;
  }
  const auto start = std::chrono::steady_clock::now();
  const auto verdict = audit::verify(*database, audit::Chain(master), audit::HeadFile::read(folder).value()).value();
  std::printf("verify of %lld entries: %.2f s%s\n", static_cast<long long>(verdict.count()), seconds_since(start),
              verdict.fault.c_str());
  return verdict.fault.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const nexus::test::ScratchFolder folder;
  return run(folder.path(), argc > 1 ? argv[1] : "sqlite://" + folder.path() + "/panel.db");
}
