#include "auth_commands.h"

#include "late_answer.h"

#include <nexus/cpp/audit.h>

#include <array>
#include <chrono>
#include <future>
#include <memory>

namespace nexus::auth {
namespace {

// The service looks in one table; an operator is told rather than kept waiting.
constexpr std::chrono::seconds kPatience{10};

// A command answers when it returns, so this one waits, on a worker of a process that does nothing else.
Result<User> find_user(const AuthContext& context, Call& call, std::string_view name) {
  const auto found = std::make_shared<std::promise<Result<User>>>();
  auto answer = found->get_future();
  context.credentials().find(call, name, [found](Call&, Result<User> user) { found->set_value(std::move(user)); });
  if (answer.wait_for(kPatience) != std::future_status::ready) return Error(Status::timeout, "users did not answer");
  auto user = answer.get();
  if (user.ok() || user.error().app_code() != code::kNotFound) return user;
  const std::array<TextArg, 1> args{{{"name", std::string(name)}}};
  return Error(Status::not_found, call.translate("auth.no_such_user", args));
}

void record(const AuthContext& context, const Call& call, std::string_view action, const std::string& target) {
  const auto recorded = record_audit(context.host(), &call, action, target);
  if (!recorded.ok()) context.log().warning("no audit entry", {{"reason", recorded.error().what()}}, &call);
}

Result<void> disable_second_factor(const AuthContext& context, Call& call, std::string_view name, std::string& out) {
  NEXUS_ASSIGN(const auto user, find_user(context, call, name));
  NEXUS_ASSIGN(const bool removed, context.second_factors(call).remove(user.id));
  if (removed) record(context, call, "removeSecondFactor", user_target(user.id));
  const std::array<TextArg, 1> args{{{"name", user.username}}};
  out += call.translate(removed ? "auth.told_second_factor_removed" : "auth.told_no_second_factor", args) + "\n";
  return {};
}

Result<void> rotate_keys(const AuthContext& context, Call& call, std::string& out) {
  NEXUS_TRY(context.keys().rotate(call));
  const auto kid = context.keys().codec()->keys().newest().kid;
  record(context, call, "rotateSigningKeys", "keys/" + kid);
  const std::array<TextArg, 1> args{{{"kid", kid}}};
  out += call.translate("auth.told_keys_rotated", args) + "\n";
  return {};
}

}  // namespace

void add_auth_commands(Registrar& registrar, const AuthContext& context) {
  registrar.command("user disable-2fa", "NAME", 1, 1,
                    [&context](Call& call, std::span<const std::string_view> args, std::string& out) {
                      return disable_second_factor(context, call, args[0], out);
                    });
  registrar.command("auth rotate-keys", "", 0, 0,
                    [&context](Call& call, std::span<const std::string_view>, std::string& out) {
                      return rotate_keys(context, call, out);
                    });
}

}  // namespace nexus::auth
