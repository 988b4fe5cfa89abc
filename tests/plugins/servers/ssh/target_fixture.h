// What the tests of the SSH client share: a target without a database behind it.
#pragma once

#include "ssh/target.h"
#include "ssh/wire.h"
#include "support/ssh_server.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <set>

namespace nexus::test {

namespace ssh = servers::ssh;

// The C library looks names up in threads of its own making; the thread sanitizer ends where one of them needs memory.
#ifdef __SANITIZE_THREAD__
inline constexpr bool kNamesResolve = false;
#else
inline constexpr bool kNamesResolve = true;
#endif

// Trusts what it saw first, in memory.
class MemoryGate : public ssh::HostKeyGate {
 public:
  ssh::Outcome<std::vector<std::string>> trusted_types() override {
    if (blob.empty()) return std::vector<std::string>{};
    return std::vector<std::string>{type};
  }
  ssh::Outcome<ssh::HostKeyReport> judge(const ssh::HostKey& key, ssh::Trust trust) override {
    ++judged;
    ssh::HostKeyReport report{key.type, ssh::fingerprint(key.blob), "known"};
    if (blob.empty() && trust == ssh::Trust::person) {
      blob = key.blob;
      type = key.type;
      report.status = "trusted_now";
      return report;
    }
    if (blob == key.blob) return report;
    report.status = blob.empty() ? "unknown" : "changed";
    return ssh::Failure{ssh::Stage::host_key,
                        blob.empty() ? ssh::Fault::host_key_unknown : ssh::Fault::host_key_changed, "", report};
  }

  std::string type;
  std::string blob;
  int judged = 0;
};

inline ssh::PrivateKey load_key(const std::string& text) {
  return std::get<ssh::PrivateKey>(ssh::PrivateKey::load(text, std::nullopt));
}

struct Login {
  std::string user;
  std::optional<ssh::PrivateKey> key;
  std::string password;
};

inline ssh::Target target_of(std::uint16_t port, Login login, std::shared_ptr<MemoryGate> gate) {
  ssh::Target target;
  target.server_id = 1;
  target.revision = 1;
  target.host = "127.0.0.1";
  target.port = port;
  target.host_keys = std::move(gate);
  target.credentials = [login = std::move(login)]() -> ssh::Outcome<ssh::Credentials> {
    return ssh::Credentials{login.user, login.key, SecretString(login.password)};
  };
  return target;
}

inline ssh::Target target_of(const SshServer& server,
                             std::shared_ptr<MemoryGate> gate = std::make_shared<MemoryGate>()) {
  return target_of(server.port(), {server.user(), load_key(server.private_key()), {}}, std::move(gate));
}

inline std::size_t entries_of(const char* folder) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++count;
  return count;
}
inline std::size_t open_descriptors() { return entries_of("/proc/self/fd"); }
inline std::size_t running_threads() { return entries_of("/proc/self/task"); }

}  // namespace nexus::test
