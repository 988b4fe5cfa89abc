#include "core/app/panel.h"

#include "core/app/host_routes.h"
#include "core/app/process_setup.h"
#include "core/app/signal_watch.h"
#include "core/audit/routes.h"
#include "core/loader/loader.h"
#include "core/runtime/runtime.h"

#include <nexus/api/server.h>
#include <nexus/cpp/str.h>
#include <nexus/log.h>
#include <nexus/storage/database.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <thread>

namespace nexus::core {
namespace {

using Clock = std::chrono::steady_clock;

// Of kExitDeadline: requests in flight have the first part, plugins what is left but a second to close the rest.
constexpr std::chrono::seconds kRequestsDeadline{10};
constexpr std::chrono::seconds kPluginsDeadline{14};
static_assert(kRequestsDeadline < kPluginsDeadline && kPluginsDeadline < kExitDeadline);

// Plugin code blocks on disks and networks, so there are more workers than processors.
unsigned worker_count() { return std::clamp(std::thread::hardware_concurrency() * 2, 4u, 32u); }
// An I/O thread is busy all the time it runs.
unsigned io_thread_count() { return std::clamp(std::thread::hardware_concurrency(), 2u, 8u); }

nx_kv field(std::string_view key, std::string_view value) { return {to_abi(key), to_value(value)}; }

std::string sqlite_url(const std::string& path) {
  std::string url = "sqlite://";
  for (const char c : path) {
    if (c == '%') {
      url += "%25";
    } else {
      url += c;
    }
  }
  return url;
}

Failure failure(ExitCode exit_code, const Error& error) { return {exit_code, error.what()}; }

api::RateLimits rate_limits(const Settings& settings) {
  return {settings.general_per_minute, settings.auth_per_minute, settings.websockets_per_user};
}

// Keys whose change waits for the next start.
std::vector<std::string> changed_for_later(const Settings& a, const Settings& b) {
  const auto ids = [](const Settings& settings) {
    std::vector<std::string> out{settings.enabled ? "" : "*"};
    for (const auto& entry : settings.enabled.value_or(std::vector<Settings::Enabled>{})) out.push_back(entry.id);
    return out;
  };
  std::vector<std::string> keys;
  const auto compare = [&](const char* key, bool same) {
    if (!same) keys.emplace_back(key);
  };
  compare("data_dir", a.data_dir == b.data_dir);
  compare("http.listen", a.listen.text() == b.listen.text());
  compare("http.trusted_proxies", a.trusted_proxies == b.trusted_proxies);
  compare("log.file", a.log_file == b.log_file);
  compare("plugins.enabled", ids(a) == ids(b));
  compare("plugins.path", a.plugin_folders == b.plugin_folders);
  compare("storage.url", a.storage_url == b.storage_url);
  return keys;
}

}  // namespace

const char* const kVersion = NEXUS_VERSION;

LoaderOptions loader_options(const Settings& settings) {
  LoaderOptions options;
  options.folders = settings.plugin_folders;
  if (options.folders.empty()) options.folders.push_back(default_plugin_folder());
  if (settings.enabled) {
    options.enabled.emplace();
    for (const auto& entry : *settings.enabled) options.enabled->push_back(entry.id);
  }
  return options;
}

RuntimeOptions runtime_options(const Settings& settings) {
  RuntimeOptions options;
  options.version = kVersion;
  options.data_dir = settings.data_dir;
  options.workers = worker_count();
  return options;
}

storage::DatabaseOptions database_options(const Settings& settings) {
  storage::DatabaseOptions options;
  options.url = settings.storage_url.empty() ? sqlite_url(settings.data_dir + "/nexuspanel.db") : settings.storage_url;
  options.readers = worker_count();
  return options;
}

Panel::Panel(ConfigSources sources, Settings settings) : sources_(std::move(sources)), settings_(std::move(settings)) {}

Panel::~Panel() = default;

std::optional<Failure> Panel::start() {
  auto logger = Logger::open(settings_.log_level, settings_.log_file);
  if (!logger) return failure(kExitCannotCreate, logger.error());
  {
    const std::scoped_lock lock(watched_mutex_);
    logger_ = std::move(logger).value();
  }
  auto folder = DataFolder::open(settings_.data_dir);
  if (!folder)
    return failure(folder.error().status() == Status::busy ? kExitRunning : kExitCannotCreate, folder.error());
  folder_.emplace(std::move(folder).value());
  const std::array fields{field("version", kVersion), field("data_dir", settings_.data_dir)};
  logger_->write(NX_LOG_INFO, "host", "panel starts", fields);
  if (auto failed = open_storage()) return failed;
  if (auto failed = open_edge()) return failed;
  if (auto failed = start_plugins()) return failed;
  server_->start();
  const auto where = address();
  const std::array listening{field("address", where)};
  logger_->write(NX_LOG_INFO, "host", "panel listens", listening);
  return std::nullopt;
}

std::optional<Failure> Panel::open_storage() {
  auto database = storage::Database::open(database_options(settings_));
  if (!database) return failure(kExitUnavailable, database.error());
  database_ = std::move(database).value();
  auto runtime = Runtime::create(runtime_options(settings_), *logger_, *database_);
  if (!runtime) return failure(kExitCannotCreate, runtime.error());
  runtime_ = std::move(runtime).value();
  runtime_->set_audit_retention(settings_.audit_retention_days);
  return std::nullopt;
}

std::optional<Failure> Panel::open_edge() {
  api::ServerOptions options;
  options.engine.host = settings_.listen.host;
  options.engine.port = settings_.listen.port;
  options.engine.threads = io_thread_count();
  options.rate_limits = rate_limits(settings_);
  options.trusted_proxies = settings_.trusted_proxies;
  options.version = kVersion;
  auto server = api::Server::create(options, runtime_->hooks());
  if (!server) return failure(kExitUnavailable, server.error());
  server_ = std::move(server).value();
  runtime_->attach(*server_);
  auto loader = std::make_unique<Loader>(loader_options(settings_), *runtime_, *database_, *logger_);
  {
    const std::scoped_lock lock(watched_mutex_);
    loader_ = std::move(loader);
  }
  const auto added = add_host_routes({*server_, *database_, *loader_, kVersion, started_});
  if (!added) return failure(kExitForced, added.error());
  if (const auto audit = audit::add_routes(*server_, *database_); !audit) return failure(kExitForced, audit.error());
  return std::nullopt;
}

std::optional<Failure> Panel::start_plugins() {
  loader_->prepare();
  Problems problems;
  loader_->configure(settings_.sections, problems);
  if (!problems.empty()) return Failure{kExitConfig, problems.text()};
  loader_->start();
  return std::nullopt;
}

std::string Panel::address() const {
  Endpoint endpoint = settings_.listen;
  endpoint.port = server_->port();
  return "http://" + endpoint.text();
}

void Panel::reload() {
  if (const auto reopened = logger_->reopen(); !reopened) {
    const std::array fields{field("reason", reopened.error().what())};
    logger_->write(NX_LOG_ERROR, "host", "the log file could not be opened again", fields);
  }
  const auto fresh = load_configuration(sources_);
  Problems problems;
  if (fresh) loader_->reconfigure(fresh->sections, problems);
  if (fresh && problems.empty()) return take_changes(*fresh);
  std::istringstream lines(fresh ? problems.text() : fresh.error().what());
  for (std::string line; std::getline(lines, line);) {
    const std::array fields{field("reason", line)};
    logger_->write(NX_LOG_ERROR, "host", "the changed configuration is wrong; the old one stays", fields);
  }
}

void Panel::take_changes(const Settings& fresh) {
  logger_->set_level(fresh.log_level);
  server_->set_rate_limits(rate_limits(fresh));
  if (fresh.audit_retention_days != settings_.audit_retention_days) {
    runtime_->set_audit_retention(fresh.audit_retention_days);
  }
  for (const auto& key : changed_for_later(settings_, fresh)) {
    const std::array fields{field("key", key)};
    logger_->write(NX_LOG_WARNING, "host", "a changed setting takes effect at the next start", fields);
  }
  settings_.log_level = fresh.log_level;
  settings_.general_per_minute = fresh.general_per_minute;
  settings_.auth_per_minute = fresh.auth_per_minute;
  settings_.audit_retention_days = fresh.audit_retention_days;
  logger_->write(NX_LOG_INFO, "host", "configuration read again");
}

bool Panel::stop(Clock::time_point since) {
  if (logger_) logger_->write(NX_LOG_INFO, "host", "panel stops");
  bool clean = true;
  if (server_ && !server_->drain(since + kRequestsDeadline)) {
    // Those answers are lost, but nothing of theirs runs on.
    logger_->write(NX_LOG_WARNING, "host", "requests were cut off at the deadline");
  }
  if (loader_) clean = loader_->stop(since + kPluginsDeadline);
  if (!clean) return false;
  if (runtime_) runtime_->shutdown();
  std::unique_ptr<Loader> loader;
  {
    const std::scoped_lock lock(watched_mutex_);
    loader.swap(loader_);
  }
  loader.reset();
  server_.reset();
  runtime_.reset();
  database_.reset();
  if (logger_) logger_->write(NX_LOG_INFO, "host", "panel stopped");
  return true;
}

void Panel::log_too_late() noexcept {
  const std::scoped_lock lock(watched_mutex_);
  if (!logger_) return;
  try {
    std::string names;
    for (const auto& plugin : loader_ ? loader_->status() : std::vector<PluginStatus>{}) {
      const bool busy = plugin.state != PluginState::destroyed && plugin.state != PluginState::failed &&
                        plugin.state != PluginState::disabled;
      if (busy) names += (names.empty() ? "" : ", ") + plugin.id + " (" + std::string(to_string(plugin.state)) + ')';
    }
    const std::array fields{field("plugins", names)};
    logger_->write(NX_LOG_ERROR, "host", "panel leaves at its deadline, or was told twice", fields);
  } catch (...) {
    logger_->write(NX_LOG_ERROR, "host", "panel leaves at its deadline");
  }
}

}  // namespace nexus::core
