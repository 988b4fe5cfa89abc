#include "core/runtime/plugin.h"

#include "core/runtime/tables.h"

#include <nexus/cpp/str.h>
#include <nexus/log.h>

#include <sys/stat.h>

#include <pthread.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <thread>

namespace nexus::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kStopDeadline{10};
// For a serialised plugin whose other callback takes its time: longer than a request may.
constexpr seconds kTurnPatience{30};
// The way down must not wait; a plugin that is busy for longer than this is not told that it is quiescing.
constexpr seconds kQuiescePatience{1};

// Runs plugin code that may never return on a thread of its own; false where it has not by the deadline. The thread
// then goes on alone, so `work` keeps what it uses.
bool returns_by(steady_clock::time_point deadline, const char* name, std::function<void()> work) {
  struct Done {
    std::mutex mutex;
    std::condition_variable changed;
    bool value = false;
  };
  const auto done = std::make_shared<Done>();
  std::thread thread([done, name, work = std::move(work)] {
    pthread_setname_np(pthread_self(), name);
    work();
    const std::lock_guard lock(done->mutex);
    done->value = true;
    done->changed.notify_all();
  });
  std::unique_lock lock(done->mutex);
  const bool returned = done->changed.wait_until(lock, deadline, [&] { return done->value; });
  lock.unlock();
  returned ? thread.join() : thread.detach();
  return returned;
}

}  // namespace

Plugin::Plugin(const Parts& parts, const std::string& id, const std::string& version)
    : parts_(parts),
      version_(version),
      folder_(parts.options->data_dir + "/plugins/" + id),
      owner_(std::make_shared<Owner>(id, OwnerParts{parts.pool, parts.logger, parts.database, parts.services,
                                                    parts.permissions, parts.catalogues, parts.options->queue})),
      sealer_(*parts.master, id) {
  reg_.plugin = this;
  host_.struct_size = sizeof host_;
  host_.abi_major = NX_ABI_MAJOR;
  host_.abi_minor = NX_ABI_MINOR;
  host_.impl = this;
  host_.product = to_abi("NexusPanel");
  host_.version = to_abi(parts.options->version);
  host_.plugin_id = to_abi(owner_->id());
  host_.data_dir = to_abi(folder_);
  host_.get_interface = &find_interface;
  log_table_ = make_log_table(*parts.logger);
}

Plugin::~Plugin() {
  withdraw();
  owner_->gate().set(InFlight::State::closed);
}

Error Plugin::named(const Error& error, const std::string& what) const {
  std::string reason = "plugin " + owner_->id() + " " + version_ + ": " + what;
  if (*error.what() != '\0') reason += std::string(": ") + error.what();
  return Error(error.status(), std::move(reason));
}

Result<void> Plugin::register_plugin(const nx_plugin& plugin) {
  plugin_ = copy_struct(&plugin);
  if (plugin_.register_all == nullptr || plugin_.start == nullptr || plugin_.stop == nullptr ||
      plugin_.destroy == nullptr) {
    return named(Error(Status::invalid, "a function is missing"), "its table is incomplete");
  }
  if ((plugin_.flags & ~NX_PLUGIN_CONCURRENT) != 0)
    return named(Error(Status::unsupported, "this host does not know it"), "a flag of its table");
  owner_->set_concurrent((plugin_.flags & NX_PLUGIN_CONCURRENT) != 0);
  nx_call call(*owner_, Phase::registration, steady_clock::now() + parts_.options->start_deadline);
  reg_.open = true;
  const auto status =
      owner_->call_down("register_all", {}, [&] { return plugin_.register_all(plugin_.self, &reg_, &call); });
  reg_.open = false;
  auto checked = status == NX_OK ? check_registered() : Result<void>();
  if (status == NX_OK && checked.ok()) {
    take_summaries();
    registered_ = true;
    return {};
  }
  std::string reason = call.error();
  if (!reg_.reason.empty()) reason += (reason.empty() ? "" : ": ") + reg_.reason;
  if (reason.empty()) reason = to_string(Status{status});
  clear();
  return named(checked.ok() ? Error(Status{status}, reason) : checked.error(), "the registration failed");
}

Result<void> Plugin::check_registered() const {
  NEXUS_TRY(check_languages(made_.catalogues));
  for (const auto& route : made_.routes) {
    const auto& all = declarations_.permissions;
    const bool known = route.permission.empty() || parts_.permissions->known(route.permission) ||
                       std::find(all.begin(), all.end(), route.permission) != all.end();
    if (!known) {
      return Error(Status::invalid, "the permission " + route.permission + " of " + route.method + " " + route.pattern +
                                        " is not declared");
    }
  }
  return {};
}

