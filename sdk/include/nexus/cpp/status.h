// The ABI's outcome codes as a type, and the documented application codes of the REST API.
#pragma once

#include <nexus/base.h>

#include <cstdint>
#include <string_view>

namespace nexus {

enum class Status : nx_status {
  ok = NX_OK,
  invalid = NX_E_INVALID,
  not_found = NX_E_NOT_FOUND,
  denied = NX_E_DENIED,
  unsupported = NX_E_UNSUPPORTED,
  stale = NX_E_STALE,
  busy = NX_E_BUSY,
  timeout = NX_E_TIMEOUT,
  cancelled = NX_E_CANCELLED,
  conflict = NX_E_CONFLICT,
  limit = NX_E_LIMIT,
  phase = NX_E_PHASE,
  exception = NX_E_EXCEPTION,
  unavailable = NX_E_UNAVAILABLE,
  restart_needed = NX_E_RESTART_NEEDED,
  internal = NX_E_INTERNAL,
};

// Name for logs: "not_found".
constexpr std::string_view to_string(Status status) noexcept {
  switch (status) {
    case Status::ok: return "ok";
    case Status::invalid: return "invalid";
    case Status::not_found: return "not_found";
    case Status::denied: return "denied";
    case Status::unsupported: return "unsupported";
    case Status::stale: return "stale";
    case Status::busy: return "busy";
    case Status::timeout: return "timeout";
    case Status::cancelled: return "cancelled";
    case Status::conflict: return "conflict";
    case Status::limit: return "limit";
    case Status::phase: return "phase";
    case Status::exception: return "exception";
    case Status::unavailable: return "unavailable";
    case Status::restart_needed: return "restart_needed";
    case Status::internal: return "internal";
  }
  return "internal";
}

// Application codes: the `code` of an error envelope. The table with their meaning is docs/api.md.
namespace code {
inline constexpr std::int32_t kMalformed = 40000;
inline constexpr std::int32_t kBadCredentials = 40001;
inline constexpr std::int32_t kTokenExpired = 40002;
inline constexpr std::int32_t kTokenInvalid = 40003;
inline constexpr std::int32_t kSecondFactorNeeded = 40004;
inline constexpr std::int32_t kForbidden = 40301;
inline constexpr std::int32_t kStepUpNeeded = 40302;
inline constexpr std::int32_t kNotFound = 40401;
inline constexpr std::int32_t kMethodNotAllowed = 40501;
inline constexpr std::int32_t kRequestTimeout = 40801;
inline constexpr std::int32_t kExists = 40901;
inline constexpr std::int32_t kHostKeyChanged = 40902;
inline constexpr std::int32_t kWrongState = 40903;
inline constexpr std::int32_t kBodyTooLarge = 41301;
inline constexpr std::int32_t kTargetTooLong = 41401;
inline constexpr std::int32_t kUnsupportedMediaType = 41501;
inline constexpr std::int32_t kValidation = 42201;
inline constexpr std::int32_t kRateLimited = 42901;
inline constexpr std::int32_t kHeadersTooLarge = 43101;
inline constexpr std::int32_t kInternal = 50001;
inline constexpr std::int32_t kNotImplemented = 50101;
inline constexpr std::int32_t kSshFailed = 50201;
inline constexpr std::int32_t kUnavailable = 50301;
inline constexpr std::int32_t kRemoteTimeout = 50401;
inline constexpr std::int32_t kDiskFull = 50701;
}  // namespace code

// The application code of a failure that names none.
constexpr std::int32_t app_code(Status status) noexcept {
  switch (status) {
    case Status::invalid: return code::kMalformed;
    case Status::not_found: return code::kNotFound;
    case Status::denied: return code::kForbidden;
    case Status::conflict: return code::kExists;
    case Status::busy:
    case Status::unavailable: return code::kUnavailable;
    case Status::timeout: return code::kRemoteTimeout;
    case Status::unsupported: return code::kNotImplemented;
    default: return code::kInternal;
  }
}

// HTTP status of an application code: its first three digits, but 401 for 40001 to 40099 (bad or missing credentials).
constexpr std::int32_t http_status(std::int32_t app_code) noexcept {
  return app_code > 40000 && app_code < 40100 ? 401 : app_code / 100;
}

}  // namespace nexus
