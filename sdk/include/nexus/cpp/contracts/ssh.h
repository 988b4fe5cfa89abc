// servers.ssh/1: work on a managed server, over a connection that the provider keeps and shares.
//
// The principal of the call must be allowed to do it: a server that he does not see answers 40401, one on which he has
// less than the level that is asked for 40301. A call without a principal (a plugin's own background work) sees no
// server. `level` is what the asking plugin's work amounts to, and every payload may carry it: "view" for figures that
// whoever sees the server may see, "operate" (the default) for whatever a person had a say in, "shell" for a terminal,
// "manage". Host keys fail closed: an unknown or changed key is never accepted here.
//
// Work of one server shares one connection, which the provider keeps. `priority` says who gets a channel of it first:
// "terminal" before "task" (the default of exec and files) before "metrics" (of read_files and stat_fs). What finds no
// channel waits, within its timeout.
//
// Payloads and answers are CBOR maps (RFC 8949), because output is bytes; text members are UTF-8, bytes are byte
// strings. An answer has "ok" or "error" as in nexus/cpp/json.h; an SSH failure is the error 50201 (50401 where time
// ran out, 40902 where the host key changed) whose extra members name `stage` and `error`.
//
// | method     | payload                                           | ok                                            |
// | exec       | ExecRequest                                       | ExecResult                                    |
// | read_files | ReadFilesRequest: small files, read whole, /proc  | {"files": [FileContent ...]} in order         |
// |            | included                                          |                                               |
// | stat_fs    | {"server_id", "paths": [text ...], "timeout_ms",  | {"file_systems": [FileSystem ...]} in order   |
// |            | "level"}                                          |                                               |
//
// Streams (minor 1). A message of kind kSshBytes carries bytes, one of kind kSshControl a CBOR map. The provider closes
// with Status::ok after an ordinary end, else with a reason that is an answer with "error", as above. Whoever opened
// one ends it by closing.
//
// | stream   | payload      | to the provider                        | from the provider                             |
// | shell    | ShellRequest | bytes: what is typed; control:         | control {"opened": {}}; bytes: output;        |
// |          |              | {"resize": {"cols", "rows"}}           | control {"exit": {"status", "signal"}}, close |
// | get_file | FileRequest  | nothing                                | control {"opened": {"size", "mode"}}; bytes;  |
// |          |              |                                        | close at the end of the file                  |
// | put_file | FileRequest  | bytes; control {"end": {}}             | control {"opened": {}} when it may begin;     |
// |          |              |                                        | control {"done": {"size"}}, close             |
//
// put_file writes beside `path` and renames at the end, so that a broken transfer leaves what was there.
#pragma once

#include <nexus/cpp/json.h>

namespace nexus::contracts {

inline constexpr std::string_view kSshService = "servers.ssh/1";
inline constexpr std::uint32_t kSshServiceMinor = 1;  // with streams and priorities

// Kinds of a stream's messages.
inline constexpr std::uint32_t kSshBytes = 0;
inline constexpr std::uint32_t kSshControl = 1;

inline constexpr std::string_view kDefaultSshLevel = "operate";
inline constexpr std::int64_t kDefaultSshTimeoutMs = 15'000;
inline constexpr std::int64_t kDefaultOutputLimit =
    1024 * 1024;  // bytes of stdout and of stderr; more is cut off and said

struct ExecRequest {
  std::int64_t server_id = 0;
  std::string command;  // for the remote login shell
  std::int64_t timeout_ms = kDefaultSshTimeoutMs;
  std::int64_t output_limit = kDefaultOutputLimit;
  std::string level = std::string(kDefaultSshLevel);
  std::string priority = "task";
};

struct ExecResult {
  std::int64_t exit_status = 0;
  std::string signal;  // without "SIG"; empty where the command ended by itself
  std::string out;
  std::string err;
  bool truncated = false;
};

struct ReadFilesRequest {
  std::int64_t server_id = 0;
  std::vector<std::string> paths;  // at most 64, absolute
  std::int64_t timeout_ms = kDefaultSshTimeoutMs;
  std::int64_t file_limit = 256 * 1024;  // bytes of each
  std::string level = std::string(kDefaultSshLevel);
  std::string priority = "metrics";
};

struct FileContent {
  std::string path;
  bool found = false;
  std::string data;
};

// Of the file system that holds `path`, in bytes.
struct FileSystem {
  std::string path;
  bool found = false;
  std::int64_t total = 0;
  std::int64_t free = 0;       // for root
  std::int64_t available = 0;  // for others
};

// Of a terminal, in characters: more is none that somebody looks at.
inline constexpr std::int64_t kLargestTerminalSide = 1'000;

struct ShellRequest {
  std::int64_t server_id = 0;
  std::string term = "xterm-256color";
  std::int64_t cols = 80;  // 1 to kLargestTerminalSide, as rows
  std::int64_t rows = 24;
  std::int64_t timeout_ms = kDefaultSshTimeoutMs;  // until it is opened
};

struct FileRequest {
  std::int64_t server_id = 0;
  std::string path;                                // absolute
  std::int64_t mode = 0;                           // of a new file, permission bits; 0: 0644, or what it had
  std::int64_t timeout_ms = kDefaultSshTimeoutMs;  // until it is opened
  std::string level = std::string(kDefaultSshLevel);
};

inline Json bytes(const std::string& data) { return Json::binary(std::vector<std::uint8_t>(data.begin(), data.end())); }
inline std::string bytes_from(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) return {};
  if (found->is_string()) return found->get<std::string>();
  if (!found->is_binary()) return {};
  const auto& data = found->get_binary();
  return std::string(data.begin(), data.end());
}

