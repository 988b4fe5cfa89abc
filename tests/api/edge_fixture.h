// The pipeline with real routes, and a host whose answers a test chooses. Requests are messages as the engine makes
// them.
#pragma once

#include "pipeline.h"
#include "registry.h"
#include "text.h"

#include <nexus/api/server.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace nexus::api::test {

// A host whose pool is one thread, and whose tokens are in a table.
class Host final : public Hooks {
 public:
  Host() : pool_([this] { work(); }) {}
  ~Host() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    pool_.join();
  }

  std::optional<Authentication> remembered(std::string_view token) noexcept override {
    longest_token = std::max(longest_token, token.size());
    const auto found = tokens.find(std::string(token));
    return found == tokens.end() || finds_out ? std::nullopt : std::optional(found->second);
  }
  void authenticate(CredentialKind, std::string token, const Exchange&,
                    std::function<void(Authentication)> done) override {
    const auto found = tokens.find(token);
    const Authentication answer = found == tokens.end() ? Authentication{nullptr, 40003} : found->second;
    if (hold_authentication) {
      held_authentication = [done = std::move(done), answer] { done(answer); };
      holds_one = true;
    } else if (finds_out) {
      post([done = std::move(done), answer] { done(answer); });
    } else {
      done(answer);
    }
  }
  Access access_to(const Principal& who, std::string_view permission) noexcept override {
    if (who.role != "admin" && permission != "servers.view") return Access::not_held;
    const auto given = std::find(who.scopes.begin(), who.scopes.end(), permission) != who.scopes.end();
    return !who.is_scoped || given ? Access::granted : Access::out_of_scope;
  }
  // "owner operation method path status code address user-id given-name target"
  void audit(const AuditEvent& event, std::function<void()> written) override {
    if (audit_throws) throw std::runtime_error("no memory");
    {
      const std::lock_guard lock(mutex_);
      std::string line;
      for (const auto part : {event.owner, event.operation, event.method, event.path}) line.append(part).append(" ");
      line += std::to_string(event.status) + " " + std::to_string(event.app_code) + " ";
      line.append(event.remote_address).append(" ");
      line += std::to_string(event.principal == nullptr ? 0 : event.principal->user_id);
      line += " " + event.response->audit_user + " " + event.response->audit_target;
      audits.push_back(std::move(line));
      wake_.notify_all();
      if (holds_audit) {
        held_audits.push_back(std::move(written));
        return;
      }
    }
    written();
  }
  // Waits for as many entries, and gives a moment to one too many.
  std::vector<std::string> wait_for_audits(std::size_t count) {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, std::chrono::seconds(10), [&] { return audits.size() >= count; });
    lock.unlock();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    lock.lock();
    return audits;
  }
  std::string translate(std::string_view locale, std::string_view key, std::span<const TextArg> args) override {
    if (key == "servers.created") return locale == "en" ? "Server added" : "服务器添加成功";
    if (key == "servers.taken") return filled(locale == "en" ? "{name} is taken" : "{name} 已被占用", args);
    if (key == "throws") throw std::runtime_error("catalogue is broken");
    return std::string(key);
  }
  bool post(std::function<void()> work) override {
    if (pool_is_full) return false;
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(work));
    wake_.notify_one();
    return true;
  }
  void access(const AccessRecord& record) noexcept override {
    const std::lock_guard lock(mutex_);
    accesses.push_back(std::string(record.method) + " " + std::string(record.path) + " " +
                       std::to_string(record.status) + " " + std::string(record.remote_address) + " " +
                       std::to_string(record.user_id));
  }
  void problem(std::string_view message, std::string_view) noexcept override {
    const std::lock_guard lock(mutex_);
    problems.emplace_back(message);
  }

  void add_token(const std::string& token, std::int64_t user_id, const std::string& role,
                 const std::string& locale = "") {
    auto principal = std::make_shared<Principal>();
    principal->user_id = user_id;
    principal->role = role;
    principal->locale = locale;
    tokens[token] = {std::move(principal), 0};
  }
  std::vector<std::string> all_accesses() {
    const std::lock_guard lock(mutex_);
    return accesses;
  }
  std::vector<std::string> all_problems() {
    const std::lock_guard lock(mutex_);
    return problems;
  }

  std::map<std::string, Authentication> tokens;
  bool finds_out = false;            // nothing is remembered; answers come from the pool
  bool hold_authentication = false;  // answers wait in held_authentication
  bool pool_is_full = false;
  std::size_t longest_token = 0;  // that anybody was asked about
  std::function<void()> held_authentication;
  std::atomic<bool> holds_one = false;  // what is written before is seen by who sees it
  bool holds_audit = false;             // entries are not written yet: what waits for them is in held_audits
  bool audit_throws = false;
  std::vector<std::function<void()>> held_audits;
  std::vector<std::string> audits;
  std::vector<std::string> accesses;
  std::vector<std::string> problems;

 private:
  void work() {
    std::unique_lock lock(mutex_);
    while (!stopping_ || !queue_.empty()) {
      if (queue_.empty()) {
        wake_.wait(lock);
        continue;
      }
      auto job = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      job();
      job = nullptr;
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  std::thread pool_;
};

// The other end: keeps the answer.
class Client final : public Responder::Target {
 public:
  void answer(AnswerMessage answer) override {
    const std::lock_guard lock(mutex_);
    ++answers_;
    answer_ = std::move(answer);
    wake_.notify_all();
  }
  bool abandoned() const noexcept override { return gone; }

  // Waits for the answer; fails the test's expectations with status 0 where none comes.
  AnswerMessage wait(std::chrono::seconds limit = std::chrono::seconds(10)) {
    std::unique_lock lock(mutex_);
    if (!wake_.wait_for(lock, limit, [this] { return answers_ > 0; })) return AnswerMessage{0, {}, {}, false};
    return answer_;
  }
  int answers() {
    const std::lock_guard lock(mutex_);
    return answers_;
  }

  std::atomic<bool> gone{false};

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  AnswerMessage answer_;
  int answers_ = 0;
};

using Fields = std::vector<std::pair<std::string, std::string>>;

struct Sent {
  std::string method = "GET";
  std::string target = "/";
  Fields fields;
  std::string body;
  std::string peer = "192.0.2.1";
};

inline RequestMessage to_message(Sent sent) {
  auto storage = std::make_shared<Sent>(std::move(sent));
  RequestMessage message;
  message.method = storage->method;
  message.target = storage->target;
  for (const auto& [name, value] : storage->fields) message.fields.push_back({name, value});
  message.body = storage->body;
  message.peer = storage->peer;
  message.received = Clock::now();
  message.storage = storage;
  return message;
}

inline std::string header_of(const AnswerMessage& answer, const std::string& name) {
  for (std::size_t start = 0; start < answer.fields.size();) {
    const std::size_t end = answer.fields.find("\r\n", start);
    const auto line = std::string_view(answer.fields).substr(start, end - start);
    start = end + 2;
    if (line.size() > name.size() && line[name.size()] == ':' &&
        equals_ignoring_case(line.substr(0, name.size()), name)) {
      return std::string(trimmed(line.substr(name.size() + 1)));
    }
  }
  return {};
}

struct Edge {
  explicit Edge(const RateLimits& limits = {0, 0}, const std::vector<std::string>& proxies = {})
      : pipeline(std::make_shared<Pipeline>(host, TrustedProxies::parse(proxies).value(), limits)),
        registry(pipeline->router(), pipeline->texts(), "Test", "1") {}
  ~Edge() { pipeline->stop(); }

  std::shared_ptr<Client> send(Sent sent) {
    auto client = std::make_shared<Client>();
    pipeline->handle(to_message(std::move(sent)), Responder(client));
    return client;
  }
  AnswerMessage ask(Sent sent) { return send(std::move(sent))->wait(); }

  // A public route that answers 200 unless the test changes it.
  static RouteSpec route(std::string method, std::string pattern, std::string openapi = R"({"responses":{"200":{}}})") {
    RouteSpec spec;
    spec.owner = "test";
    spec.method = std::move(method);
    spec.pattern = std::move(pattern);
    spec.openapi_json = std::move(openapi);
    spec.is_public = true;
    spec.handler = [](const std::shared_ptr<Exchange>& exchange) { exchange->respond({}); };
    return spec;
  }

  Host host;
  std::shared_ptr<Pipeline> pipeline;
  Registry registry;
};

}  // namespace nexus::api::test
