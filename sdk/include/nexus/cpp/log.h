// Log lines of a plugin: a constant message and named fields.
#pragma once

#include <nexus/cpp/call.h>

#include <concepts>
#include <initializer_list>

namespace nexus {

struct Field {
  Field(std::string_view name, std::string_view text) : pair{to_abi(name), to_value(text)} {}
  Field(std::string_view name, const char* text) : Field(name, std::string_view(text)) {}
  Field(std::string_view name, const std::string& text) : Field(name, std::string_view(text)) {}
  Field(std::string_view name, bool flag) : pair{to_abi(name), to_value(flag)} {}
  Field(std::string_view name, double number) : pair{to_abi(name), to_value(number)} {}
  template <std::integral Number>
  Field(std::string_view name, Number number) : pair{to_abi(name), to_value(static_cast<std::int64_t>(number))} {}

  nx_kv pair;
};

// Cheap to copy; keeps a reference to the plugin's Host. Thread-safe. Never pass secrets.
class Log {
 public:
  using Fields = std::initializer_list<Field>;

  explicit Log(const Host& host) noexcept : host_(&host) {}

  bool enabled(std::int32_t level) const noexcept { return level >= *host_->log->threshold; }

  void debug(std::string_view message, Fields fields = {}, const Call* call = nullptr) const {
    write(NX_LOG_DEBUG, message, fields, call);
  }
  void info(std::string_view message, Fields fields = {}, const Call* call = nullptr) const {
    write(NX_LOG_INFO, message, fields, call);
  }
  void warning(std::string_view message, Fields fields = {}, const Call* call = nullptr) const {
    write(NX_LOG_WARNING, message, fields, call);
  }
  void error(std::string_view message, Fields fields = {}, const Call* call = nullptr) const {
    write(NX_LOG_ERROR, message, fields, call);
  }

 private:
  void write(std::int32_t level, std::string_view message, Fields fields, const Call* call) const {
    if (!enabled(level)) return;
    std::vector<nx_kv> pairs;
    pairs.reserve(fields.size());
    for (const auto& field : fields) pairs.push_back(field.pair);
    host_->log->write(host_->raw, call == nullptr ? nullptr : call->raw(), level, to_abi(message), pairs.data(),
                      static_cast<std::uint32_t>(pairs.size()));
  }

  const Host* host_;
};

}  // namespace nexus
