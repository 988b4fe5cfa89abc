// What the plugin tells others about its servers.
#pragma once

#include <string_view>

namespace nexus::servers {

inline constexpr std::string_view kAddedTopic = "servers.added/1";
inline constexpr std::string_view kChangedTopic = "servers.changed/1";
inline constexpr std::string_view kRemovedTopic = "servers.removed/1";

// The key is the id as text.
inline constexpr std::string_view kServerEventSchema =
    R"({"type":"object","required":["id","name","owner_user_id"],"additionalProperties":false,)"
    R"("properties":{"id":{"type":"integer"},"name":{"type":"string"},"owner_user_id":{"type":"integer"}}})";

inline constexpr std::string_view kOnlineTopic = "servers.online/1";
inline constexpr std::string_view kOfflineTopic = "servers.offline/1";

// The key is the id as text; `reason` is the fault's word.
inline constexpr std::string_view kStatusEventSchema =
    R"({"type":"object","required":["server_id"],"additionalProperties":false,)"
    R"("properties":{"server_id":{"type":"integer"},"reason":{"type":"string"}}})";

}  // namespace nexus::servers
