#include "ssh/connector.h"

namespace nexus::servers::ssh {
namespace {

Outcome<std::unique_ptr<Session>> shake_hands(const Target& target, const std::vector<std::string>& types,
                                              const Watch& watch) {
  auto socket = connect_to(target.host, target.port, watch);
  if (!socket.ok()) return std::move(socket).error();
  return Session::open(std::move(socket).value(), types, watch);
}

bool is_about_methods(const Failure& failure) {
  return failure.fault == Fault::no_common_method || failure.fault == Fault::only_rsa_host_key;
}

}  // namespace

Outcome<Connection> connect_and_log_in(const Target& target, Trust trust, const Watch& watch) {
  const auto begin = Clock::now();
  const auto types = target.host_keys->trusted_types();
  if (!types.ok()) return types.error();
  auto session = shake_hands(target, types.value(), watch);
  if (!session.ok() && !types.value().empty() && is_about_methods(session.error())) {
    // The pinned kind of key is gone. Ask once more for any kind, to name the new key in the refusal.
    session = shake_hands(target, {}, watch);
  }
  if (!session.ok()) return std::move(session).error();
  auto verdict = target.host_keys->judge(session.value()->host_key(), trust);
  if (!verdict.ok()) return std::move(verdict).error();
  const auto credentials = target.credentials();
  if (!credentials.ok()) return credentials.error();
  auto logged_in = session.value()->authenticate(credentials.value(), watch);
  if (!logged_in.ok()) {
    auto failure = std::move(logged_in).error();
    failure.host_key = std::move(verdict).value();
    return failure;
  }
  return Connection{std::move(session).value(), std::chrono::duration_cast<milliseconds>(Clock::now() - begin)};
}

}  // namespace nexus::servers::ssh
