#include "ssh_provider.h"

#include "caller.h"
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

bool are_paths(const std::vector<std::string>& paths) {
  return paths.size() <= kMaxPaths && std::all_of(paths.begin(), paths.end(), [](const std::string& path) {
           return path.starts_with('/') && path.size() <= kMaxPathBytes && path.find('\0') == std::string::npos;
         });
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

}  // namespace nexus::servers
