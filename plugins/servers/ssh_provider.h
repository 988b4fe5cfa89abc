// servers.ssh/1: what other plugins do on servers.
#pragma once

#include "rights_watch.h"
#include "ssh_gateway.h"

#include <nexus/cpp/services.h>

namespace nexus::servers {

class SshProvider {
 public:
  SshProvider(const Host& host, SshGateway& gateway) : gateway_(gateway), watch_(host) {}

  void start() { watch_.start(); }
  void stop() noexcept { watch_.stop(); }

  // Answers every question exactly once.
  void answer(Call& call, std::string_view method, std::string_view payload, const Question& question);
  // What is refused later closes the stream with the reason.
  Result<std::shared_ptr<StreamEvents>> open(Call& call, std::string_view method, std::string_view payload,
                                             const Stream& stream);

 private:
  SshGateway& gateway_;
  RightsWatch watch_;
};

}  // namespace nexus::servers
