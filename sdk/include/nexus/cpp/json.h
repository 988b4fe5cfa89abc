// JSON for C++ plugins, on nlohmann-json. Optional: the only headers of the SDK that need a library are this one and
// those that include it.
#pragma once

#include <nexus/cpp/http.h>
#include <nexus/cpp/time.h>

#include <nlohmann/json.hpp>

namespace nexus {

// Members keep the order in which they were written, so that answers read like the documentation.
using Json = nlohmann::ordered_json;

// For text that the host has not validated. Depth is bounded by the sender's limit, so use it on bodies, services'
// answers and own files only.
inline Result<Json> parse_json(std::string_view text) {
  Json value = Json::parse(text, nullptr, false);
  if (value.is_discarded()) return Error(Status::invalid, "not JSON");
  return value;
}

// Bytes that are no UTF-8 (a remote command's output, for example) become U+FFFD.
inline std::string dump(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

inline std::optional<std::string> optional_text(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? std::optional(found->get<std::string>()) : std::nullopt;
}
inline std::optional<std::int64_t> optional_integer(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_integer() ? std::optional(found->get<std::int64_t>()) : std::nullopt;
}

// null where there is no value.
template <class T>
Json json_or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}
inline Json json_time(std::int64_t microseconds) { return iso8601(microseconds); }
inline Json json_time(const std::optional<std::int64_t>& microseconds) {
  return microseconds ? json_time(*microseconds) : Json(nullptr);
}

// An error as a service's answer carries it, and back: what the client would have been told survives the way.
inline Json to_json(const Error& error) {
  Json args = Json::object();
  for (const auto& arg : error.args()) args[arg.name] = arg.value;
  return {{"code", error.app_code()}, {"details_key", error.details_key()},
          {"args", std::move(args)},  {"field", error.field()},
          {"rule", error.rule()},     {"extra", error.extra_json()},
          {"reason", error.reason()}};
}
inline Error error_from(const Json& value) {
  // Whatever the other plugin sent, this answers an error: a member of the wrong type counts as absent.
  const auto text = [&value](const char* key) { return optional_text(value, key).value_or(""); };
  std::vector<TextArg> args;
  if (const auto found = value.find("args"); found != value.end() && found->is_object()) {
    for (const auto& [name, arg] : found->items()) {
      args.push_back({name, arg.is_string() ? arg.get<std::string>() : dump(arg)});
    }
  }
  const auto app_code = static_cast<std::int32_t>(optional_integer(value, "code").value_or(code::kInternal));
  auto error = text("field").empty() ? Error::api(app_code, text("details_key"), std::move(args))
                                     : Error::field(text("field"), text("rule"), text("details_key"), std::move(args));
  return std::move(error).with_extra(text("extra")).because(text("reason"));
}

// A service's answer that is either a value or such an error: {"ok": ...} or {"error": ...}.
inline std::string encode_answer(const Result<Json>& result) {
  return dump(result.ok() ? Json{{"ok", result.value()}} : Json{{"error", to_json(result.error())}});
}
inline Result<Json> decode_answer(const Result<std::string>& answer) {
  if (!answer.ok()) return answer.error();
  NEXUS_ASSIGN(Json value, parse_json(*answer));
  if (const auto error = value.find("error"); error != value.end()) return error_from(*error);
  const auto ok = value.find("ok");
  if (ok == value.end()) return Error(Status::internal, "a service's answer has neither ok nor error");
  return Json(std::move(*ok));
}

}  // namespace nexus
