#include "unsaved_tests.h"

#include "input_rules.h"

#include <functional>

namespace nexus::servers {
namespace {

// The slate is the caller's and the machine's, whatever account and credentials are tried.
constexpr std::int64_t kOneRevision = 0;

std::int64_t slate_of(const UnsavedAddress& address) {
  const auto text =
      std::to_string(address.user_id) + '\n' + lower_case(address.host) + '\n' + std::to_string(address.port);
  return static_cast<std::int64_t>(std::hash<std::string>{}(text));
}

}  // namespace

ssh::Outcome<UnsavedTests::Place> UnsavedTests::enter(const UnsavedAddress& address, ssh::Clock::time_point now) {
  if (auto held = refusals_.check_person(slate_of(address), kOneRevision, now)) return *held;
  const std::lock_guard lock(under_way_->mutex);
  auto& his = under_way_->by_caller[address.user_id];
  if (his >= kMostPerCaller || under_way_->all >= kMostAtOnce) {
    if (his == 0) under_way_->by_caller.erase(address.user_id);
    return ssh::Failure{ssh::Stage::connect, ssh::Fault::busy, "too many tests are under way", {}};
  }
  ++his;
  ++under_way_->all;
  return Place(under_way_.get(), [under_way = under_way_, user_id = address.user_id](void*) {
    const std::lock_guard leaving(under_way->mutex);
    --under_way->all;
    const auto found = under_way->by_caller.find(user_id);
    if (--found->second == 0) under_way->by_caller.erase(found);
  });
}

void UnsavedTests::refused(const UnsavedAddress& address, ssh::Clock::time_point now) {
  const ssh::Failure failure{ssh::Stage::auth, ssh::Fault::credentials_refused, "refused too often", {}};
  refusals_.failed(slate_of(address), kOneRevision, failure, now);
}

void UnsavedTests::succeeded(const UnsavedAddress& address) { refusals_.succeeded(slate_of(address)); }

}  // namespace nexus::servers
