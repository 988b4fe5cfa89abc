#include "panel.h"

#include <nexus/storage/database.h>

#include <doctest/doctest.h>

#include <thread>

namespace nexus::test {

bool eventually(const std::function<bool()>& condition) {
  const auto end = in(kPatience);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

void Gate::open() {
  const std::lock_guard lock(mutex_);
  open_ = true;
  changed_.notify_all();
}

void Gate::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return open_; });
}

void Lines::write(std::int32_t, std::string_view component, std::string_view message, std::span<const nx_kv> fields,
                  std::string_view) noexcept {
  std::string line = std::string(component) + " " + std::string(message);
  for (const auto& field : fields) {
    if (field.value.type == NX_V_TEXT) line += " " + std::string(view(field.value.u.s));
    if (field.value.type == NX_V_I64) line += " " + std::to_string(field.value.u.i);
  }
  const std::lock_guard lock(mutex_);
  lines_.push_back(std::move(line));
}

bool Lines::contain(std::string_view text) const { return count(text) != 0; }

std::size_t Lines::count(std::string_view text) const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::count_if(
      lines_.begin(), lines_.end(), [&](const auto& line) { return line.find(text) != std::string::npos; }));
}

bool Request::respond(api::Response response) {
  const std::lock_guard lock(mutex_);
  if (answered_) return false;
  response_ = std::move(response);
  answered_ = true;
  ++answers_;
  changed_.notify_all();
  return true;
}

api::Response Request::answer() {
  std::unique_lock lock(mutex_);
  REQUIRE(changed_.wait_for(lock, kPatience, [this] { return answered_.load(); }));
  return response_;
}

Result<void> Routes::add_route(api::RouteSpec route) {
  if (route.pattern == refused_pattern) return Error(Status::invalid, "a bad fragment");
  const std::lock_guard lock(mutex_);
  routes_.push_back(std::move(route));
  return {};
}

void Routes::remove_owner(const std::string& owner) {
  const std::lock_guard lock(mutex_);
  std::erase_if(routes_, [&](const auto& route) { return route.owner == owner; });
  suspended_.erase(owner);
}

void Routes::suspend_owner(const std::string& owner, const std::vector<api::RoutePlace>& places) {
  remove_owner(owner);
  const std::lock_guard lock(mutex_);
  for (const auto& place : places) suspended_[owner].push_back(place.pattern);
}

std::vector<std::string> Routes::suspended(const std::string& owner) const {
  const std::lock_guard lock(mutex_);
  const auto found = suspended_.find(owner);
  return found == suspended_.end() ? std::vector<std::string>{} : found->second;
}

api::RouteSpec Routes::spec(const std::string& pattern) const {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(routes_.begin(), routes_.end(), [&](const auto& r) { return r.pattern == pattern; });
  REQUIRE(found != routes_.end());
  return *found;
}

std::size_t Routes::count() const {
  const std::lock_guard lock(mutex_);
  return routes_.size();
}

std::shared_ptr<Request> Routes::call(const std::string& pattern, std::shared_ptr<Request> request) {
  if (request == nullptr) request = std::make_shared<Request>();
  std::function<void(const std::shared_ptr<api::Exchange>&)> handler;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& route : routes_) {
      if (route.pattern == pattern) handler = route.handler;
    }
  }
  REQUIRE(handler);
  handler(request);
  return request;
}

RawPlugin::RawPlugin(std::uint32_t flags) {
  table.struct_size = sizeof table;
  table.flags = flags;
  table.self = this;
  table.register_all = [](void* self, nx_reg* reg, nx_call* call) {
    return static_cast<RawPlugin*>(self)->on_register(reg, call);
  };
  table.start = [](void* self, nx_call* call) { return static_cast<RawPlugin*>(self)->on_start(call); };
  table.quiesce = [](void* self) { static_cast<RawPlugin*>(self)->on_quiesce(); };
  table.stop = [](void* self) { static_cast<RawPlugin*>(self)->on_stop(); };
  table.destroy = [](void* self) { static_cast<RawPlugin*>(self)->on_destroy(); };
}

