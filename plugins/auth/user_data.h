// What this plugin keeps of a user, when the user changes or goes.
#pragma once

#include "auth_context.h"

#include <nexus/cpp/plugin.h>

namespace nexus::auth {

// A fact on users.changed/1: ends the sessions that may not go on.
void on_user_changed(const AuthContext& context, Call& call, const Event& event);
// A fact on users.removed/1: nothing of that user is left.
void on_user_removed(const AuthContext& context, Call& call, const Event& event);

// A fact may get lost, so users of whom something is kept are asked for now and then, some at a time, in a round. Used
// by one thread at a time.
class RemovedUsers {
 public:
  // A panel of a thousand users is through within two hours.
  static constexpr std::int64_t kBatch = 100;

  // `context` must outlive it.
  explicit RemovedUsers(const AuthContext& context) noexcept : context_(&context) {}

  // Asks for the next ones, one after the other, in the background.
  void sweep(Call& call);

 private:
  const AuthContext* context_;
  std::int64_t last_id_ = 0;  // of the batch before
};

}  // namespace nexus::auth