inline std::string to_cbor(const Json& value) {
  std::string out;
  Json::to_cbor(value, nlohmann::detail::output_adapter<char>(out));
  return out;
}
inline Result<Json> from_cbor(std::string_view data) {
  Json value = Json::from_cbor(data.begin(), data.end(), true, false);
  if (value.is_discarded() || !value.is_object()) return Error(Status::invalid, "not a CBOR map");
  return value;
}

inline std::string encode_cbor_answer(const Result<Json>& result) {
  return to_cbor(result.ok() ? Json{{"ok", result.value()}} : Json{{"error", to_json(result.error())}});
}
inline Result<Json> decode_cbor_answer(const Result<std::string>& answer) {
  if (!answer.ok()) return answer.error();
  NEXUS_ASSIGN(Json value, from_cbor(*answer));
  if (const auto error = value.find("error"); error != value.end()) return error_from(*error);
  const auto ok = value.find("ok");
  if (ok == value.end()) return Error(Status::internal, "a service's answer has neither ok nor error");
  return Json(std::move(*ok));
}

inline Json to_json(const ExecRequest& request) {
  return {{"server_id", request.server_id},       {"command", request.command}, {"timeout_ms", request.timeout_ms},
          {"output_limit", request.output_limit}, {"level", request.level},     {"priority", request.priority}};
}
inline ExecRequest exec_request_from(const Json& value) {
  return {value.value("server_id", std::int64_t{0}),           value.value("command", ""),
          value.value("timeout_ms", kDefaultSshTimeoutMs),     value.value("output_limit", kDefaultOutputLimit),
          value.value("level", std::string(kDefaultSshLevel)), value.value("priority", "task")};
}
inline Json to_json(const ExecResult& result) {
  return {{"exit_status", result.exit_status},
          {"signal", result.signal},
          {"out", bytes(result.out)},
          {"err", bytes(result.err)},
          {"truncated", result.truncated}};
}
inline ExecResult exec_result_from(const Json& value) {
  return {value.value("exit_status", std::int64_t{-1}), value.value("signal", ""), bytes_from(value, "out"),
          bytes_from(value, "err"), value.value("truncated", false)};
}

inline Json to_json(const ReadFilesRequest& request) {
  return {{"server_id", request.server_id},   {"paths", request.paths}, {"timeout_ms", request.timeout_ms},
          {"file_limit", request.file_limit}, {"level", request.level}, {"priority", request.priority}};
}
inline ReadFilesRequest read_files_request_from(const Json& value) {
  ReadFilesRequest request;
  request.server_id = value.value("server_id", std::int64_t{0});
  request.paths = value.value("paths", std::vector<std::string>{});
  request.timeout_ms = value.value("timeout_ms", request.timeout_ms);
  request.file_limit = value.value("file_limit", request.file_limit);
  request.level = value.value("level", request.level);
  request.priority = value.value("priority", request.priority);
  return request;
}

inline Json to_json(const ShellRequest& request) {
  return {{"server_id", request.server_id},
          {"term", request.term},
          {"cols", request.cols},
          {"rows", request.rows},
          {"timeout_ms", request.timeout_ms}};
}
inline ShellRequest shell_request_from(const Json& value) {
  ShellRequest request;
  request.server_id = value.value("server_id", std::int64_t{0});
  request.term = value.value("term", request.term);
  request.cols = value.value("cols", request.cols);
  request.rows = value.value("rows", request.rows);
  request.timeout_ms = value.value("timeout_ms", request.timeout_ms);
  return request;
}
inline Json to_json(const FileRequest& request) {
  return {{"server_id", request.server_id},
          {"path", request.path},
          {"mode", request.mode},
          {"timeout_ms", request.timeout_ms},
          {"level", request.level}};
}
inline FileRequest file_request_from(const Json& value) {
  FileRequest request;
  request.server_id = value.value("server_id", std::int64_t{0});
  request.path = value.value("path", "");
  request.mode = value.value("mode", std::int64_t{0});
  request.timeout_ms = value.value("timeout_ms", request.timeout_ms);
  request.level = value.value("level", request.level);
  return request;
}

inline Json to_json(const FileContent& file) {
  return {{"path", file.path}, {"found", file.found}, {"data", bytes(file.data)}};
}
inline FileContent file_content_from(const Json& value) {
  return {value.value("path", ""), value.value("found", false), bytes_from(value, "data")};
}

inline Json to_json(const FileSystem& system) {
  return {{"path", system.path},
          {"found", system.found},
          {"total", system.total},
          {"free", system.free},
          {"available", system.available}};
}
inline FileSystem file_system_from(const Json& value) {
  return {value.value("path", ""), value.value("found", false), value.value("total", std::int64_t{0}),
          value.value("free", std::int64_t{0}), value.value("available", std::int64_t{0})};
}

}  // namespace nexus::contracts
