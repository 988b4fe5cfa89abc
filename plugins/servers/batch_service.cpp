#include "batch_service.h"

namespace nexus::servers {

Result<void> check_batch(const Batch& batch) {
  const bool by_groups = batch.action == "move";
  const bool by_tags = batch.action == "tag" || batch.action == "untag";
  if (by_groups != batch.group_ids.has_value()) return Error::field("args.group_ids", "action", "servers.batch_args");
  if (by_tags != batch.tags.has_value()) return Error::field("args.tags", "action", "servers.batch_args");
  return {};
}

std::optional<ServerChange> change_of(const Batch& batch) {
  if (batch.action == "delete") return std::nullopt;
  ServerChange change;
  change.group_ids = batch.group_ids;
  if (batch.action == "tag") change.more_tags = *batch.tags;
  if (batch.action == "untag") change.fewer_tags = *batch.tags;
  return change;
}

}  // namespace nexus::servers
