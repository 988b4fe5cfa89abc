#include "connection_test.h"

#include "audit_note.h"
#include "failure_answer.h"
#include "os_release.h"

#include <memory>

namespace nexus::servers {
namespace {

// All stages together.
constexpr ssh::milliseconds kTestTimeout{35'000};
constexpr std::size_t kMaxOsRelease = 16 * 1024;
constexpr std::size_t kMaxOsInfo = 200;

Response failed_answer(std::int64_t server_id, const ssh::Failure& failure, const Call& call) {
  Json data = {{"connected", false},
               {"latency_ms", nullptr},
               {"os_info", nullptr},
               {"stage", to_string(failure.stage)},
               {"error", to_string(failure.fault)},
               {"details", call.translate(message_key(failure.fault))}};
  if (failure.host_key) data["host_key"] = to_json(*failure.host_key);
  return Response::ok(dump(data), "servers.not_connected")
      .with_audit(audit_note("servers", server_id, {{"connected", false}, {"error", data["error"]}}));
}

// The steps of one test; each keeps it alive until the next. They come on the engine's threads, where nothing may wait,
// so the answer is given on a worker.
class ConnectionTest : public std::enable_shared_from_this<ConnectionTest> {
 public:
  ConnectionTest(SshGateway& gateway, ssh::Target target, OwnedCall call, const Reply& reply)
      : gateway_(gateway), target_(std::move(target)), call_(std::move(call)), reply_(reply) {}

  void begin() {
    options_ = SshGateway::options(*call_, ssh::Priority::terminal, kTestTimeout);
    gateway_.engine().test(target_, options_, [self = shared_from_this()](const ssh::Outcome<ssh::Tested>& tested) {
      if (!tested.ok()) return self->failed(tested.error());
      self->tested_ = tested.value();
      self->look_at_release();
    });
  }

 private:
  void look_at_release() {
    gateway_.engine().read_files(target_, {"/etc/os-release"}, kMaxOsRelease, options_,
                                 [self = shared_from_this()](const ssh::Outcome<ssh::Engine::Files>& files) {
                                   std::string name;
                                   if (files.ok() && files.value()[0])
                                     name = printable_line(pretty_name(*files.value()[0]));
                                   name.empty() ? self->ask_uname() : self->succeeded(name);
                                 });
  }

  void ask_uname() {
    gateway_.engine().run_command(target_, "uname -sr", kMaxOsInfo, options_,
                                  [self = shared_from_this()](const ssh::Outcome<ssh::CommandResult>& system) {
                                    self->succeeded(system.ok() ? printable_line(system.value().out) : "");
                                  });
  }

  void failed(const ssh::Failure& failure) {
    answer_later([self = shared_from_this(), failure](Call& call) {
      self->gateway_.write_offline(call, self->target_.server_id, failure);
      return failed_answer(self->target_.server_id, failure, *self->call_);
    });
  }

  void succeeded(const std::string& os_info) {
    answer_later([self = shared_from_this(), os_info](Call& call) {
      const auto server_id = self->target_.server_id;
      self->gateway_.write_online(call, server_id, os_info);
      const Json data = {{"connected", true}, {"latency_ms", self->tested_.login_time.count()}, {"os_info", os_info}};
      return Response::ok(dump(data), "servers.connected")
          .with_audit(audit_note("servers", server_id, {{"connected", true}}));
    });
  }

  void answer_later(std::function<Response(Call&)> make) {
    const auto queued = gateway_.host().after(0, [reply = reply_, make = std::move(make)](Call& call) {
      answer(reply, call, [&]() -> Result<Response> { return make(call); });
    });
    if (!queued.ok()) reply_.send(queued.error());
  }

  SshGateway& gateway_;
  const ssh::Target target_;
  OwnedCall call_;
  const Reply reply_;
  ssh::WorkOptions options_;
  ssh::Tested tested_;
};

}  // namespace

void test_connection(SshGateway& gateway, const ssh::Target& target, OwnedCall call, const Reply& reply) {
  std::make_shared<ConnectionTest>(gateway, target, std::move(call), reply)->begin();
}

}  // namespace nexus::servers
