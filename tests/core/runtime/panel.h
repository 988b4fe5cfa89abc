// A runtime with a real SQLite database in a folder of its own, and small plugins in this process.
#pragma once

#include "core/runtime/plugin_host.h"
#include "core/runtime/runtime.h"
#include "support/scratch_folder.h"

#include <nexus/cpp/plugin.h>

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace nexus::test {

using Moment = std::chrono::steady_clock::time_point;
inline Moment in(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }
inline constexpr std::chrono::seconds kPatience{20};

// Waits for a condition of the test; false after kPatience.
bool eventually(const std::function<bool()>& condition);

// A gate that a test opens, for callbacks that shall wait.
class Gate {
 public:
  void open();
  void wait();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

// Keeps what is logged: "component message value value".
class Lines final : public core::Logger {
 public:
  void write(std::int32_t level, std::string_view component, std::string_view message, std::span<const nx_kv> fields,
             std::string_view request_id) noexcept override;
  const volatile std::int32_t* threshold() const noexcept override { return &level_; }
  void set_level(std::int32_t level) noexcept override { level_ = level; }
  Result<void> reopen() override { return {}; }

  bool contain(std::string_view text) const;
  std::size_t count(std::string_view text) const;

 private:
  mutable std::mutex mutex_;
  std::int32_t level_ = NX_LOG_DEBUG;
  std::vector<std::string> lines_;
};

// One request without a socket.
class Request final : public api::Exchange {
 public:
  std::string_view method() const noexcept override { return "GET"; }
  std::string_view path() const noexcept override { return "/thing/7"; }
  std::optional<std::string_view> path_param(std::string_view name) const noexcept override {
    return name == "id" ? std::optional<std::string_view>("7") : std::nullopt;
  }
  std::optional<std::string_view> query(std::string_view name) const noexcept override {
    return name == "empty" ? std::optional<std::string_view>("") : std::nullopt;
  }
  std::optional<std::string_view> header(std::string_view) const noexcept override { return std::nullopt; }
  std::string_view body() const noexcept override { return "{}"; }
  std::string_view request_id() const noexcept override { return "request-1"; }
  std::string_view trace_parent() const noexcept override { return {}; }
  std::string_view locale() const noexcept override { return locale_text; }
  std::string_view remote_address() const noexcept override { return "192.0.2.1"; }
  const std::shared_ptr<const api::Principal>& principal() const noexcept override { return who; }
  api::Clock::time_point deadline() const noexcept override { return until; }
  bool abandoned() const noexcept override { return gone || answered_.load(); }
  std::shared_ptr<api::WebSocketSession> websocket() override { return socket; }
  bool accept(std::shared_ptr<api::WebSocketHandler> handler) override {
    if (answered_) return false;
    accepted = std::move(handler);
    answered_ = true;
    return true;
  }
  bool respond(api::Response response) override;

  // Waits for the answer.
  api::Response answer();
  bool answered() const { return answered_.load(); }
  int answers() const { return answers_.load(); }

  std::string locale_text = "en";
  std::shared_ptr<const api::Principal> who;
  Moment until = in(std::chrono::seconds(30));
  std::atomic<bool> gone{false};
  std::shared_ptr<api::WebSocketSession> socket;    // of an upgrade
  std::shared_ptr<api::WebSocketHandler> accepted;  // what it was accepted with

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> answered_{false};
  std::atomic<int> answers_{0};
  api::Response response_;
};

// The edge's list of routes, without the network.
class Routes final : public api::Server {
 public:
  Result<void> add_route(api::RouteSpec route) override;
  Result<void> add_schemas(const std::string&, std::string_view) override { return {}; }
  void remove_owner(const std::string& owner) override;
  void suspend_owner(const std::string& owner, const std::vector<api::RoutePlace>& places) override;
  void start() override {}
  std::uint16_t port() const noexcept override { return 0; }
  bool drain(api::Clock::time_point) override { return true; }
  void set_rate_limits(const api::RateLimits&) override {}
  std::shared_ptr<const std::string> openapi() const override { return nullptr; }
  void close_websockets(const std::function<bool(const api::Principal&)>& matches, std::uint16_t code,
                        std::string_view) override {
    if (on_close_websockets) on_close_websockets(matches, code);
  }
  std::size_t websockets() const noexcept override { return 0; }
  api::EngineCounters counters() const noexcept override { return {}; }

  std::size_t count() const;
  // Of the pattern.
  api::RouteSpec spec(const std::string& pattern) const;
  // The patterns that answer 503 now.
  std::vector<std::string> suspended(const std::string& owner) const;
  // Runs the handler of the pattern here.
  std::shared_ptr<Request> call(const std::string& pattern, std::shared_ptr<Request> request = nullptr);
  std::function<void(const std::function<bool(const api::Principal&)>&, std::uint16_t)> on_close_websockets;
  std::string refused_pattern;  // the edge finds something wrong with it

 private:
  mutable std::mutex mutex_;
  std::vector<api::RouteSpec> routes_;
  std::map<std::string, std::vector<std::string>> suspended_;
};

class Panel;

// A plugin as raw C, whose functions a test fills in. It leaves the panel before it goes; a test's own kind of plugin
// calls leave() in its destructor, while its members still live.
struct RawPlugin {
  explicit RawPlugin(std::uint32_t flags = NX_PLUGIN_CONCURRENT);
  ~RawPlugin() { leave(); }
  RawPlugin(const RawPlugin&) = delete;
  RawPlugin& operator=(const RawPlugin&) = delete;
  void leave();
  Panel* home = nullptr;
  std::function<nx_status(nx_reg*, nx_call*)> on_register = [](nx_reg*, nx_call*) { return NX_OK; };
  std::function<nx_status(nx_call*)> on_start = [](nx_call*) { return NX_OK; };
  std::function<void()> on_quiesce = [] {};
  std::function<void()> on_stop = [] {};
  std::function<void()> on_destroy = [] {};
  nx_plugin table{};
};

struct PanelOptions {
  unsigned workers = 3;
  std::chrono::milliseconds start_deadline{30'000};
};

class Panel {
 public:
  using Options = PanelOptions;
  explicit Panel(Options options = {});
  ~Panel();

  // Registers and starts; asserts that both succeed.
  core::PluginHost& add(const std::string& id, RawPlugin& plugin);
  core::PluginHost& make(const std::string& id, RawPlugin& plugin);
  // For a plugin that belongs to nobody here.
  core::PluginHost& make(const std::string& id);
  // The way down of one plugin: quiesce, drain, stop, destroy, withdraw.
  void remove(core::PluginHost& host);
  void remove(RawPlugin& plugin);
  Host host(core::PluginHost& plugin) { return Host::from(plugin.abi()).value(); }

  Result<std::unique_ptr<core::Runtime>> second_runtime();

  ScratchFolder scratch;  // goes last
  const std::string& folder = scratch.path();
  Lines lines;
  Routes routes;
  std::unique_ptr<storage::Database> database;
  std::unique_ptr<core::Runtime> runtime;

 private:
  Options options_;
  struct Entry {
    std::unique_ptr<core::PluginHost> host;
    RawPlugin* plugin;
  };
  std::vector<Entry> hosts_;
};

// Shorthands for registration.
nx_status add_route(const Host& host, nx_reg* reg, const char* pattern, nx_http_fn fn, void* user_data,
                    std::uint32_t flags = 0, const char* permission = "");
nx_status declare_topic(const Host& host, nx_reg* reg, const std::string& name, const char* schema = "{}",
                        std::uint32_t flags = 0);
nx_status subscribe(const Host& host, nx_reg* reg, const char* pattern, nx_event_fn fn, void* user_data,
                    std::uint32_t length = 0, std::uint32_t overflow = NX_OVERFLOW_DROP_NEWEST);
nx_status reply(const Host& host, nx_http* http, const char* data);

}  // namespace nexus::test
