// FakeHost: unit-tests a plugin without the panel. Links Nexus::Testing (SQLite, nlohmann-json).
//
//   nexus::testing::FakeHost host;
//   REQUIRE(host.load_file(HELLO_PLUGIN).ok());
//   REQUIRE(host.start().ok());
//   CHECK(host.get("/api/v1/hello").data["message"] == "Hello, World!");
//   CHECK(host.take_failures().empty());
//
// It is strict where the panel is forgiving: a call outside its phase, a second or forgotten answer, rows that were not
// freed, use after release and texts that no catalogue has are noted as failures. A FakeHost that goes with failures
// which nobody took prints them and ends the program, so that no test passes over them.
//
// Nothing runs behind the test's back: callbacks run on the thread that calls a function of this class, one at a time;
// only threads of the plugin's own are others. The database is SQLite in memory. What it does not do: validate requests
// against the OpenAPI fragments, count rates, and run the MySQL side of migrations.
#pragma once

#include <nexus/cpp/plugin.h>
#include <nexus/testing/fake_auth.h>
#include <nexus/testing/fake_call.h>
#include <nexus/testing/fake_db.h>
#include <nexus/testing/fake_http.h>
#include <nexus/testing/fake_messages.h>
#include <nexus/testing/fake_operations.h>
#include <nexus/testing/fake_streams.h>
#include <nexus/testing/fake_texts.h>
#include <nexus/testing/fake_ws.h>

#include <dlfcn.h>

#include <cstdlib>

namespace nexus::testing {

// A call that a test makes to use services and stores directly. Ends with this object.
class TestCall {
 public:
  TestCall(detail::FakeCall& call, const Host& host) : raw_(&call), host_(host), call_(host_, call.raw()) {}
  TestCall(const TestCall&) = delete;
  TestCall& operator=(const TestCall&) = delete;
  ~TestCall() { raw_->world->end_call(*raw_); }

  Call& operator*() noexcept { return call_; }
  Call* operator->() noexcept { return &call_; }
  // What set_error said last.
  const std::string& error() const noexcept { return raw_->error; }

 private:
  detail::FakeCall* raw_;
  Host host_;
  Call call_;
};

class FakeHost {
 public:
  // `plugin_id` matters only where no plugin is loaded.
  explicit FakeHost(Options options = {}, std::string plugin_id = "test") : world_(std::move(options)) {
    world_.plugin_id = std::move(plugin_id);
    abi_.struct_size = sizeof abi_;
    abi_.abi_major = NX_ABI_MAJOR;
    abi_.abi_minor = NX_ABI_MINOR;
    abi_.impl = &world_;
    world_.owner = this;
    abi_.product = to_abi("NexusPanel");
    abi_.version = to_abi("0.1.0");
    abi_.data_dir = to_abi(world_.options.data_dir);
    abi_.get_interface = &get_interface;
    name_plugin(world_.plugin_id);
  }
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;
  ~FakeHost() {
    stop();
    if (world_.failures.empty()) return;
    for (const auto& failure : world_.failures) std::fprintf(stderr, "FakeHost: %s\n", failure.c_str());
    std::abort();
  }

  // -- life: load, then start, then stop (or the destructor)

  // Makes the plugin of `entry`.
  Result<void> load(const nx_entry& entry) {
    if (entry.magic != NX_MAGIC || entry.abi_major != NX_ABI_MAJOR || entry.abi_min_minor > NX_ABI_MINOR) {
      return Error(Status::unsupported, "the entry is of another ABI");
    }
    return create(entry.id, entry.create);
  }
  // Makes a plugin of a nexus::Plugin class.
  template <class Class>
  Result<void> load(const std::string& id) {
    return create(id, &nexus::detail::Adapter<Class>::create);
  }
  // Opens a built plugin. It stays mapped, so that reports of sanitizers can name its functions.
  Result<void> load_file(const std::string& path) {
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) return Error(Status::not_found, dlerror());
    const auto* entry = static_cast<const nx_entry*>(dlsym(library, "nexus_plugin_entry"));
    if (entry == nullptr) return Error(Status::invalid, "no nexus_plugin_entry in " + path);
    return load(*entry);
  }
  // Migrations and catalogues of a plugin's files, without a plugin: for tests of services and stores.
  Result<void> use(const Resources& resources) {
    for (const auto& step : resources.migrations) {
      db_.steps.push_back(
          {step.version, std::string(step.name), std::string(step.sqlite_up), std::string(step.sqlite_down)});
    }
    for (const auto& catalogue : resources.catalogues) texts_.add(std::string(catalogue.locale), catalogue.json);
    world_.phase = detail::Phase::running;
    return db_.migrate(false);
  }

