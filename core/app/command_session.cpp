#include "core/app/command_session.h"

#include "core/app/data_folder.h"
#include "core/app/panel.h"
#include "core/app/signal_watch.h"
#include "core/loader/loader.h"
#include "core/runtime/runtime.h"

#include <nexus/log.h>
#include <nexus/storage/database.h>

namespace nexus::core {
namespace {

// One command, and what its plugins do beside it.
constexpr unsigned kWorkers = 4;

Failure failed_with(ExitCode exit_code, const Error& error) { return {exit_code, error.what()}; }

}  // namespace

CommandSession::CommandSession(Settings settings, std::vector<std::string> plugins)
    : settings_(std::move(settings)), plugins_(std::move(plugins)) {}

CommandSession::~CommandSession() = default;

std::optional<Failure> CommandSession::start() {
  auto logger = Logger::open(NX_LOG_ERROR, {});
  if (!logger) return failed_with(kExitCannotCreate, logger.error());
  logger_ = std::move(logger).value();
  if (const auto made = DataFolder::make(settings_.data_dir); !made)
    return failed_with(kExitCannotCreate, made.error());
  auto storage_options = database_options(settings_);
  storage_options.readers = kWorkers;
  auto database = storage::Database::open(storage_options);
  if (!database) return failed_with(kExitUnavailable, database.error());
  database_ = std::move(database).value();
  auto options = runtime_options(settings_);
  options.workers = kWorkers;
  options.has_edge = false;
  auto runtime = Runtime::create(options, *logger_, *database_);
  if (!runtime) return failed_with(kExitCannotCreate, runtime.error());
  runtime_ = std::move(runtime).value();
  return start_plugins();
}

std::optional<Failure> CommandSession::start_plugins() {
  auto options = loader_options(settings_);
  options.enabled = plugins_;
  loader_ = std::make_unique<Loader>(std::move(options), *runtime_, *database_, *logger_);
  loader_->prepare();
  Problems problems;
  loader_->configure(settings_.sections, problems);
  if (!problems.empty()) return Failure{kExitConfig, problems.text()};
  loader_->start();
  return std::nullopt;
}

CommandOutcome CommandSession::run(const std::string& plugin, const CommandLine& line) {
  return loader_->run_command(plugin, line);
}

bool CommandSession::stop() {
  if (loader_ && !loader_->stop(std::chrono::steady_clock::now() + kExitDeadline)) return false;
  if (runtime_) runtime_->shutdown();
  loader_.reset();
  runtime_.reset();
  database_.reset();
  return true;
}

}  // namespace nexus::core
