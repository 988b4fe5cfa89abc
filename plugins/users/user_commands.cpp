#include "user_commands.h"

#include "announce.h"
#include "password_hash.h"
#include "user_service.h"

#include <nexus/cpp/audit.h>
#include <nexus/cpp/log.h>
#include <nexus/cpp/secrets.h>
#include <nexus/cpp/time.h>

#include <array>

namespace nexus::users {
namespace {

constexpr std::int64_t kBatch = 100;
// More than anybody reads; the rest is counted.
constexpr std::int64_t kMaxListed = 10'000;

using Words = std::span<const std::string_view>;

Result<User> named(Call& call, std::string_view name) {
  NEXUS_ASSIGN(const auto account, UserService(call).find_by_name(name));
  if (account) return account->user;
  const std::array<TextArg, 1> args{{{"name", std::string(name)}}};
  return Error(Status::not_found, call.translate("users.command.no_such_user", args));
}

// In the trail it has the name of the route that does the same.
void record(const Call& call, std::string_view action, const User& user) {
  const auto recorded = record_audit(call.host(), &call, action, "users/" + std::to_string(user.id));
  if (!recorded.ok()) Log(call.host()).warning("no audit entry", {{"reason", recorded.error().what()}}, &call);
}

std::string line_of(const User& user) {
  const auto last_login = user.last_login_us ? iso8601(*user.last_login_us) : std::string("-");
  return std::to_string(user.id) + '\t' + user.username + '\t' + user.email + '\t' + user.role + '\t' + user.status +
         '\t' + last_login + '\n';
}

Result<void> run_list(Call& call, Words, std::string& out) {
  out += call.translate("users.command.list_head") + '\n';
  UserFilter filter{.sort = "id", .limit = kBatch};
  std::int64_t total = 0;
  do {
    NEXUS_ASSIGN(const auto list, UserService(call).list(filter));
    for (const auto& user : list.users) out += line_of(user);
    total = list.total;
    filter.offset += kBatch;
  } while (filter.offset < std::min(total, kMaxListed));
  if (total > kMaxListed) {
    const std::array<TextArg, 1> args{{{"count", std::to_string(total - kMaxListed)}}};
    out += call.translate("users.command.list_more", args) + '\n';
  }
  return {};
}

Result<void> run_unlock(Call& call, Words words, std::string& out) {
  NEXUS_ASSIGN(const auto user, named(call, words[0]));
  NEXUS_TRY(UserService(call).unlock(user.id));
  record(call, "unlockUser", user);
  const std::array<TextArg, 1> args{{{"name", user.username}}};
  out += call.translate("users.command.unlocked", args) + '\n';
  return {};
}

// Hashes here: a command runs in a process of its own, where nobody waits for this thread.
Result<void> run_reset_password(Call& call, Words words, std::string& out) {
  NEXUS_ASSIGN(const auto user, named(call, words[0]));
  const SecretString password(random_password());
  NEXUS_ASSIGN(const auto hash, hash_password(password.view()));
  NEXUS_TRY(UserService(call).reset_password(user.id, hash));
  announce_change(call, user.id);
  record(call, "resetUserPassword", user);
  const std::array<TextArg, 2> args{{{"name", user.username}, {"password", std::string(password.view())}}};
  out += call.translate("users.command.password_reset", args) + '\n';
  return {};
}

}  // namespace

void add_user_commands(Registrar& registrar) {
  registrar.command("user list", "", 0, 0, run_list);
  registrar.command("user unlock", "NAME", 1, 1, run_unlock);
  registrar.command("user reset-password", "NAME", 1, 1, run_reset_password);
}

}  // namespace nexus::users
