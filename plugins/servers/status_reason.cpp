#include "status_reason.h"

namespace nexus::servers {

std::string status_message_key(std::string_view reason) {
  const bool of_unknown = reason == kNeverConnected || reason == kPanelRestarted || reason == kAddressChanged;
  return (of_unknown ? "servers.status_" : "servers.ssh_") + std::string(reason);
}

}  // namespace nexus::servers
