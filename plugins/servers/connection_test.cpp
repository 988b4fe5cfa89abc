#include "connection_test.h"

#include "audit_note.h"
#include "failure_answer.h"
#include "ssh/exec.h"
#include "ssh/files.h"

namespace nexus::servers {
namespace {

// All stages together.
constexpr ssh::milliseconds kTestTimeout{35'000};
constexpr std::size_t kMaxOsRelease = 16 * 1024;
constexpr std::size_t kMaxOsInfo = 200;

// What the far side says it is; it may say anything, so only a line of printable text is taken.
std::string clean_line(std::string_view text) {
  std::string line;
  for (const char c : text.substr(0, kMaxOsInfo)) {
    if (c == '\n') break;
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) line += c;
  }
  return line;
}

std::string describe_system(ssh::Session& session, const ssh::Watch& watch) {
  const auto files = ssh::read_files(session, {"/etc/os-release"}, kMaxOsRelease, watch);
  if (files.ok() && files.value()[0]) {
    if (const auto name = clean_line(pretty_name(*files.value()[0])); !name.empty()) return name;
  }
  if (session.broken()) return {};
  const auto system = ssh::run_command(session, "uname -sr", kMaxOsInfo, watch);
  return system.ok() ? clean_line(system.value().out) : "";
}

Response failed_answer(std::int64_t server_id, const ssh::Failure& failure, const Call& call) {
  Json data = {{"connected", false},
               {"latency_ms", nullptr},
               {"os_info", nullptr},
               {"stage", to_string(failure.stage)},
               {"error", to_string(failure.fault)},
               {"details", call.translate(message_key(failure.fault))}};
  if (failure.host_key) data["host_key"] = to_json(*failure.host_key);
  return Response::ok(dump(data), "servers.not_connected")
      .with_audit(audit_note("servers", server_id, {{"connected", false}, {"error", data["error"]}}));
}

Response run_test(SshGateway& gateway, const ssh::Target& target, const Call& call) {
  const auto watch = gateway.watch(call, kTestTimeout);
  auto connection = gateway.pool().connect(target, watch);
  if (!connection.ok()) {
    gateway.note_failure(target.server_id, connection.error());
    return failed_answer(target.server_id, connection.error(), call);
  }
  auto& session = connection.value().session;
  const auto os_info = describe_system(*session, watch);
  gateway.note_online(target.server_id, os_info);
  gateway.pool().give_back(target, std::move(session));
  const Json data = {{"connected", true}, {"latency_ms", connection.value().login_time.count()}, {"os_info", os_info}};
  return Response::ok(dump(data), "servers.connected")
      .with_audit(audit_note("servers", target.server_id, {{"connected", true}}));
}

}  // namespace

std::string pretty_name(std::string_view os_release) {
  constexpr std::string_view kKey = "PRETTY_NAME=";
  while (!os_release.empty()) {
    const auto end = std::min(os_release.find('\n'), os_release.size());
    auto line = os_release.substr(0, end);
    os_release.remove_prefix(std::min(end + 1, os_release.size()));
    if (!line.starts_with(kKey)) continue;
    line.remove_prefix(kKey.size());
    if (line.size() >= 2 && (line.front() == '"' || line.front() == '\'') && line.back() == line.front()) {
      line = line.substr(1, line.size() - 2);
    }
    return std::string(line);
  }
  return {};
}

void test_connection(SshGateway& gateway, const ServerAccess& access, OwnedCall call, const Reply& reply) {
  const auto target = gateway.target_of(access, call->user_id());
  const auto kept_call = std::make_shared<OwnedCall>(std::move(call));
  const auto queued = gateway.submit(target.server_id, [&gateway, target, kept_call, reply] {
    try {
      reply.send(run_test(gateway, target, **kept_call));
    } catch (const std::exception& error) {
      reply.send(Error(Status::internal, error.what()));
    }
  });
  if (!queued.ok()) reply.send(to_error(queued.error()));
}

}  // namespace nexus::servers
