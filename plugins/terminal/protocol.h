// What travels over a terminal's WebSocket as JSON text.
//
// | from the client                           |                                                            |
// | {"type":"input","data":text}              | what is typed                                              |
// | {"type":"resize","cols":120,"rows":40}    | the terminal's size                                        |
// | from the panel                            |                                                            |
// | {"type":"session","id","role", ...}       | first: which session this is, and whether one may type     |
// | {"type":"output","data":text}             | what the server shows                                      |
// | {"type":"resize","cols","rows"}           | for those who watch                                        |
// | {"type":"role","role":"viewer"}           | somebody else types now                                    |
// | {"type":"lagged","bytes":n}               | for those who watch: so much was left out                  |
// | {"type":"exit","code","signal","reason"}  | last: how it ended                                         |
// | {"type":"error","code","message", ...}    | what the panel refuses, as in an envelope                  |
//
// A client with the subprotocol kBinaryProtocol sends and gets bytes as binary messages instead of `input` and
// `output`; the rest stays text.
#pragma once

#include <nexus/cpp/json.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace nexus::terminal {

inline constexpr std::string_view kBinaryProtocol = "nexus.terminal.binary";

// In characters, up to contracts::kLargestTerminalSide.
struct Size {
  std::int64_t cols = 80;
  std::int64_t rows = 24;
  bool operator==(const Size&) const = default;
};

struct Input {
  std::string data;
};
using ClientMessage = std::variant<Input, Size>;

// The error is what the client is told (40005, 42201).
Result<ClientMessage> parse_client_message(std::string_view text);

enum class Role { writer, viewer };

std::string session_message(std::int64_t session_id, std::int64_t server_id, Role role, const Size& size,
                            bool is_recorded);
// `utf8` is whole characters.
std::string output_message(std::string_view utf8);
std::string resize_message(const Size& size);
std::string role_message(Role role);
std::string lagged_message(std::uint64_t bytes);

// How a shell ended: `code` is absent where it did not end by itself.
struct Exit {
  std::optional<std::int64_t> code;
  std::string signal;  // without "SIG"
  std::string reason;  // "exit", "left", "detached", "idle", "killed", "failed", "stopping"
};
std::string exit_message(const Exit& exit);

// In the language of `call`.
std::string error_message(const Call& call, const Error& error);

}  // namespace nexus::terminal
