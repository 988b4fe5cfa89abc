// A person's test of a connection.
#include "ssh/connection.h"

#include <algorithm>
#include <utility>

namespace nexus::servers::ssh {

void ServerConnection::test(const Target& target, Clock::time_point deadline, std::shared_ptr<void> ticket,
                            std::function<void(Outcome<Tested>)> done) {
  if (ended_) return done(*ended_);
  if (auto held = context_.persons.check_person(server_id_, target.revision, Clock::now())) return done(*held);
  const auto test = std::make_shared<Test>(loop_);
  test->reservation = context_.reserve();
  if (!test->reservation || tests_.size() >= kMaxTests) {
    return done(Failure{Stage::connect, Fault::busy, "too many connections", {}});
  }
  test->ticket = std::move(ticket);
  test->target = target;
  test->done = std::move(done);
  tests_.push_back(test);
  test->login = Login::start(
      loop_, context_.login, target, Trust::person,
      [self = shared_from_this(), test](Outcome<LoggedIn> outcome) { self->test_ended(test, std::move(outcome)); });
  if (deadline == Clock::time_point::max()) return;
  test->deadline.expires_at(deadline);
  test->deadline.async_wait([self = shared_from_this(), test](const boost::system::error_code& error) {
    if (!error) self->finish_test(test, Failure{Stage::connect, Fault::timed_out, "time is up", {}});
  });
}

void ServerConnection::cancel_test(const std::shared_ptr<void>& ticket) {
  const auto found =
      std::find_if(tests_.begin(), tests_.end(), [&](const TestPointer& test) { return test->ticket == ticket; });
  if (found != tests_.end()) finish_test(*found, Failure{Stage::connect, Fault::cancelled, "cancelled", {}});
}

void ServerConnection::test_ended(const TestPointer& test, Outcome<LoggedIn> outcome) {
  if (!test->done) return;
  if (!outcome.ok()) {
    test_failed(test->target, outcome.error());
    finish_test(test, outcome.error());
    return proceed();
  }
  auto made = std::move(outcome).value();
  const Tested shown{made.login_time, made.host_key};
  if (const auto login = std::exchange(login_, nullptr)) login->cancel();
  login_reservation_ = nullptr;
  target_ = test->target;
  use(std::move(made), std::move(test->reservation));
  finish_test(test, shown);
  proceed();
}

void ServerConnection::test_failed(const Target& target, const Failure& failure) {
  if (failure.jump_host || failure.fault == Fault::busy) return;
  const bool current = target_ && target_->revision == target.revision;
  if (failure.fault == Fault::credentials_refused) {
    context_.persons.failed(server_id_, target.revision, failure, Clock::now());
  }
  if (failure.fault == Fault::host_key_changed && session_) {
    // Another key is in use there now: the older session may not stay in its place.
    connected_ = false;
    std::exchange(session_, nullptr)->end({Stage::host_key, Fault::host_key_changed, failure.reason, {}});
  }
  if (!session_ && current && stands(failure)) {
    stopped_ = failure;
    wanted_ = false;
    fail_all(failure);
  }
  if (!session_) context_.observer.disconnected(server_id_, failure);
}

void ServerConnection::finish_test(const TestPointer& test, Outcome<Tested> outcome) {
  // The caller's reference may be the list's own.
  const auto kept = test;  // NOLINT(performance-unnecessary-copy-initialization)
  tests_.remove(kept);
  kept->deadline.cancel();
  kept->login->cancel();
  kept->reservation = nullptr;
  if (const auto done = std::exchange(kept->done, nullptr)) done(std::move(outcome));
}

}  // namespace nexus::servers::ssh
