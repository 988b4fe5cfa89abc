#include "in_use.h"

#include <nexus/cpp/json.h>

namespace nexus::servers {

Error in_use(std::string text_key, const std::vector<NamedServer>& servers) {
  Json used_by = Json::array();
  for (const auto& server : servers) used_by.push_back({{"id", server.id}, {"name", server.name}});
  return Error::api(code::kWrongState, std::move(text_key)).with_extra(dump({{"used_by", std::move(used_by)}}));
}

}  // namespace nexus::servers
