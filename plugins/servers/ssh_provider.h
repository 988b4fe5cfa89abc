// servers.ssh/1: what other plugins do on servers.
#pragma once

#include "ssh_gateway.h"

#include <nexus/cpp/services.h>

namespace nexus::servers {

class SshProvider {
 public:
  explicit SshProvider(SshGateway& gateway) noexcept : gateway_(gateway) {}

  // Answers every question exactly once.
  void answer(Call& call, std::string_view method, std::string_view payload, const Question& question);

 private:
  SshGateway& gateway_;
};

}  // namespace nexus::servers
