#include "hash_work.h"

#include <memory>
#include <utility>

namespace nexus::users {

void run_hashed(HashPool& pool, Call& call, HashWork work, HashRefusal refuse) {
  auto child = OwnedCall::child(call);
  if (!child.ok()) return refuse(child.error());
  // shared, because a job is copyable and a call is not
  auto own_call = std::make_shared<OwnedCall>(std::move(child).value());
  const bool queued = pool.post([own_call, work = std::move(work), refuse] {
    Call& mine = **own_call;
    if (mine.cancelled() || mine.remaining().count() == 0) {
      return refuse(Error(Status::timeout, "too late to hash a password"));
    }
    try {
      work(mine);
    } catch (const std::exception& error) {
      refuse(Error(Status::exception, error.what()));
    }
  });
  if (!queued) refuse(Error(Status::busy, "too many passwords wait to be hashed"));
}

}  // namespace nexus::users
