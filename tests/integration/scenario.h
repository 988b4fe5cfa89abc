// A real panel with a database of its own, and a client that speaks to it: what every scenario starts with.
//
// The database is SQLite, or MariaDB where the environment says NEXUS_TEST_DATABASE=mariadb; CTest runs the suite once
// on each.
#pragma once

#include "integration/json_match.h"

#include <sys/types.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace nexus::test {

struct Answer {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string text;
  Json body;  // null where `text` is no JSON

  const Json& data() const { return body.at("data"); }
  // 0 where `text` is no JSON object.
  std::int64_t code() const { return body.is_object() ? body.value("code", std::int64_t{0}) : 0; }
};

using Headers = std::vector<std::pair<std::string, std::string>>;

struct ScenarioOptions {
  std::string config = {};  // more YAML for the configuration file
  std::string rate_limits = "rate_limits: {general_per_minute: 0, auth_per_minute: 0}";
  std::string admin_password = "Adm1n-of-the-Panel";
  std::vector<std::pair<std::string, std::string>> environment = {};
  std::string data_dir = {};  // empty: one of its own
};

bool on_mariadb();

class Scenario {
 public:
  explicit Scenario(ScenarioOptions options = {});
  ~Scenario();
  Scenario(const Scenario&) = delete;
  Scenario& operator=(const Scenario&) = delete;

  Answer send(const std::string& method, const std::string& path, const std::string& body,
              const std::string& token = {}, const Headers& headers = {});
  Answer get(const std::string& path, const std::string& token = {}, const Headers& headers = {}) {
    return send("GET", path, "", token, headers);
  }
  Answer post(const std::string& path, const Json& body, const std::string& token = {}, const Headers& headers = {}) {
    return send("POST", path, body.dump(), token, headers);
  }
  Answer patch(const std::string& path, const Json& body, const std::string& token) {
    return send("PATCH", path, body.dump(), token);
  }
  Answer remove(const std::string& path, const std::string& token) { return send("DELETE", path, "", token); }

  // An access token of the first admin, or of a user that is registered when first named.
  std::string admin();
  std::string user(const std::string& name);
  static constexpr const char* kPassword = "SecureP@ss123";
  // The token of a new session of one of them; throws where the log-in is refused.
  std::string log_in(const std::string& name);
  // After all sessions were ended: the next use of admin() and user() logs in again.
  void forget_tokens();

  // Stops the panel (gently, or with SIGKILL) and starts it again on the same data.
  void restart(bool kill = false);
  // Stops it gently for good; the scenario fails where it does not end with 0.
  void stop();
  std::uint16_t port() const;
  pid_t pid() const;
  std::string data_dir() const;
  std::string config_file() const;  // of the panel that runs
  std::string log() const;          // everything the panel has written so far

  // MariaDB only. A frozen server takes connections and answers nothing.
  void kill_database();
  void start_database();
  void freeze_database();
  void thaw_database();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace nexus::test