void Plugin::clear() noexcept {
  parts_.claims->release(owner_->id());
  parts_.services->forget(*owner_);
  declarations_ = {};
  made_ = {};
  topics_.clear();
}

void Plugin::set_config(std::string section_json) {
  const std::lock_guard lock(config_mutex_);
  config_ = std::move(section_json);
}

std::string Plugin::config_section() const {
  const std::lock_guard lock(config_mutex_);
  return config_;
}

Result<void> Plugin::change_config(std::string section_json) {
  if (made_.on_change == nullptr) return Error(Status::restart_needed, "taken at the next start of " + owner_->id());
  const auto before = config_section();
  set_config(std::move(section_json));
  nx_call call(*owner_, Phase::lifecycle, steady_clock::now() + parts_.options->start_deadline);
  nx_status status = NX_E_BUSY;
  owner_->run_exclusively(kTurnPatience, [&] {
    status = owner_->call_down("on_change", {}, [&] { return made_.on_change(made_.on_change_data, &call); });
  });
  if (status == NX_OK) return {};
  if (status != NX_E_RESTART_NEEDED) set_config(before);
  return named(Error(Status{status}, call.error()), "the changed configuration was not taken");
}

Result<void> Plugin::make_folder() const {
  const auto parent = parts_.options->data_dir + "/plugins";
  for (const auto* path : {&parent, &folder_}) {
    if (::mkdir(path->c_str(), 0700) != 0 && errno != EEXIST) {
      return Error(Status::unavailable, "the folder " + *path + " cannot be made: " + std::strerror(errno));
    }
  }
  if (::chmod(folder_.c_str(), 0700) != 0) return Error(Status::unavailable, "the folder " + folder_ + " is not ours");
  return {};
}

Result<void> Plugin::start() {
  if (auto folder = make_folder(); !folder.ok()) return named(folder.error(), "cannot start");
  parts_.permissions->add(owner_->id(), made_.permissions);
  parts_.catalogues->add(owner_->id(), made_.catalogues);
  for (const auto& [name, own] : topics_) parts_.bus->open(own.topic);
  if (auto started = run_start(); !started.ok()) {
    if (!stuck_) drain(steady_clock::now() + kStopDeadline);  // timers and questions that start has left behind
    withdraw();
    return named(started.error(), "start failed");
  }
  if (auto published = publish_all(); !published.ok()) {
    quiesce();
    drain(steady_clock::now() + kStopDeadline);
    stop(steady_clock::now() + kStopDeadline);
    withdraw();
    return named(published.error(), "it cannot be made visible");
  }
  return {};
}

Result<void> Plugin::run_start() {
  struct Outcome {
    nx_status status = NX_E_BUSY;
    std::string reason;
  };
  const auto outcome = std::make_shared<Outcome>();
  const auto deadline = steady_clock::now() + parts_.options->start_deadline;
  stuck_ = !returns_by(deadline, "nexus-start", [self = shared_from_this(), outcome, deadline] {
    nx_call call(*self->owner_, Phase::lifecycle, deadline);
    self->owner_->run_exclusively(kTurnPatience, [&] {
      const auto& plugin = self->plugin_;
      outcome->status = self->owner_->call_down("start", {}, [&] { return plugin.start(plugin.self, &call); });
    });
    outcome->reason = call.error();
  });
  if (stuck_) return Error(Status::timeout, "it has not returned in time; it stays loaded and is left alone");
  if (outcome->status == NX_OK) return {};
  const Status status{outcome->status};
  return Error(status, outcome->reason.empty() ? std::string(to_string(status)) : outcome->reason);
}

Result<void> Plugin::publish_all() {
  for (const auto& service : made_.services) {
    if (!parts_.services->provide(owner_, service)) return Error(Status::conflict, "another provides " + service.id);
  }
  if (made_.identity) parts_.identities->set_provider(owner_, *made_.identity);
  NEXUS_TRY(publish_routes());
  for (const auto& subscription : made_.subscriptions) parts_.bus->subscribe(owner_, subscription);
  return {};
}