  // Declares only; start does it too. Afterwards routes(), permissions() and topics() tell what there is.
  Result<void> register_all() {
    auto& call = world_.new_call("register_all", Principal::nobody());
    world_.phase = detail::Phase::registering;
    const auto status = plugin_->register_all(plugin_->self, world_.raw_reg(), call.raw());
    world_.phase = detail::Phase::registered;
    world_.end_call(call);
    if (status == NX_OK) return check_declarations();
    const Error error(Status{status}, "register_all: " + call.error);
    destroy();
    return error;
  }

  // Registers (unless done), reads the configuration, migrates up, down and up again, and starts.
  Result<void> start() {
    if (world_.phase == detail::Phase::created) NEXUS_TRY(register_all());
    if (world_.phase != detail::Phase::registered) return Error(Status::phase, "there is no plugin to start");
    if (const auto missing = messages_.missing(); !missing.empty()) {
      return Error(Status::unavailable, "the plugin needs " + missing + ": give it a fake_service");
    }
    NEXUS_TRY(texts_.set_section(config_));
    NEXUS_TRY(db_.migrate(true));
    auto& call = world_.new_call("start", Principal::nobody());
    world_.phase = detail::Phase::starting;
    const auto status = plugin_->start(plugin_->self, call.raw());
    world_.end_call(call);
    if (status != NX_OK) {
      const Error error(Status{status}, "start: " + call.error);
      clock_.drop_all();
      destroy();
      return error;
    }
    world_.phase = detail::Phase::running;
    world_.settle();
    return {};
  }

  // Quiesces, finishes queued work, drops timers, stops and destroys. Then looks for what was left behind.
  void stop() {
    if (plugin_ == nullptr) return;
    const bool was_started = world_.phase == detail::Phase::running;
    if (was_started) {
      world_.phase = detail::Phase::quiesced;
      if (plugin_->quiesce != nullptr) plugin_->quiesce(plugin_->self);
      sockets_.close_all();
      streams_.close_all();
      world_.settle();
      clock_.drop_all();
      if (plugin_->stop != nullptr) plugin_->stop(plugin_->self);
      clock_.drop_all();  // what its threads asked for at the last moment
    }
    destroy();
    http_.check_answered();
    calls_.check_released();
  }

  // -- what the plugin stands on; before start

  // Its section of the configuration file, a JSON object.
  void set_config(std::string section_json) { config_ = std::move(section_json); }
  // A service of another plugin, played by the test. It runs on the test's thread, after the asking callback returned.
  void fake_service(const std::string& id, FakeService service) { messages_.fakes[id] = std::move(service); }
  // Streams of another plugin's service, played by the test in the same way.
  void fake_stream(const std::string& id, FakeStreamProvider provider) {
    streams_.providers[id] = std::move(provider);
    messages_.fakes.try_emplace(id, [](auto, auto) -> Result<std::string> { return Error(Status::unsupported); });
  }
  // A permission of another plugin, held by `role`.
  void grant(const std::string& role, const std::string& permission) { auth_.roles[permission].insert(role); }

  // -- requests, events, questions; each waits for the answer and runs what follows from it

  Answer send(HttpRequest request) { return http_.send(std::move(request)); }
  Answer get(std::string target, Principal who = Principal::user()) { return request("GET", target, {}, who); }
  Answer post(std::string target, const Json& body, Principal who = Principal::user()) {
    return request("POST", target, dump(body), who);
  }
  Answer put(std::string target, const Json& body, Principal who = Principal::user()) {
    return request("PUT", target, dump(body), who);
  }
  Answer patch(std::string target, const Json& body, Principal who = Principal::user()) {
    return request("PATCH", target, dump(body), who);
  }
  Answer del(std::string target, Principal who = Principal::user()) { return request("DELETE", target, {}, who); }

  // A client's upgrade; `headers` may name subprotocols.
  std::shared_ptr<TestSocket> connect(std::string target, Principal who = Principal::user(),
                                      std::map<std::string, std::string> headers = {}) {
    HttpRequest request;
    request.target = std::move(target);
    request.who = std::move(who);
    request.headers = std::move(headers);
    return sockets_.connect(std::move(request));
  }

