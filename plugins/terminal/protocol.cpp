#include "protocol.h"

#include <nexus/cpp/contracts/ssh.h>

namespace nexus::terminal {
namespace {

Result<std::int64_t> side(const Json& message, const char* name) {
  const auto value = optional_integer(message, name);
  if (!value || *value < 1 || *value > contracts::kLargestTerminalSide)
    return Error::field(name, "range", "terminal.rule.size");
  return *value;
}

const char* to_string(Role role) { return role == Role::writer ? "writer" : "viewer"; }

}  // namespace

Result<ClientMessage> parse_client_message(std::string_view text) {
  const Json message = Json::parse(text, nullptr, false);
  if (!message.is_object()) return Error::api(code::kMalformed);
  const auto type = optional_text(message, "type").value_or("");
  if (type == "input") {
    auto data = optional_text(message, "data");
    if (!data) return Error::field("data", "type", "terminal.rule.text");
    return ClientMessage(Input{std::move(*data)});
  }
  if (type != "resize") return Error::field("type", "enum", "terminal.rule.type");
  NEXUS_ASSIGN(const auto cols, side(message, "cols"));
  NEXUS_ASSIGN(const auto rows, side(message, "rows"));
  return ClientMessage(Size{cols, rows});
}

std::string session_message(std::int64_t session_id, std::int64_t server_id, Role role, const Size& size,
                            bool is_recorded) {
  return dump({{"type", "session"},
               {"id", session_id},
               {"server_id", server_id},
               {"role", to_string(role)},
               {"cols", size.cols},
               {"rows", size.rows},
               {"recorded", is_recorded}});
}

std::string output_message(std::string_view utf8) { return dump({{"type", "output"}, {"data", utf8}}); }

std::string resize_message(const Size& size) {
  return dump({{"type", "resize"}, {"cols", size.cols}, {"rows", size.rows}});
}

std::string role_message(Role role) { return dump({{"type", "role"}, {"role", to_string(role)}}); }

std::string lagged_message(std::uint64_t bytes) { return dump({{"type", "lagged"}, {"bytes", bytes}}); }

std::string exit_message(const Exit& exit) {
  return dump({{"type", "exit"}, {"code", json_or_null(exit.code)}, {"signal", exit.signal}, {"reason", exit.reason}});
}

std::string error_message(const Call& call, const Error& error) {
  Json message = {{"type", "error"},
                  {"code", error.app_code()},
                  {"message", call.translate("error." + std::to_string(error.app_code()))}};
  if (!error.details_key().empty()) message["details"] = call.translate(error.details_key(), error.args());
  if (!error.field().empty()) message["field"] = error.field();
  if (!error.rule().empty()) message["rule"] = error.rule();
  const auto extra = Json::parse(error.extra_json(), nullptr, false);
  if (extra.is_object()) message.update(extra);
  return dump(message);
}

}  // namespace nexus::terminal
