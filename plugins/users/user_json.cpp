#include "user_json.h"

#include <nexus/cpp/etag.h>

namespace nexus::users {
namespace {

// An entry of the trail has 4 KiB; an avatar's address may have half of that twice.
constexpr std::size_t kMaxKeptBytes = 256;

Json kept(const Json& value) {
  if (!value.is_string()) return value;
  return value.get_ref<const std::string&>().substr(0, kMaxKeptBytes);
}

}  // namespace

Json summary(const User& user) {
  return {{"id", user.id},
          {"username", user.username},
          {"email", user.email},
          {"role", user.role},
          {"status", user.status},
          {"language", user.language},
          {"created_at", json_time(user.created_us)},
          {"last_login_at", json_time(user.last_login_us)}};
}

Json detail(const User& user) {
  return {{"id", user.id},
          {"username", user.username},
          {"email", user.email},
          {"avatar", json_or_null(user.avatar)},
          {"role", user.role},
          {"status", user.status},
          {"language", user.language},
          {"created_at", json_time(user.created_us)},
          {"updated_at", json_time(user.updated_us)},
          {"last_login_at", json_time(user.last_login_us)}};
}

Response user_answer(const User& user) {
  return Response::ok(dump({{"user", detail(user)}})).with_header("ETag", etag_of(user.updated_us));
}

AuditNote audit_note(std::int64_t user_id, const Json& details) {
  return {"users/" + std::to_string(user_id), dump(details), {}};
}

Json differences(const ChangedUser& changed) {
  const auto before = detail(changed.before), after = detail(changed.after);
  Json differences = Json::object();
  for (const auto* member : {"username", "email", "avatar", "role", "status", "language"}) {
    if (before[member] != after[member]) {
      differences[member] = {{"from", kept(before[member])}, {"to", kept(after[member])}};
    }
  }
  return differences;
}

}  // namespace nexus::users
