// Errors as values: Result<T> holds a T or an Error; Result<T, E> holds a failure of the plugin's own.
#pragma once

#include <nexus/cpp/status.h>

#include <cassert>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace nexus {

// A value for {name} in a message.
struct TextArg {
  std::string name;
  std::string value;
};

// Why something did not happen. Also an exception, so that code which prefers to may throw it: the guard at the ABI
// translates both alike.
class Error : public std::exception {
 public:
  // `reason` is for operators and the log; clients never see it.
  explicit Error(Status status, std::string reason = {}) : status_(status), reason_(std::move(reason)) {}

  // An error for the client: a documented code, and the catalogue key of its details.
  static Error api(std::int32_t app_code, std::string details_key = {}, std::vector<TextArg> args = {}) {
    Error error(status_of(app_code));
    error.app_code_ = app_code;
    error.details_key_ = std::move(details_key);
    error.args_ = std::move(args);
    return error;
  }

  // A validation error (42201) of one field; `rule` is a short machine-readable word, `message_key` a catalogue key.
  static Error field(std::string field, std::string rule, std::string message_key, std::vector<TextArg> args = {}) {
    Error error = api(code::kValidation, std::move(message_key), std::move(args));
    error.field_ = std::move(field);
    error.rule_ = std::move(rule);
    return error;
  }

  // Members that stand at the top level of the envelope, as a JSON object text.
  Error&& with_extra(std::string json_object) && {
    extra_json_ = std::move(json_object);
    return std::move(*this);
  }
  Error&& because(std::string reason) && {
    reason_ = std::move(reason);
    return std::move(*this);
  }

  Status status() const noexcept { return status_; }
  std::int32_t app_code() const noexcept { return app_code_ != 0 ? app_code_ : nexus::app_code(status_); }
  const std::string& details_key() const noexcept { return details_key_; }
  const std::vector<TextArg>& args() const noexcept { return args_; }
  const std::string& field() const noexcept { return field_; }
  const std::string& rule() const noexcept { return rule_; }
  const std::string& extra_json() const noexcept { return extra_json_; }
  const std::string& reason() const noexcept { return reason_; }
  const char* what() const noexcept override {
    return !reason_.empty()        ? reason_.c_str()
           : !details_key_.empty() ? details_key_.c_str()
                                   : to_string(status_).data();
  }

 private:
  static Status status_of(std::int32_t app_code) noexcept {
    switch (nexus::http_status(app_code)) {
      case 401:
      case 403: return Status::denied;
      case 404: return Status::not_found;
      case 409: return Status::conflict;
      case 500: return Status::internal;
      case 501: return Status::unsupported;
      case 502:
      case 503:
      case 507: return Status::unavailable;
      case 504: return Status::timeout;
      default: return Status::invalid;
    }
  }

  Status status_;
  std::int32_t app_code_ = 0;
  std::string details_key_;
  std::vector<TextArg> args_;
  std::string field_;
  std::string rule_;
  std::string extra_json_;
  std::string reason_;
};

template <class T, class E = Error>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(E error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }

  // Only where ok(): asserted.
  T& value() & {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  T&& value() && {
    assert(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  // Only where !ok(): asserted.
  const E& error() const& {
    assert(!ok());
    return *std::get_if<1>(&state_);
  }
  E&& error() && {
    assert(!ok());
    return std::move(*std::get_if<1>(&state_));
  }

 private:
  std::variant<T, E> state_;
};

template <class E>
class [[nodiscard]] Result<void, E> {
 public:
  Result() = default;
  Result(E error) : error_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const noexcept { return error_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }
  const E& error() const& {
    assert(!ok());
    return *std::get_if<1>(&error_);
  }
  E&& error() && {
    assert(!ok());
    return std::move(*std::get_if<1>(&error_));
  }

 private:
  std::variant<std::monostate, E> error_;
};

}  // namespace nexus

// Leaves the current function with the error of `expression` (a Result), if it has one.
#define NEXUS_TRY(expression)                                                                            \
  do {                                                                                                   \
    if (auto nexus_result_ = (expression); !nexus_result_.ok()) return std::move(nexus_result_).error(); \
  } while (false)

#define NEXUS_CONCAT_INNER_(a, b) a##b
#define NEXUS_CONCAT_(a, b) NEXUS_CONCAT_INNER_(a, b)

// NEXUS_ASSIGN(auto user, store.find(id)); declares `user` with the value, or leaves with the error.
#define NEXUS_ASSIGN(declaration, expression)                                                                         \
  auto NEXUS_CONCAT_(nexus_result_, __LINE__) = (expression);                                                         \
  if (!NEXUS_CONCAT_(nexus_result_, __LINE__).ok()) return std::move(NEXUS_CONCAT_(nexus_result_, __LINE__)).error(); \
  declaration = std::move(NEXUS_CONCAT_(nexus_result_, __LINE__)).value()
