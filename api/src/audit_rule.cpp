#include "audit_rule.h"

#include <nexus/cpp/status.h>

#include <algorithm>
#include <array>

namespace nexus::api {
namespace {

// Nothing was done: the request was not understood, too large, not valid, or one of too many.
constexpr std::array kNotDone{400, 408, 413, 415, 422, 429};

bool only_reads(std::string_view method) noexcept { return method == "GET" || method == "HEAD" || method == "OPTIONS"; }

}  // namespace

bool is_audited(const RouteEntry* route, std::string_view method, bool has_caller, int status,
                std::int32_t app_code) noexcept {
  if (route == nullptr) return false;
  if (app_code == code::kForbidden || app_code == code::kStepUpNeeded) return true;
  if (only_reads(method) && !route->spec.is_audited) return false;
  if (std::find(kNotDone.begin(), kNotDone.end(), status) != kNotDone.end()) return false;
  // A stranger who is told to come later has done nothing either, and a flood of them must not fill the trail.
  return has_caller || (route->spec.is_public && status != 503);
}

}  // namespace nexus::api
