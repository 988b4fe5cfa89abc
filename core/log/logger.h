// The panel's log: one structured line per fact.
//
//   2026-01-15T10:30:00.123456Z info  auth  signed in  user_id=7 request_id=01J...
#pragma once

#include <nexus/base.h>
#include <nexus/cpp/result.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace nexus::core {

// Thread-safe; writing never throws and a full disk only loses lines (counted).
class Logger {
 public:
  // Levels are NX_LOG_*. An empty `file` is standard error; a file is made with mode 0600.
  static Result<std::unique_ptr<Logger>> open(std::int32_t level, const std::string& file);
  virtual ~Logger() = default;

  // `component` is a plugin id or "host". Control characters in all texts are escaped.
  virtual void write(std::int32_t level, std::string_view component, std::string_view message,
                     std::span<const nx_kv> fields = {}, std::string_view request_id = {}) noexcept = 0;
  virtual const volatile std::int32_t* threshold() const noexcept = 0;
  virtual void set_level(std::int32_t level) noexcept = 0;
  // Closes and opens the file again, for log rotation.
  virtual Result<void> reopen() = 0;
};

}  // namespace nexus::core
