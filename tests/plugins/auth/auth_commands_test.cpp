// Commands of an operator's on the panel's own machine.
#include "panel_fixture.h"

#include <atomic>
#include <thread>

using namespace nexus;
using nexus::test::impatient;
using nexus::test::Panel;

namespace {

// A command waits for another plugin, whose answer comes on another thread: here the test's own.
testing::CommandAnswer run_command(Panel& panel, const std::string& name, const std::vector<std::string>& args) {
  testing::CommandAnswer answer;
  std::atomic<bool> done{false};
  std::thread command([&] {
    answer = panel.host.command(name, args);
    done = true;
  });
  while (!done) {
    panel.host.settle();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  command.join();
  return answer;
}

}  // namespace

TEST_CASE("an operator removes a second factor by the user's name") {
  Panel panel("{}", impatient());
  panel.enable_second_factor(panel.principal(panel.log_in()));
  const auto answer = run_command(panel, "user disable-2fa", {"johndoe"});
  CHECK(answer.status == Status::ok);
  CHECK(answer.text.find("johndoe") != std::string::npos);
  CHECK(panel.try_log_in().http_status == 200);
  REQUIRE(panel.host.audit().size() == 1);
  CHECK(panel.host.audit()[0].action == "removeSecondFactor");
  CHECK(panel.host.audit()[0].target == "users/7");

  CHECK(run_command(panel, "user disable-2fa", {"johndoe"}).status == Status::ok);
  CHECK(panel.host.audit().size() == 1);
}

TEST_CASE("a name that nobody has, and trouble, fail with a reason") {
  Panel panel;
  const auto unknown = run_command(panel, "user disable-2fa", {"nobody"});
  CHECK(unknown.status == Status::not_found);
  CHECK(unknown.reason.find("nobody") != std::string::npos);
  panel.trouble = Status::unavailable;
  CHECK(run_command(panel, "user disable-2fa", {"johndoe"}).status == Status::unavailable);
}

TEST_CASE("an operator rotates the signing key") {
  Panel panel;
  const auto tokens = panel.log_in();
  const auto answer = run_command(panel, "auth rotate-keys", {});
  CHECK(answer.status == Status::ok);
  CHECK(panel.rows("auth_keys") == 2);
  CHECK(panel.authenticate(tokens).app_code == 0);
  REQUIRE(panel.host.audit().size() == 1);
  CHECK(panel.host.audit()[0].action == "rotateSigningKeys");
}