  // A fact of another plugin.
  void publish(const std::string& topic, const std::string& key, const Json& payload) {
    messages_.deliver(topic, key, dump(payload), topic.substr(0, topic.find('.')));
    world_.settle();
  }
  // A question to a service of the plugin, asked by the plugin `caller`.
  Result<std::string> ask(const std::string& service, const std::string& method, const Json& payload,
                          const Principal& who = Principal::user(), const std::string& caller = "tester") {
    return messages_.ask(service, method, dump(payload), who, caller);
  }
  // The same with a payload that is no JSON, such as CBOR.
  Result<std::string> ask_bytes(const std::string& service, const std::string& method, const std::string& payload,
                                const Principal& who = Principal::user(), const std::string& caller = "tester") {
    return messages_.ask(service, method, payload, who, caller);
  }
  // A stream to a service of the plugin. A refusal is a stream that has closed.
  std::shared_ptr<TestStream> open_stream(const std::string& service, const std::string& method,
                                          const std::string& payload, const Principal& who = Principal::user(),
                                          const std::string& caller = "tester") {
    return streams_.open(service, method, payload, who, caller);
  }
  // A credential, given to the plugin's identity provider.
  Result<AuthenticationAnswer> authenticate(const std::string& credential, std::uint32_t kind = NX_CREDENTIAL_BEARER,
                                            const std::string& address = "192.0.2.1") {
    return auth_.authenticate(credential, kind, address);
  }
  // A command of the plugin's.
  CommandAnswer command(const std::string& name, const std::vector<std::string>& args = {}) {
    return commands_.run(name, args);
  }
  // A changed configuration section: Status::restart_needed where the plugin asks for that.
  Result<void> change_config(const std::string& section_json) {
    NEXUS_TRY(texts_.set_section(section_json));
    if (texts_.config_fn == nullptr) return Error(Status::restart_needed, "the plugin takes no changes");
    auto& call = world_.new_call("configuration change", Principal::nobody());
    const auto status = texts_.config_fn(texts_.config_user_data, call.raw());
    world_.end_call(call);
    world_.settle();
    if (status != NX_OK) return Error(Status{status}, call.error);
    return {};
  }
  // Moves the clock and runs the timers that become due, in order.
  void advance(std::chrono::microseconds by) { clock_.advance(by.count()); }
  // Runs queued work, such as events that a thread of the plugin published.
  void settle() { world_.settle(); }

  // -- what happened

  std::vector<PublishedEvent> events() const { return copy(messages_.published); }
  std::vector<LogLine> log() const { return copy(texts_.lines); }
  std::vector<Invalidation> invalidations() const { return copy(auth_.invalidations); }
  std::vector<AuditEntry> audit() const { return copy(audit_.entries); }
  std::size_t pending_timers() const { return clock_.pending(); }
  // "GET /api/v1/hello" for each route.
  std::vector<std::string> routes() const {
    std::vector<std::string> names;
    for (const auto& route : http_.routes) names.push_back(route.method + " " + route.pattern);
    return names;
  }
  std::vector<std::string> permissions() const { return keys(auth_.titles); }
  std::vector<std::string> topics() const { return keys(messages_.topics); }
  std::vector<std::string> commands() const { return keys(commands_.known); }
  std::vector<std::string> subscriptions() const {
    std::vector<std::string> patterns;
    for (const auto& subscription : messages_.subscriptions) patterns.push_back(subscription.pattern);
    return patterns;
  }
  std::size_t migrations() const { return db_.steps.size(); }

  // What the plugin did wrong so far; the caller takes it over.
  std::vector<std::string> take_failures() {
    const auto guard = world_.lock();
    return std::exchange(world_.failures, {});
  }

  // -- trouble on demand

  // The n-th host call from now on that can fail answers `status`; 1 is the next. Once.
  void fail_call(std::uint64_t n, Status status) {
    const auto guard = world_.lock();
    world_.inject_at = world_.calls_made + n;
    world_.inject_status = static_cast<nx_status>(status);
    world_.injected.clear();
  }
  // The next call of this function ("db.exec", "services.invoke") answers `status`. Once.
  void fail_next(const std::string& function, Status status) {
    const auto guard = world_.lock();
    world_.inject_function = function;
    world_.inject_status = static_cast<nx_status>(status);
    world_.injected.clear();
  }
  // The function that fail_call or fail_next made fail; empty where it was not reached.
  std::string injected() const {
    const auto guard = world_.lock();
    return world_.injected;
  }

  // -- for tests of services and stores

