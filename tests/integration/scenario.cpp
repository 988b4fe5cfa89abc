#include "integration/scenario.h"

#include "support/mariadb_server.h"
#include "support/panel_process.h"

#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace nexus::test {

bool on_mariadb() {
  const char* database = std::getenv("NEXUS_TEST_DATABASE");
  return database != nullptr && std::string(database) == "mariadb";
}

struct Scenario::State {
  explicit State(ScenarioOptions scenario) {
    options.config = scenario.rate_limits + "\n" + scenario.config + "\n";
    if (on_mariadb()) options.config += "storage: {url: '" + MariadbServer::shared().create_database() + "'}\n";
    if (!scenario.admin_password.empty()) options.environment["NEXUS_ADMIN_PASSWORD"] = scenario.admin_password;
    for (const auto& [name, value] : scenario.environment) options.environment[name] = value;
    options.data_dir = scenario.data_dir.empty() ? folder.path() + "/data" : scenario.data_dir;
    admin_password = scenario.admin_password;
    start();
  }

  void start() {
    panel = std::make_unique<PanelProcess>(options);
    client = std::make_unique<HttpClient>(panel->port());
  }

  void stop(bool kill) {
    client.reset();
    earlier_log += panel->log() + panel->errors();
    if (std::getenv("NEXUS_TEST_SHOW_LOG") != nullptr) std::fputs(earlier_log.c_str(), stderr);
    if (kill) {
      panel->kill_now();
    } else {
      CHECK(panel->terminate() == 0);
      CHECK(panel->sanitizer_report() == "");
    }
    panel.reset();
  }

  TemporaryFolder folder;
  PanelOptions options;
  std::string admin_password;
  std::string earlier_log;
  std::unique_ptr<PanelProcess> panel;
  std::unique_ptr<HttpClient> client;
  std::map<std::string, std::string> tokens;
};

Scenario::Scenario(ScenarioOptions options) : state_(std::make_unique<State>(std::move(options))) {}

// A panel that does not end with 0, or that a sanitizer has found fault with, fails the scenario.
Scenario::~Scenario() {
  if (state_->panel != nullptr) state_->stop(false);
}

Answer Scenario::send(const std::string& method, const std::string& path, const std::string& body,
                      const std::string& token, const Headers& headers) {
  std::map<std::string, std::string> all(headers.begin(), headers.end());
  if (!token.empty()) all["Authorization"] = "Bearer " + token;
  const auto raw = state_->client->request(method, path, body.empty() ? std::nullopt : std::optional(body), all);
  Answer answer;
  answer.status = raw.status;
  answer.headers = {raw.headers.begin(), raw.headers.end()};
  answer.text = raw.body;
  answer.body = Json::parse(raw.body, nullptr, false);
  if (answer.body.is_discarded()) answer.body = nullptr;
  return answer;
}

std::string Scenario::log_in(const std::string& name) {
  const auto password = name == "admin" ? state_->admin_password : kPassword;
  const auto login = post("/api/v1/auth/login", {{"username", name}, {"password", password}});
  if (login.status != 200) throw std::runtime_error(name + " cannot log in: " + login.text);
  return login.data().at("access_token");
}

std::string Scenario::admin() {
  auto& token = state_->tokens["admin"];
  if (token.empty()) token = log_in("admin");
  return token;
}

std::string Scenario::user(const std::string& name) {
  const auto [entry, is_new] = state_->tokens.try_emplace(name);
  if (is_new) {
    const auto registered =
        post("/api/v1/auth/register", {{"username", name}, {"email", name + "@example.com"}, {"password", kPassword}});
    if (registered.status != 201) throw std::runtime_error(name + " cannot register: " + registered.text);
  }
  if (entry->second.empty()) entry->second = log_in(name);
  return entry->second;
}

void Scenario::forget_tokens() {
  for (auto& [name, token] : state_->tokens) token.clear();
}

void Scenario::restart(bool kill) {
  state_->stop(kill);
  state_->start();
}

void Scenario::stop() { state_->stop(false); }

std::uint16_t Scenario::port() const { return state_->panel->port(); }
pid_t Scenario::pid() const { return state_->panel->pid(); }
std::string Scenario::data_dir() const { return state_->options.data_dir; }
std::string Scenario::config_file() const { return state_->panel->config_file(); }
std::string Scenario::log() const { return state_->earlier_log + state_->panel->log() + state_->panel->errors(); }

void Scenario::kill_database() { MariadbServer::shared().kill(); }
void Scenario::start_database() { MariadbServer::shared().start(); }
void Scenario::freeze_database() { MariadbServer::shared().freeze(); }
void Scenario::thaw_database() { MariadbServer::shared().thaw(); }

}  // namespace nexus::test
