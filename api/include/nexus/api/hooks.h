// What the edge asks of the host.
#pragma once

#include <nexus/api/exchange.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace nexus::api {

// What a client showed to say who it is.
enum class CredentialKind : std::uint8_t {
  bearer,  // of an Authorization header
  ticket,  // of a WebSocket's query; good once
};

// Who a credential stands for: a principal, or the error to answer (40002, 40003, 50301).
struct Authentication {
  std::shared_ptr<const Principal> principal;
  std::int32_t app_code = 0;
};

// One line of the access log.
struct AccessRecord {
  std::string_view request_id;
  std::string_view method;
  std::string_view path;  // without the query, which may carry secrets
  int status = 0;
  std::chrono::microseconds duration{0};
  std::size_t bytes = 0;
  std::string_view remote_address;
  std::int64_t user_id = 0;
};

// Whether a caller may use what a permission guards.
enum class Access {
  granted,
  not_held,      // the caller's role does not hold it
  out_of_scope,  // it does, but the API token was not given it
};

// A request that changed something, or was refused a permission.
struct AuditEvent {
  std::string_view request_id;
  std::string_view owner;      // of the route: a plugin's id, or "host"
  std::string_view operation;  // its operationId
  std::string_view method;
  std::string_view path;
  std::string_view remote_address;
  const Principal* principal = nullptr;  // null: nobody is logged in
  int status = 0;
  std::int32_t app_code = 0;           // 0: success
  const Response* response = nullptr;  // its audit_* members
};

class Hooks {
 public:
  virtual ~Hooks() = default;

  // What is remembered of a token: an answer at once, or nullopt. On I/O threads: must not block.
  virtual std::optional<Authentication> remembered(std::string_view token) noexcept = 0;
  // Finds out; `done` is called exactly once, from any thread. Must not block.
  virtual void authenticate(CredentialKind kind, std::string credential, const Exchange& exchange,
                            std::function<void(Authentication)> done) = 0;
  virtual Access access_to(const Principal& principal, std::string_view permission) noexcept = 0;
  // The text of `key` in `locale` with {name} replaced; the key itself where it is unknown.
  virtual std::string translate(std::string_view locale, std::string_view key, std::span<const TextArg> args) = 0;
  // Runs work on the worker pool; false where its queue is full. Must not block.
  virtual bool post(std::function<void()> work) = 0;
  virtual void access(const AccessRecord& record) noexcept = 0;
  // Takes the event (copied) to the audit trail. `written` is called exactly once, from any thread: when the entry is
  // on disk, or when it is clear that it cannot be put there in time. Must not block. Where it throws, `written` is not
  // called.
  virtual void audit(const AuditEvent& event, std::function<void()> written) = 0;
  // A bug or a broken contract, for the log.
  virtual void problem(std::string_view message, std::string_view request_id) noexcept = 0;
};

}  // namespace nexus::api
