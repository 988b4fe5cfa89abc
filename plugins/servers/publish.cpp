#include "publish.h"

#include <nexus/cpp/events.h>
#include <nexus/cpp/json.h>
#include <nexus/cpp/log.h>

namespace nexus::servers {

void publish(const Call& call, std::string_view topic, const Server& server) {
  const Json payload = {{"id", server.id}, {"name", server.name}, {"owner_user_id", server.owner_user_id}};
  const auto published = call.host().publish(&call, topic, std::to_string(server.id), dump(payload));
  if (!published.ok()) Log(call.host()).warning("cannot publish", {{"topic", topic}}, &call);
}

}  // namespace nexus::servers
