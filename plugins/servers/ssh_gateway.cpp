#include "ssh_gateway.h"

#include "facts_store.h"
#include "failure_answer.h"
#include "host_key_gate.h"
#include "jump_chain.h"
#include "status_store.h"
#include "topics.h"

#include <nexus/cpp/json.h>

#include <vector>

namespace nexus::servers {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;

constexpr ssh::milliseconds kFactsTimeout{15'000};

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

// These say nothing about the server.
bool is_about_us(ssh::Fault fault) {
  using ssh::Fault;
  return fault == Fault::cancelled || fault == Fault::busy || fault == Fault::held_back ||
         fault == Fault::host_key_unchecked;
}

// Of a server that somebody has added.
bool is_kept(std::int64_t server_id) { return server_id > 0; }

}  // namespace

SshGateway::SshGateway(const Host& host)
    : host_(host),
      log_(host_),
      heartbeats_(host_, "heartbeats",
                  [this](Call& call) {
                    write_heartbeats(call);
                    return std::int64_t{duration_cast<microseconds>(kHeartbeatInterval).count()};
                  }),
      engine_(ssh::EngineLimits{}, *this) {}

Result<void> SshGateway::start(Call& call) {
  heartbeats_.start(duration_cast<microseconds>(kHeartbeatInterval).count());
  return StatusStore(Sql(call)).mark_all_unknown();
}

void SshGateway::stop() {
  heartbeats_.stop();
  engine_.stop();
}

ssh::WorkOptions SshGateway::options(const Call& call, ssh::Priority priority, ssh::milliseconds limit) {
  const auto time = std::min<microseconds>(limit, call.remaining());
  return {priority, ssh::Clock::now() + time};
}

Result<ssh::Target> SshGateway::target_of(Call& call, const ServerAccess& access) {
  return target_of(call, access, pinned_keys(call, access.server));
}

Result<ssh::Target> SshGateway::target_of(Call& call, const ServerAccess& access,
                                          std::shared_ptr<ssh::HostKeyGate> host_keys) {
  auto target = hop_of(access, std::move(host_keys));
  NEXUS_ASSIGN(auto hops, jump_chain(ServerStore(Sql(call)), access.server));
  // From the far end: each hop is reached through the next one.
  std::shared_ptr<const ssh::Target> via;
  for (auto hop = hops.rbegin(); hop != hops.rend(); ++hop) {
    auto step = hop_of(*hop, pinned_keys(call, hop->server));
    step.via = std::move(via);
    via = std::make_shared<const ssh::Target>(std::move(step));
  }
  target.via = std::move(via);
  return target;
}

std::shared_ptr<ssh::HostKeyGate> SshGateway::pinned_keys(const Call& call, const Server& server) const {
  return std::make_shared<DatabaseHostKeyGate>(host_, server, call.user_id(), strict_);
}

ssh::Target SshGateway::hop_of(const ServerAccess& access, std::shared_ptr<ssh::HostKeyGate> host_keys) {
  ssh::Target target;
  target.server_id = access.server.id;
  target.revision = access.server.updated_us;
  target.host = access.server.host;
  target.port = static_cast<std::uint16_t>(access.server.port);
  target.host_keys = std::move(host_keys);
  target.credentials = [secrets = SecretBox(host_), access] { return open_credentials(secrets, access); };
  return target;
}

void SshGateway::write_online(Call& call, std::int64_t server_id, const std::string& os_info) {
  const auto write = [&]() -> Result<void> {
    const StatusStore store((Sql(call)));
    if (!os_info.empty()) NEXUS_TRY(store.set_os(server_id, os_info));
    NEXUS_ASSIGN(const bool is_news, store.mark_online(server_id, host_.now_us()));
    if (!is_news) return {};
    return host_.publish(&call, kOnlineTopic, std::to_string(server_id), dump({{"server_id", server_id}}));
  };
  if (const auto written = write(); !written.ok()) log_unwritten(call, server_id, written.error());
}

void SshGateway::write_offline(Call& call, std::int64_t server_id, const ssh::Failure& failure) {
  if (is_about_us(failure.fault) || engine_.is_connected(server_id)) return;
  const auto write = [&]() -> Result<void> {
    NEXUS_ASSIGN(const bool is_news, StatusStore(Sql(call)).mark_offline(server_id, error_word(failure)));
    if (!is_news) return {};
    return host_.publish(&call, kOfflineTopic, std::to_string(server_id),
                         dump({{"server_id", server_id}, {"reason", error_word(failure)}}));
  };
  if (const auto written = write(); !written.ok()) log_unwritten(call, server_id, written.error());
}

void SshGateway::log_unwritten(Call& call, std::int64_t server_id, const Error& error) {
  log_.warning("what is known of a server could not be written down",
               {{"server_id", server_id}, {"reason", error.what()}}, &call);
}

void SshGateway::forget(std::int64_t server_id) { engine_.forget(server_id); }

void SshGateway::connected(std::int64_t server_id) {
  if (!is_kept(server_id)) return;
  const auto look = [this, server_id](Call& call) {
    write_online(call, server_id, {});
    if (const auto asked = collect_facts(call, server_id); !asked.ok()) log_unwritten(call, server_id, asked.error());
  };
  later(look, server_id);
}

// Over the connection that has just come up. What does not answer is asked again at the next one.
Result<void> SshGateway::collect_facts(Call& call, std::int64_t server_id) {
  NEXUS_ASSIGN(const auto access, ServerStore(Sql(call)).access_of(server_id));
  if (!access) return {};
  NEXUS_ASSIGN(const auto target, target_of(call, *access));
  engine_.run_command(target, std::string(kFactsCommand), kFactsLimit,
                      options(call, ssh::Priority::metrics, kFactsTimeout),
                      [this, server_id](const ssh::Outcome<ssh::CommandResult>& told) {
                        if (!told.ok()) return;
                        const auto facts = parse_facts(told.value().out, host_.now_us());
                        later(
                            [this, server_id, facts](Call& later_call) {
                              const auto kept = FactsStore(Sql(later_call)).put(server_id, facts);
                              if (!kept.ok()) log_unwritten(later_call, server_id, kept.error());
                            },
                            server_id);
                      });
  return {};
}

void SshGateway::alive(std::int64_t server_id) {
  if (!is_kept(server_id)) return;
  const std::lock_guard lock(mutex_);
  alive_.insert(server_id);
}

void SshGateway::disconnected(std::int64_t server_id, const ssh::Failure& failure) {
  if (!is_kept(server_id) || is_about_us(failure.fault)) return;
  log_.info("a server cannot be used", {{"server_id", server_id},
                                        {"stage", to_string(failure.stage)},
                                        {"error", error_word(failure)},
                                        {"reason", failure.reason}});
  later([this, server_id, failure](Call& call) { write_offline(call, server_id, failure); }, server_id);
}

void SshGateway::later(std::function<void(Call&)> work, std::int64_t server_id) {
  if (const auto queued = host_.after(0, std::move(work)); !queued.ok()) {
    log_.warning("what is known of a server is lost", {{"server_id", server_id}, {"reason", queued.error().what()}});
  }
}

void SshGateway::write_heartbeats(Call& call) {
  std::vector<std::int64_t> ids;
  {
    const std::lock_guard lock(mutex_);
    ids.assign(alive_.begin(), alive_.end());
    alive_.clear();
  }
  const auto written = StatusStore(Sql(call)).touch(ids, host_.now_us());
  if (!written.ok()) log_.warning("heartbeats could not be written", {{"reason", written.error().what()}}, &call);
}

}  // namespace nexus::servers
