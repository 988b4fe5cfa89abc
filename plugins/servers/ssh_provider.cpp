#include "ssh_provider.h"

#include "caller.h"
#include "failure_answer.h"
#include "lookup.h"
#include "server_store.h"
#include "ssh/exec.h"
#include "ssh/file_systems.h"
#include "ssh/files.h"

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

// Work on a session; `is_repeatable` says that it may be done again on another connection, `level` what the caller
// needs on the server.
struct Work {
  std::int64_t server_id = 0;
  std::int64_t timeout_ms = 0;
  bool is_repeatable = true;
  std::function<ssh::Outcome<Json>(ssh::Session&, const ssh::Watch&)> run;
  Level level = Level::operate;
};

Error bad_question(std::string reason) { return Error(Status::invalid, std::move(reason)); }

bool are_paths(const std::vector<std::string>& paths) {
  return paths.size() <= kMaxPaths && std::all_of(paths.begin(), paths.end(), [](const std::string& path) {
           return path.starts_with('/') && path.size() <= kMaxPathBytes && path.find('\0') == std::string::npos;
         });
}

Result<Work> exec_work(const Json& payload) {
  auto request = contracts::exec_request_from(payload);
  if (request.command.empty() || request.command.size() > kMaxCommandBytes ||
      request.command.find('\0') != std::string::npos || request.output_limit < 0) {
    return bad_question("a bad command");
  }
  const auto limit = static_cast<std::size_t>(std::min(request.output_limit, kMaxBytes));
  return Work{request.server_id, request.timeout_ms, false,
              [command = std::move(request.command), limit](ssh::Session& session,
                                                            const ssh::Watch& watch) -> ssh::Outcome<Json> {
                auto done = ssh::run_command(session, command, limit, watch);
                if (!done.ok()) return std::move(done).error();
                auto& result = done.value();
                return contracts::to_json(contracts::ExecResult{result.exit_status, std::move(result.signal),
                                                                std::move(result.out), std::move(result.err),
                                                                result.truncated});
              }};
}

Result<Work> read_files_work(const Json& payload) {
  auto request = contracts::read_files_request_from(payload);
  if (!are_paths(request.paths) || request.file_limit < 0) return bad_question("bad paths");
  // All files together must fit into the answer.
  const auto share = kMaxBytes / std::max<std::int64_t>(1, static_cast<std::int64_t>(request.paths.size()));
  const auto limit = static_cast<std::size_t>(std::min(request.file_limit, std::max(share, std::int64_t{64 * 1024})));
  return Work{
      request.server_id, request.timeout_ms, true,
      [paths = std::move(request.paths), limit](ssh::Session& session, const ssh::Watch& watch) -> ssh::Outcome<Json> {
        auto read = ssh::read_files(session, paths, limit, watch);
        if (!read.ok()) return std::move(read).error();
        Json files = Json::array();
        for (std::size_t i = 0; i < paths.size(); ++i) {
          auto& file = read.value()[i];
          files.push_back(contracts::to_json(contracts::FileContent{paths[i], file.has_value(), file.value_or("")}));
        }
        return Json{{"files", std::move(files)}};
      }};
}

Result<Work> stat_fs_work(const Json& payload) {
  auto paths = payload.value("paths", std::vector<std::string>{});
  if (!are_paths(paths)) return bad_question("bad paths");
  return Work{payload.value("server_id", std::int64_t{0}), payload.value("timeout_ms", contracts::kDefaultSshTimeoutMs),
              true, [paths = std::move(paths)](ssh::Session& session, const ssh::Watch& watch) -> ssh::Outcome<Json> {
                const auto stat = ssh::stat_file_systems(session, paths, watch);
                if (!stat.ok()) return stat.error();
                Json systems = Json::array();
                for (std::size_t i = 0; i < paths.size(); ++i) {
                  const auto space = stat.value()[i].value_or(ssh::Space{});
                  systems.push_back(contracts::to_json(contracts::FileSystem{
                      paths[i], stat.value()[i].has_value(), space.total, space.free, space.available}));
                }
                return Json{{"file_systems", std::move(systems)}};
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

Result<Work> decode_work(std::string_view method, std::string_view payload) {
  NEXUS_ASSIGN(const auto value, contracts::from_cbor(payload));
  try {
    NEXUS_ASSIGN(auto work, work_of(method, value));
    NEXUS_ASSIGN(work.level, level_asked(value));
    return work;
  } catch (const nlohmann::json::exception& error) {
    return bad_question(error.what());
  }
}

// The server with its secrets, where the caller may do this with it.
Result<ServerAccess> allowed_access(Call& call, std::int64_t server_id, Level needed) {
  NEXUS_ASSIGN(auto access, existing(ServerStore(Sql(call)).find_access(scope_of(call), server_id)));
  NEXUS_TRY(require(access.server.access, needed));
  return access;
}

ssh::Outcome<Json> run_on_session(SshGateway& gateway, const ssh::Target& target, const Work& work,
                                  const ssh::Watch& watch) {
  for (;;) {
    auto lease = gateway.pool().take(target, watch);
    if (!lease.ok()) return std::move(lease).error();
    const bool was_kept = lease.value().was_kept;
    auto done = work.run(*lease.value().session, watch);
    gateway.pool().give_back(target, std::move(lease).value().session);
    // A kept connection may have died unseen; a new one, or a command that may have run, is not tried twice.
    const bool try_again = !done.ok() && done.error().fault == ssh::Fault::dropped && was_kept && work.is_repeatable;
    if (!try_again) return done;
  }
}

std::string run_work(SshGateway& gateway, const ssh::Target& target, const Work& work, const Call& call) {
  const auto time = ssh::milliseconds(std::clamp<std::int64_t>(work.timeout_ms, 1, kMaxTimeoutMs));
  auto done = run_on_session(gateway, target, work, gateway.watch(call, time));
  if (!done.ok()) {
    gateway.note_failure(target.server_id, done.error());
    return contracts::encode_cbor_answer(to_error(done.error()));
  }
  gateway.note_use(target.server_id);
  return contracts::encode_cbor_answer(std::move(done).value());
}

}  // namespace

void SshProvider::answer(Call& call, std::string_view method, std::string_view payload, const Question& question) {
  auto work = decode_work(method, payload);
  if (!work.ok()) return question.answer(work.error());
  const auto access = allowed_access(call, work->server_id, work->level);
  if (!access.ok()) return question.answer(contracts::encode_cbor_answer(access.error()));
  auto child = OwnedCall::child(call);
  if (!child.ok()) return question.answer(child.error());
  const auto target = gateway_.target_of(*access, call.user_id());
  const auto kept_call = std::make_shared<OwnedCall>(std::move(child).value());
  const auto queued =
      gateway_.submit(target.server_id, [this, target, work = std::move(work).value(), kept_call, question] {
        try {
          question.answer(run_work(gateway_, target, work, **kept_call));
        } catch (const std::exception& error) {
          question.answer(Error(Status::internal, error.what()));
        }
      });
  if (!queued.ok()) question.answer(contracts::encode_cbor_answer(to_error(queued.error())));
}

}  // namespace nexus::servers
