// The rules about doing the same to many servers.
#pragma once

#include "server_service.h"

namespace nexus::servers {

// What a body asks for; an argument that its action does not take must be absent.
struct Batch {
  std::string action;  // delete, move, tag, untag
  std::vector<std::int64_t> ids;
  std::optional<std::vector<std::int64_t>> group_ids;  // of move: the groups that hold them then
  std::optional<std::vector<std::string>> tags;        // of tag and untag
};

// 42201 where the arguments are not those of the action. Pure.
Result<void> check_batch(const Batch& batch);

// The change that `batch` is for each of its servers; nullopt where they are removed. Pure.
std::optional<ServerChange> change_of(const Batch& batch);

}  // namespace nexus::servers