  // The C++ face of this host.
  Host sdk() const { return Host::from(&abi_).value(); }
  const nx_host* abi() const noexcept { return &abi_; }
  TestCall call(const Principal& who = Principal::user()) { return TestCall(world_.new_call("test", who), sdk()); }
  // Statements of the test's own, without parameters.
  Result<void> sql(const std::string& statements) { return db_.script(statements); }

 private:
  Result<void> create(const std::string& id, nx_status (*make)(const nx_host*, const nx_plugin**)) {
    if (plugin_ != nullptr) return Error(Status::phase, "a FakeHost takes one plugin");
    name_plugin(id);
    world_.phase = detail::Phase::creating;
    world_.has_plugin = true;
    const auto status = make(&abi_, &plugin_);
    world_.phase = detail::Phase::created;
    if (status != NX_OK) return Error(Status{status}, "create failed");
    return {};
  }

  Result<void> check_declarations() {
    for (const auto& route : http_.routes) {
      if (!route.permission.empty() && !auth_.declared(route.permission)) {
        return Error(Status::invalid,
                     "route " + route.pattern + " needs the undeclared permission " + route.permission);
      }
    }
    const auto check_text = [&](const std::string& key) {
      for (const auto* locale : {"en", "zh-CN"}) texts_.text_of(locale, key, nullptr, 0);
    };
    for (const auto& [name, title] : auth_.titles) check_text(title);
    for (const auto& [name, command] : commands_.known) check_text(command.summary_key);
    return {};
  }

  void destroy() {
    plugin_->destroy(plugin_->self);
    plugin_ = nullptr;
    world_.phase = detail::Phase::stopped;
  }

  void name_plugin(const std::string& id) {
    world_.plugin_id = id;
    abi_.plugin_id = to_abi(world_.plugin_id);
  }

  Answer request(std::string method, std::string& target, std::string body, Principal& who) {
    HttpRequest request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.body = std::move(body);
    request.who = std::move(who);
    return send(std::move(request));
  }

  static nx_status get_interface(const nx_host* host, nx_str id, std::uint32_t min_minor, const void** out) noexcept {
    const auto& me = *static_cast<FakeHost*>(detail::World::of(host).owner);
    const std::pair<std::string_view, const void*> tables[] = {
        {NX_AUDIT_ID, &me.audit_.table},
        {NX_AUTH_ID, &me.auth_.table},
        {NX_CALL_ID, &me.calls_.table},
        {NX_CLOCK_ID, &me.clock_.table},
        {NX_COMMANDS_ID, &me.commands_.table},
        {NX_CONFIG_ID, &me.texts_.config_table},
        {NX_DB_ID, &me.db_.table},
        {NX_EVENTS_ID, &me.messages_.events_table},
        {NX_HTTP_ID, &me.http_.table},
        {NX_I18N_ID, &me.texts_.i18n_table},
        {NX_LOG_ID, &me.texts_.log_table},
        {NX_SECRETS_ID, &me.texts_.secrets_table},
        {NX_WS_ID, &me.sockets_.table},
        {NX_SERVICES_ID, &me.messages_.services_table},
    };
    for (const auto& [name, table] : tables) {
      // Every table begins with its size and its revision.
      if (name != view(id) || min_minor > static_cast<const std::uint32_t*>(table)[1]) continue;
      *out = table;
      return NX_OK;
    }
    return NX_E_UNSUPPORTED;
  }

  template <class Value>
  std::vector<Value> copy(const std::vector<Value>& values) const {
    const auto guard = world_.lock();
    return values;
  }
  template <class Value>
  static std::vector<std::string> keys(const std::map<std::string, Value>& values) {
    std::vector<std::string> names;
    names.reserve(values.size());
    for (const auto& [name, unused] : values) names.push_back(name);
    return names;
  }

  detail::World world_;
  detail::FakeCalls calls_{world_};
  detail::FakeTexts texts_{world_};
  detail::FakeAuth auth_{world_};
  detail::FakeClock clock_{world_};
  detail::FakeHttp http_{world_};
  detail::FakeWs sockets_{world_};
  detail::FakeDb db_{world_};
  detail::FakeMessages messages_{world_};
  detail::FakeStreams streams_{world_, messages_.services_table};
  detail::FakeAudit audit_{world_};
  detail::FakeCommands commands_{world_};
  std::string config_ = "{}";
  nx_host abi_{};
  const nx_plugin* plugin_ = nullptr;
};

}  // namespace nexus::testing
