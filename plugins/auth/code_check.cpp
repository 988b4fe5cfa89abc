#include "code_check.h"

#include <memory>
#include <utility>

namespace nexus::auth {
namespace {

struct Check {
  const AuthContext* context;
  std::int64_t user_id;
  std::string code;
  std::int64_t started_us;
  CodeDone done;
};

void count_failure(const std::shared_ptr<const Check>& check, Call& call) {
  const auto& context = *check->context;
  context.log().warning("wrong second factor", {{"user_id", check->user_id}, {"address", call.remote_address()}},
                        &call);
  context.credentials().failed(call, check->user_id, [check](Call& later, const Result<void>& counted) {
    const auto& its = *check->context;
    if (!counted.ok()) {
      its.log().error("a wrong second factor could not be counted", {{"reason", counted.error().what()}}, &later);
    }
    refuse_code(its, later, check->started_us, check->done);
  });
}

void look_at_code(const std::shared_ptr<const Check>& check, Call& call, const Result<bool>& is_open) {
  if (!is_open.ok()) return check->done(call, is_open.error());
  if (!*is_open) return refuse_code(*check->context, call, check->started_us, check->done);
  const auto good = check->context->second_factors(call).accepts(check->user_id, check->code);
  if (!good.ok()) return check->done(call, good.error());
  if (*good) return check->done(call, {});
  count_failure(check, call);
}

}  // namespace

void check_code(const AuthContext& context, Call& call, std::int64_t user_id, std::string code, CodeDone done) {
  const auto check = std::make_shared<const Check>(
      Check{&context, user_id, std::move(code), context.host().monotonic_us(), std::move(done)});
  context.credentials().is_open(
      call, user_id, [check](Call& later, const Result<bool>& is_open) { look_at_code(check, later, is_open); });
}

void refuse_code(const AuthContext& context, Call& call, std::int64_t started_us, const CodeDone& done) {
  const auto left = started_us + kRefusalUs - context.host().monotonic_us();
  if (left > 0 && context.host().after(left, [done](Call& later) { done(later, wrong_code()); }).ok()) return;
  done(call, wrong_code());
}

}  // namespace nexus::auth
