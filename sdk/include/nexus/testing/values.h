// What a test gives to a FakeHost and what it gets back: plain values.
#pragma once

#include <nexus/cpp/json.h>

#include <chrono>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace nexus::testing {

// On whose behalf a request, an event or a question runs.
struct Principal {
  std::int64_t user_id = 0;
  std::string user_name;
  std::string role;
  std::string session_id;
  std::string token_id;
  std::string locale;
  std::int64_t authenticated_us = 0;
  std::int64_t elevated_until_us = std::numeric_limits<std::int64_t>::max();  // 0: step-up needed
  std::optional<std::vector<std::string>> scopes = {};                        // of an API token
  bool has_second_factor = false;

  static Principal nobody() { return {}; }
  static Principal admin() { return {1, "admin", "admin", "session-1", "token-1", "en"}; }
  static Principal user(std::int64_t id = 2, std::string name = "alice") {
    const auto number = std::to_string(id);
    return {id, std::move(name), "user", "session-" + number, "token-" + number, "en"};
  }
  // An API token of user 2.
  static Principal token(std::vector<std::string> scopes) {
    auto who = user();
    who.session_id.clear();
    who.elevated_until_us = 0;
    who.scopes = std::move(scopes);
    return who;
  }
  static Principal with_role(std::string role) {
    auto who = user();
    who.role = std::move(role);
    return who;
  }
};

struct HttpRequest {
  std::string method = "GET";
  std::string target;  // path, with or without a query; percent-encoded
  std::string body = {};
  Principal who = Principal::user();
  std::map<std::string, std::string> headers = {};
  std::string remote_address = "192.0.2.1";
};

// What a client would have got. `message` and `details` are in the language of the caller.
struct Answer {
  std::int32_t http_status = 0;
  std::int32_t app_code = 0;  // 0 is success
  std::string message;
  std::string details;
  Json data;   // null where there is no `data` member
  Json extra;  // null, or the members at the envelope's top level
  std::string field;
  std::string rule;
  std::string content_type;  // of a raw answer; empty otherwise
  std::string body;
  std::map<std::string, std::string> headers;
  AuditNote audit;  // what it says for the audit trail
};

// An entry that the plugin recorded by itself.
struct AuditEntry {
  std::string action;
  std::string target;
  Json details;  // null where there are none
  std::uint32_t result = NX_AUDIT_OK;
  std::int64_t user_id = 0;
};

struct CommandAnswer {
  Status status = Status::ok;
  std::string text;
  std::string reason;  // of a failure
};

struct LogLine {
  std::int32_t level = 0;  // NX_LOG_*
  std::string message;
  std::map<std::string, std::string> fields;
  std::string request_id;
};

struct PublishedEvent {
  std::string topic;
  std::string key;
  Json payload;
  std::string request_id;
};

struct Invalidation {
  std::uint32_t kind = 0;  // NX_INVALIDATE_*
  std::string id;
};

// What an identity provider answered.
struct AuthenticationAnswer {
  std::int32_t app_code = 0;  // 0: `who` is the caller
  Principal who;
  std::int64_t valid_until_us = 0;
};

struct Options {
  // Where the clock stands at first; 2024-01-01T00:00:00Z.
  std::int64_t now_us = 1'704'067'200 * kMicrosecondsPerSecond;
  // Waiting for an answer jumps to the next timer; otherwise only advance() moves the clock.
  bool automatic_clock = false;
  // Real time that a late answer of a plugin's own thread may take.
  std::chrono::milliseconds patience{5000};
  std::int32_t log_threshold = NX_LOG_DEBUG;
  std::string data_dir = "/nonexistent";
};

}  // namespace nexus::testing
