#include "announce.h"

#include <nexus/cpp/auth.h>
#include <nexus/cpp/contracts/credentials.h>
#include <nexus/cpp/log.h>

namespace nexus::users {
namespace {

// What must be so at once is so by the invalidation: an event that does not get through changes nothing in what the
// user may do.
void publish(const Call& call, std::string_view topic, std::int64_t user_id) {
  const auto published = call.host().publish(&call, topic, std::to_string(user_id), dump(Json{{"id", user_id}}));
  if (published.ok()) return;
  Log(call.host())
      .warning("a change of an account could not be published",
               {{"user_id", user_id}, {"topic", topic}, {"reason", published.error().what()}}, &call);
}

}  // namespace

void announce_change(const Call& call, std::int64_t user_id) {
  invalidate_user(call.host(), user_id);
  publish(call, contracts::kUserChangedTopic, user_id);
}

void announce_removal(const Call& call, std::int64_t user_id) {
  invalidate_user(call.host(), user_id);
  publish(call, contracts::kUserRemovedTopic, user_id);
  publish(call, contracts::kUserChangedTopic, user_id);
}

}  // namespace nexus::users