Result<void> Plugin::publish_routes() {
  if (!parts_.options->has_edge || (made_.routes.empty() && made_.schemas.empty())) return {};
  auto* const server = parts_.server->load();
  if (server == nullptr) return Error(Status::phase, "there is no edge for its routes yet");
  for (const auto& schemas : made_.schemas) NEXUS_TRY(server->add_schemas(owner_->id(), schemas));
  for (const auto& route : made_.routes) {
    if (auto added = server->add_route(route); !added.ok()) {
      return Error(added.error().status(), route.method + " " + route.pattern + ": " + added.error().what());
    }
  }
  return {};
}

// Also of those that were never published: a client of a plugin that cannot start learns that it is away.
void Plugin::suspend_routes() const {
  auto* const server = parts_.server->load();
  if (server == nullptr) return;
  std::vector<api::RoutePlace> places;
  for (const auto& route : declarations_.routes) places.push_back({route.method, route.pattern});
  server->suspend_owner(owner_->id(), places);
}

void Plugin::quiesce() noexcept {
  if (plugin_.quiesce == nullptr || !registered_) return;
  const bool told = owner_->run_exclusively(kQuiescePatience, [&] {
    owner_->call_down("quiesce", {}, [&] {
      plugin_.quiesce(plugin_.self);
      return nx_status{NX_OK};
    });
  });
  if (!told) owner_->log(NX_LOG_WARNING, "the plugin was too busy to be told that it is quiescing", {});
}

std::size_t Plugin::sweep() {
  return parts_.sockets->withdraw(*owner_) + parts_.services->withdraw(*owner_) + parts_.timers->withdraw(*owner_) +
         parts_.identities->withdraw(*owner_);
}

// What entered before the gate was closed may still leave a question or a timer behind, hence again until nothing is
// left.
bool Plugin::drain(std::chrono::steady_clock::time_point deadline) {
  owner_->gate().set(InFlight::State::draining);
  suspend_routes();
  parts_.bus->unsubscribe(*owner_);
  bool idle = false;
  do {
    sweep();
    idle = owner_->wait_idle(deadline);
  } while (idle && sweep() != 0);
  owner_->gate().set(InFlight::State::closed);
  stuck_ = !idle;
  if (stuck_) owner_->log(NX_LOG_ERROR, "callbacks of the plugin were still running at the deadline", {});
  return idle;
}

bool Plugin::stop(std::chrono::steady_clock::time_point deadline) {
  if (plugin_.stop == nullptr) return true;  // never registered, or destroyed already
  stuck_ = !returns_by(deadline, "nexus-stop", [self = shared_from_this()] {
    self->owner_->call_down("stop", {}, [&] {
      self->plugin_.stop(self->plugin_.self);
      return nx_status{NX_OK};
    });
  });
  if (stuck_) owner_->log(NX_LOG_ERROR, "the plugin did not stop in time and stays loaded", {});
  return !stuck_;
}

void Plugin::destroy() noexcept {
  if (stuck_ || plugin_.destroy == nullptr) return;
  owner_->gate().set(InFlight::State::closed);
  owner_->call_down("destroy", {}, [&] {
    plugin_.destroy(plugin_.self);
    return nx_status{NX_OK};
  });
  plugin_ = {};
  owner_->release_calls();
}

void Plugin::withdraw() noexcept {
  suspend_routes();
  for (const auto& [name, own] : topics_) parts_.bus->close(own.topic);
  parts_.bus->forget(*owner_);
  sweep();
  parts_.services->forget(*owner_);
  abandon_deferred(*parts_.deferred, *owner_);
  parts_.catalogues->remove(owner_->id());
  parts_.permissions->remove(owner_->id());
  parts_.claims->release(owner_->id());
}

nx_status Plugin::publish(const nx_event& event, std::string_view request_id) const {
  if (event.flags != 0) return NX_E_UNSUPPORTED;
  const auto found = topics_.find(view(event.topic));
  if (found == topics_.end()) return NX_E_NOT_FOUND;
#ifndef NDEBUG  // it costs some microseconds, and the publisher's tests run on such a host
  if (const auto wrong = found->second.schema.check(view(event.payload)); !wrong.empty()) {
    owner_->log(NX_LOG_ERROR, "an event breaks the schema of its topic",
                found->first + ": " + wrong.front().field + ": " + wrong.front().text, request_id);
    return NX_E_INVALID;
  }
#endif
  return parts_.bus->publish(*found->second.topic, view(event.key), view(event.payload), request_id);
}

}  // namespace nexus::core
