#include "ssh_provider.h"

#include "caller.h"
#include "channel_stream.h"
#include "failure_answer.h"
#include "lookup.h"
#include "server_store.h"

#include <nexus/cpp/contracts/ssh.h>

#include <algorithm>

namespace nexus::servers {
namespace {

constexpr std::size_t kMaxPaths = 64;
constexpr std::size_t kMaxPathBytes = 4096;
constexpr std::size_t kMaxCommandBytes = 128 * 1024;
// A service's answer is at most 16 MiB.
constexpr std::int64_t kMaxBytes = 4 * 1024 * 1024;
constexpr std::int64_t kMaxTimeoutMs = 300'000;

using Answered = std::function<void(const ssh::Outcome<Json>&)>;

// A question: what the caller needs on the server, and what begins when he has it.
struct Work {
  std::int64_t server_id = 0;
  std::int64_t timeout_ms = 0;
  std::function<void(ssh::Engine&, const ssh::Target&, const ssh::WorkOptions&, Answered)> begin;
  Level level = Level::operate;
  ssh::Priority priority = ssh::Priority::task;
};

Error bad_question(std::string reason) { return Error(Status::invalid, std::move(reason)); }

bool is_path(const std::string& path) {
  return path.starts_with('/') && path.size() <= kMaxPathBytes && path.find('\0') == std::string::npos;
}

bool are_paths(const std::vector<std::string>& paths) {
  return paths.size() <= kMaxPaths && std::all_of(paths.begin(), paths.end(), is_path);
}

Json to_json(ssh::CommandResult&& result) {
  return contracts::to_json(contracts::ExecResult{result.exit_status, std::move(result.signal), std::move(result.out),
                                                  std::move(result.err), result.truncated});
}

Json to_json(const std::vector<std::string>& paths, ssh::Engine::Files&& read) {
  Json files = Json::array();
  for (std::size_t i = 0; i < paths.size(); ++i) {
    auto& file = read[i];
    files.push_back(contracts::to_json(contracts::FileContent{paths[i], file.has_value(), file.value_or("")}));
  }
  return {{"files", std::move(files)}};
}

Json to_json(const std::vector<std::string>& paths, const std::vector<std::optional<ssh::Space>>& stat) {
  Json systems = Json::array();
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const auto space = stat[i].value_or(ssh::Space{});
    systems.push_back(contracts::to_json(
        contracts::FileSystem{paths[i], stat[i].has_value(), space.total, space.free, space.available}));
  }
  return {{"file_systems", std::move(systems)}};
}

// Turns the engine's answer into the service's.
template <class Value, class ToJson>
std::function<void(ssh::Outcome<Value>)> answered(const Answered& done, ToJson to_json_of) {
  return [done, to_json_of](ssh::Outcome<Value> outcome) {
    if (!outcome.ok()) return done(std::move(outcome).error());
    done(to_json_of(std::move(outcome).value()));
  };
}

Result<Work> exec_work(const Json& payload) {
  auto request = contracts::exec_request_from(payload);
  if (request.command.empty() || request.command.size() > kMaxCommandBytes ||
      request.command.find('\0') != std::string::npos || request.output_limit < 0) {
    return bad_question("a bad command");
  }
  const auto limit = static_cast<std::size_t>(std::min(request.output_limit, kMaxBytes));
  return Work{request.server_id, request.timeout_ms,
              [command = std::move(request.command), limit](ssh::Engine& engine, const ssh::Target& target,
                                                            const ssh::WorkOptions& options, const Answered& done) {
                engine.run_command(target, command, limit, options,
                                   answered<ssh::CommandResult>(
                                       done, [](ssh::CommandResult&& result) { return to_json(std::move(result)); }));
              }};
}

Result<Work> read_files_work(const Json& payload) {
  auto request = contracts::read_files_request_from(payload);
  if (!are_paths(request.paths) || request.file_limit < 0) return bad_question("bad paths");
  // All files together must fit into the answer.
  const auto share = kMaxBytes / std::max<std::int64_t>(1, static_cast<std::int64_t>(request.paths.size()));
  const auto limit = static_cast<std::size_t>(std::min(request.file_limit, std::max(share, std::int64_t{64 * 1024})));
  return Work{request.server_id, request.timeout_ms,
              [paths = std::move(request.paths), limit](ssh::Engine& engine, const ssh::Target& target,
                                                        const ssh::WorkOptions& options, const Answered& done) {
                engine.read_files(target, paths, limit, options,
                                  answered<ssh::Engine::Files>(done, [paths](ssh::Engine::Files&& files) {
                                    return to_json(paths, std::move(files));
                                  }));
              }};
}

Result<Work> stat_fs_work(const Json& payload) {
  using Spaces = std::vector<std::optional<ssh::Space>>;
  auto paths = payload.value("paths", std::vector<std::string>{});
  if (!are_paths(paths)) return bad_question("bad paths");
  return Work{payload.value("server_id", std::int64_t{0}), payload.value("timeout_ms", contracts::kDefaultSshTimeoutMs),
              [paths = std::move(paths)](ssh::Engine& engine, const ssh::Target& target,
                                         const ssh::WorkOptions& options, const Answered& done) {
                engine.stat_file_systems(target, paths, options, answered<Spaces>(done, [paths](const Spaces& stat) {
                                           return to_json(paths, stat);
                                         }));
              }};
}

Result<Work> work_of(std::string_view method, const Json& payload) {
  if (method == "exec") return exec_work(payload);
  if (method == "read_files") return read_files_work(payload);
  if (method == "stat_fs") return stat_fs_work(payload);
  return Error(Status::unsupported, "no such method");
}

Result<Level> level_asked(const Json& payload) {
  const auto level = level_from(payload.value("level", std::string(contracts::kDefaultSshLevel)));
  if (!level) return bad_question("no such level");
  return *level;
}

Result<ssh::Priority> priority_asked(const Json& payload, std::string_view method) {
  const auto name = payload.value("priority", method == "exec" ? "task" : "metrics");
  if (name == "terminal") return ssh::Priority::terminal;
  if (name == "task") return ssh::Priority::task;
  if (name == "metrics") return ssh::Priority::metrics;
  return bad_question("no such priority");
}

Result<Work> decode_work(std::string_view method, std::string_view payload) {
  NEXUS_ASSIGN(const auto value, contracts::from_cbor(payload));
  try {
    NEXUS_ASSIGN(auto work, work_of(method, value));
    NEXUS_ASSIGN(work.level, level_asked(value));
    NEXUS_ASSIGN(work.priority, priority_asked(value, method));
    return work;
  } catch (const nlohmann::json::exception& error) {
    return bad_question(error.what());
  }
}

ssh::milliseconds time_of(std::int64_t timeout_ms) {
  return ssh::milliseconds(std::clamp<std::int64_t>(timeout_ms, 1, kMaxTimeoutMs));
}

// The way to a server, where the caller may do this with it.
Result<ssh::Target> allowed_target(SshGateway& gateway, Call& call, std::int64_t server_id, Level needed) {
  NEXUS_ASSIGN(const auto access, existing(ServerStore(Sql(call)).find_access(scope_of(call), server_id)));
  NEXUS_TRY(require(access.server.access, needed));
  return gateway.target_of(call, access);
}

ssh::ShellOptions shell_options(const contracts::ShellRequest& request) {
  return {request.term, terminal_side(request.cols), terminal_side(request.rows)};
}

// `term` goes to the server as it is, and into its environment there.
bool is_term(const std::string& term) {
  constexpr std::size_t kLongest = 64;
  return !term.empty() && term.size() <= kLongest && std::all_of(term.begin(), term.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '+';
  });
}

