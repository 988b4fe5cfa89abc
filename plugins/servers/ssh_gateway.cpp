#include "ssh_gateway.h"

#include "host_key_gate.h"
#include "server_store.h"

namespace nexus::servers {
namespace {

constexpr std::chrono::seconds kNoteTimeout{5};

ssh::Failure cannot_open(const Error& error) {
  return {ssh::Stage::auth, ssh::Fault::credentials_missing, error.what(), {}};
}

ssh::Outcome<ssh::Credentials> open_credentials(const SecretBox& secrets, const ServerAccess& access) {
  ssh::Credentials credentials;
  credentials.user = access.server.ssh_user;
  if (!access.password_sealed.empty()) {
    auto password = secrets.open(access.password_sealed, password_context(access.server.id));
    if (!password.ok()) return cannot_open(password.error());
    credentials.password = std::move(password).value();
  }
  if (!access.private_key_sealed.empty() && access.server.ssh_key_id) {
    const auto pem = secrets.open(access.private_key_sealed, key_context(*access.server.ssh_key_id));
    if (!pem.ok()) return cannot_open(pem.error());
    auto key = ssh::PrivateKey::load(pem->view(), std::nullopt);
    if (std::holds_alternative<ssh::PrivateKey>(key)) credentials.key = std::get<ssh::PrivateKey>(std::move(key));
  }
  return credentials;
}

}  // namespace

SshGateway::SshGateway(const Host& host) : host_(host), log_(host_), workers_([this] { pool_.sweep(); }) {}

void SshGateway::stop() {
  workers_.stop();
  pool_.drop_all();
}

ssh::Outcome<void> SshGateway::submit(std::int64_t server_id, std::function<void()> work) {
  if (workers_.submit(server_id, std::move(work))) return {};
  return ssh::Failure{ssh::Stage::connect, ssh::Fault::busy, "the queue is full", {}};
}

ssh::Watch SshGateway::watch(const Call& call, ssh::milliseconds limit) const {
  const auto time = std::min<std::chrono::microseconds>(limit, call.remaining());
  return {ssh::Clock::now() + time, [this, &call] { return workers_.stopping() || call.cancelled(); }};
}

ssh::Target SshGateway::target_of(const ServerAccess& access, std::int64_t user_id) const {
  ssh::Target target;
  target.server_id = access.server.id;
  target.revision = access.server.updated_us;
  target.host = access.server.host;
  target.port = static_cast<std::uint16_t>(access.server.port);
  target.host_keys = std::make_shared<DatabaseHostKeyGate>(host_, access.server, user_id, strict_);
  target.credentials = [secrets = SecretBox(host_), access] { return open_credentials(secrets, access); };
  return target;
}

void SshGateway::note_online(std::int64_t server_id, const std::optional<std::string>& os_info) {
  auto call = OwnedCall::background(host_, "server status", kNoteTimeout);
  if (!call.ok()) return;
  const auto noted = ServerStore(Sql(**call)).mark_online(server_id, os_info, host_.now_us());
  if (!noted.ok()) log_.warning("cannot note that a server is online", {{"server_id", server_id}});
}

void SshGateway::note_use(std::int64_t server_id) {
  {
    const std::lock_guard lock(mutex_);
    const auto now = ssh::Clock::now();
    auto& last = heartbeats_[server_id];
    if (now - last < kHeartbeatInterval) return;
    last = now;
  }
  note_online(server_id, std::nullopt);
}

void SshGateway::note_failure(std::int64_t server_id, const ssh::Failure& failure) {
  using ssh::Fault;
  // These say nothing about the server.
  if (failure.fault == Fault::cancelled || failure.fault == Fault::busy || failure.fault == Fault::held_back ||
      failure.fault == Fault::host_key_unchecked) {
    return;
  }
  log_.info("a server cannot be used", {{"server_id", server_id},
                                        {"stage", to_string(failure.stage)},
                                        {"error", to_string(failure.fault)},
                                        {"reason", failure.reason}});
  // Another key is in use there now, so that older connections may not be kept in its place either.
  if (failure.stage == ssh::Stage::host_key) pool_.drop(server_id);
  if (failure.stage == ssh::Stage::exec) return;
  {
    const std::lock_guard lock(mutex_);
    heartbeats_.erase(server_id);
  }
  auto call = OwnedCall::background(host_, "server status", kNoteTimeout);
  if (!call.ok()) return;
  const auto noted = ServerStore(Sql(**call)).mark_offline(server_id);
  if (!noted.ok()) log_.warning("cannot note that a server is offline", {{"server_id", server_id}});
}

void SshGateway::forget(std::int64_t server_id) {
  pool_.drop(server_id);
  const std::lock_guard lock(mutex_);
  heartbeats_.erase(server_id);
}

}  // namespace nexus::servers