Panel::Panel(Options options) : options_(options) {
  storage::DatabaseOptions database_options;
  database_options.url = "sqlite://" + folder + "/panel.db";
  auto opened = storage::Database::open(database_options);
  REQUIRE_MESSAGE(opened.ok(), opened.error().what());
  database = std::move(*opened);
  auto made = second_runtime();
  REQUIRE_MESSAGE(made.ok(), made.error().what());
  runtime = std::move(*made);
  runtime->attach(routes);
}

Result<std::unique_ptr<core::Runtime>> Panel::second_runtime() {
  core::RuntimeOptions options;
  options.version = "0.1.0";
  options.data_dir = folder;
  options.workers = options_.workers;
  options.start_deadline = options_.start_deadline;
  return core::Runtime::create(options, lines, *database);
}

Panel::~Panel() {
  while (!hosts_.empty()) remove(*hosts_.back().host);
  if (runtime) runtime->shutdown();
  runtime = nullptr;
  database = nullptr;
}

core::PluginHost& Panel::make(const std::string& id) {
  hosts_.push_back({runtime->add_plugin(id, "1.0.0"), nullptr});
  return *hosts_.back().host;
}

core::PluginHost& Panel::make(const std::string& id, RawPlugin& plugin) {
  auto& host = make(id);
  hosts_.back().plugin = &plugin;
  plugin.home = this;
  return host;
}

core::PluginHost& Panel::add(const std::string& id, RawPlugin& plugin) {
  auto& host = make(id, plugin);
  const auto registered = host.register_plugin(plugin.table);
  REQUIRE_MESSAGE(registered.ok(), registered.error().what());
  const auto started = host.start();
  REQUIRE_MESSAGE(started.ok(), started.error().what());
  return host;
}

void Panel::remove(core::PluginHost& host) {
  host.quiesce();
  host.drain(in(std::chrono::seconds(10)));
  if (host.stop(in(std::chrono::seconds(10)))) host.destroy();
  host.withdraw();
  std::erase_if(hosts_, [&](const auto& entry) {
    if (entry.host.get() != &host) return false;
    if (entry.plugin != nullptr) entry.plugin->home = nullptr;
    return true;
  });
}

void Panel::remove(RawPlugin& plugin) {
  const auto found =
      std::find_if(hosts_.begin(), hosts_.end(), [&](const auto& entry) { return entry.plugin == &plugin; });
  if (found != hosts_.end()) remove(*found->host);
}

void RawPlugin::leave() {
  if (home != nullptr) home->remove(*this);
}

nx_status add_route(const Host& host, nx_reg* reg, const char* pattern, nx_http_fn fn, void* user_data,
                    std::uint32_t flags, const char* permission) {
  nx_route route{};
  route.struct_size = sizeof route;
  route.flags = flags;
  route.method = to_abi("GET");
  route.pattern = to_abi(pattern);
  route.permission = to_abi(permission);
  route.openapi_json = to_abi(R"({"responses":{"200":{"description":"ok"}}})");
  route.fn = fn;
  route.user_data = user_data;
  return host.http->add_route(reg, &route);
}

nx_status declare_topic(const Host& host, nx_reg* reg, const std::string& name, const char* schema,
                        std::uint32_t flags) {
  const nx_topic topic{sizeof topic, flags, to_abi(name), to_abi(schema)};
  return host.events->declare_topic(reg, &topic);
}

nx_status subscribe(const Host& host, nx_reg* reg, const char* pattern, nx_event_fn fn, void* user_data,
                    std::uint32_t length, std::uint32_t overflow) {
  nx_subscription subscription{};
  subscription.struct_size = sizeof subscription;
  subscription.pattern = to_abi(pattern);
  subscription.queue_length = length;
  subscription.overflow = overflow;
  subscription.fn = fn;
  subscription.user_data = user_data;
  return host.events->subscribe(reg, &subscription);
}

nx_status reply(const Host& host, nx_http* http, const char* data) {
  nx_response response{};
  response.struct_size = sizeof response;
  response.data_json = to_abi(data);
  return host.http->reply(http, &response);
}

}  // namespace nexus::test