// What a stream was opened on, and with which level it may go on.
struct Held {
  std::int64_t server_id = 0;
  Level level = Level::shell;
};

Result<Held> open_shell(SshGateway& gateway, Call& call, const Json& payload,
                        const std::shared_ptr<ChannelStream>& join) {
  const auto request = contracts::shell_request_from(payload);
  if (!is_term(request.term)) return bad_question("a bad terminal type");
  NEXUS_ASSIGN(const auto target, allowed_target(gateway, call, request.server_id, Level::shell));
  const auto options = SshGateway::options(call, ssh::Priority::terminal, time_of(request.timeout_ms));
  join->attach(gateway.engine().open_shell(target, shell_options(request), options, join));
  return Held{request.server_id, Level::shell};
}

Result<Held> open_file(SshGateway& gateway, Call& call, const Json& payload, bool is_put,
                       const std::shared_ptr<ChannelStream>& join) {
  constexpr std::int64_t kPermissionBits = 07777;
  const auto request = contracts::file_request_from(payload);
  if (!is_path(request.path) || request.mode < 0 || request.mode > kPermissionBits) return bad_question("a bad path");
  NEXUS_ASSIGN(const auto level, level_asked(payload));
  NEXUS_ASSIGN(const auto target, allowed_target(gateway, call, request.server_id, level));
  const auto options = SshGateway::options(call, ssh::Priority::task, time_of(request.timeout_ms));
  auto& engine = gateway.engine();
  join->attach(is_put ? engine.put_file(target, request.path, static_cast<std::uint32_t>(request.mode), options, join)
                      : engine.get_file(target, request.path, options, join));
  return Held{request.server_id, level};
}

}  // namespace

void SshProvider::answer(Call& call, std::string_view method, std::string_view payload, const Question& question) {
  const auto work = decode_work(method, payload);
  if (!work.ok()) return question.answer(work.error());
  const auto target = allowed_target(gateway_, call, work->server_id, work->level);
  if (!target.ok()) return question.answer(contracts::encode_cbor_answer(target.error()));
  work->begin(gateway_.engine(), *target, SshGateway::options(call, work->priority, time_of(work->timeout_ms)),
              [question](const ssh::Outcome<Json>& done) {
                if (!done.ok()) return question.answer(contracts::encode_cbor_answer(to_error(done.error())));
                question.answer(contracts::encode_cbor_answer(done.value()));
              });
}

Result<std::shared_ptr<StreamEvents>> SshProvider::open(Call& call, std::string_view method, std::string_view payload,
                                                        const Stream& stream) {
  NEXUS_ASSIGN(const auto value, contracts::from_cbor(payload));
  const bool is_put = method == "put_file";
  if (method != "shell" && method != "get_file" && !is_put) return Error(Status::unsupported, "no such stream");
  const auto kind = method == "shell" ? ChannelStream::Kind::shell
                    : is_put          ? ChannelStream::Kind::put_file
                                      : ChannelStream::Kind::get_file;
  auto join = std::make_shared<ChannelStream>(stream, kind);
  try {
    const auto begun =
        method == "shell" ? open_shell(gateway_, call, value, join) : open_file(gateway_, call, value, is_put, join);
    if (begun.ok()) {
      watch_.add(scope_of(call), begun->server_id, begun->level, join);
    } else {
      join->refuse(begun.error());
    }
  } catch (const nlohmann::json::exception& error) {
    join->refuse(bad_question(error.what()));
  }
  return std::shared_ptr<StreamEvents>(std::move(join));
}

}  // namespace nexus::servers
