#include "connection_test.h"

#include "audit_note.h"
#include "caller.h"
#include "failure_answer.h"
#include "os_release.h"
#include "server_store.h"
#include "stated_host_key_gate.h"

#include <memory>

namespace nexus::servers {
namespace {

// All stages together.
constexpr ssh::milliseconds kTestTimeout{35'000};
constexpr std::size_t kMaxOsRelease = 16 * 1024;
constexpr std::size_t kMaxOsInfo = 200;

// The jump host that failed, and how; by name where the caller sees it.
Json jump_host_json(Call& call, const ssh::Failure& failure) {
  Json jump = {{"error", to_string(failure.fault)}, {"details", call.translate(message_key(failure.fault))}};
  const auto found = ServerStore(Sql(call)).find(scope_of(call), *failure.jump_host);
  if (!found.ok() || !*found) return jump;
  jump["id"] = (*found)->id;
  jump["name"] = (*found)->name;
  return jump;
}

// `call` is the caller's.
Json failed_data(Call& call, const ssh::Failure& failure, const std::string& details_key) {
  Json data = {{"connected", false},           {"latency_ms", nullptr},
               {"os_info", nullptr},           {"stage", to_string(failure.stage)},
               {"error", error_word(failure)}, {"details", call.translate(details_key)}};
  if (failure.jump_host) data["jump_host"] = jump_host_json(call, failure);
  if (failure.host_key) data["host_key"] = to_json(*failure.host_key);
  return data;
}

// The steps of one test; each keeps it alive until the next. They come on the engine's threads, where nothing may wait,
// so the answer is given on a worker.
class ConnectionTest : public std::enable_shared_from_this<ConnectionTest> {
 public:
  ConnectionTest(SshGateway& gateway, ssh::Target target, OwnedCall call, const Reply& reply)
      : gateway_(gateway), target_(std::move(target)), call_(std::move(call)), reply_(reply) {}
  ConnectionTest(const ConnectionTest&) = delete;
  ConnectionTest& operator=(const ConnectionTest&) = delete;
  virtual ~ConnectionTest() = default;

  void begin() {
    options_ = SshGateway::options(*call_, ssh::Priority::terminal, kTestTimeout);
    gateway_.engine().test(target_, options_, [self = shared_from_this()](const ssh::Outcome<ssh::Tested>& tested) {
      if (!tested.ok()) return self->failed(tested.error());
      self->tested_ = tested.value();
      self->look_at_release();
    });
  }

 protected:
  // On a worker, before the answer.
  virtual void note_online(Call& call, const std::string& os_info) = 0;
  virtual void note_failure(Call& call, const ssh::Failure& failure) = 0;
  virtual AuditNote audit(const Json& outcome) const = 0;
  virtual std::string details_key(const ssh::Failure& failure) const { return message_key(failure); }

  SshGateway& gateway() const noexcept { return gateway_; }
  std::int64_t server_id() const noexcept { return target_.server_id; }

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
      self->note_failure(call, failure);
      const auto data = failed_data(*self->call_, failure, self->details_key(failure));
      return Response::ok(dump(data), "servers.not_connected")
          .with_audit(self->audit({{"connected", false}, {"error", data["error"]}}));
    });
  }

  void succeeded(const std::string& os_info) {
    answer_later([self = shared_from_this(), os_info](Call& call) {
      self->note_online(call, os_info);
      const Json data = {{"connected", true}, {"latency_ms", self->tested_.login_time.count()}, {"os_info", os_info}};
      return Response::ok(dump(data), "servers.connected").with_audit(self->audit({{"connected", true}}));
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

class SavedTest : public ConnectionTest {
 public:
  using ConnectionTest::ConnectionTest;

 private:
  void note_online(Call& call, const std::string& os_info) override {
    gateway().write_online(call, server_id(), os_info);
  }
  void note_failure(Call& call, const ssh::Failure& failure) override {
    gateway().write_offline(call, server_id(), failure);
  }
  AuditNote audit(const Json& outcome) const override { return audit_note("servers", server_id(), outcome); }
};

AuditNote unsaved_audit(const Server& server, const Json& outcome) {
  auto details = audit_facts(server);
  details.erase("name");
  details.update(outcome);
  AuditNote note;
  note.target = "servers";
  note.details_json = dump(details);
  return note;
}

// What the caller can do about a key of the machine's own is another thing than with a server; the key of a jump host
// is not shown, and is that server's affair.
std::string unsaved_details_key(const ssh::Failure& failure) {
  if (failure.host_key && failure.fault == ssh::Fault::host_key_unknown) return "servers.unsaved_host_key_unknown";
  if (failure.host_key && failure.fault == ssh::Fault::host_key_changed) return "servers.unsaved_host_key_changed";
  return message_key(failure);
}

class UnsavedTest : public ConnectionTest {
 public:
  UnsavedTest(SshGateway& gateway, ssh::Target target, OwnedCall call, const Reply& reply, UnsavedTests::Place place,
              Server server)
      : ConnectionTest(gateway, std::move(target), std::move(call), reply),
        place_(std::move(place)),
        server_(std::move(server)) {}

 private:
  void note_online(Call& /*call*/, const std::string& /*os_info*/) override {
    gateway().unsaved_tests().succeeded(unsaved_address(server_));
    leave();
  }
  void note_failure(Call& /*call*/, const ssh::Failure& failure) override {
    if (failure.fault == ssh::Fault::credentials_refused && !failure.jump_host) {
      gateway().unsaved_tests().refused(unsaved_address(server_), ssh::Clock::now());
    }
    leave();
  }
  AuditNote audit(const Json& outcome) const override { return unsaved_audit(server_, outcome); }
  std::string details_key(const ssh::Failure& failure) const override { return unsaved_details_key(failure); }

  void leave() {
    gateway().forget(server_id());
    place_ = nullptr;
  }

  UnsavedTests::Place place_;
  const Server server_;
};

}  // namespace

void test_connection(SshGateway& gateway, const ssh::Target& target, OwnedCall call, const Reply& reply) {
  std::make_shared<SavedTest>(gateway, target, std::move(call), reply)->begin();
}

UnsavedAddress unsaved_address(const Server& server) { return {server.owner_user_id, server.host, server.port}; }

Result<void> test_unsaved(SshGateway& gateway, const UnsavedTests::Place& place, const UnsavedServer& server,
                          Call& call, const Reply& reply) {
  auto host_key = std::make_shared<StatedHostKeyGate>(server.host_key_fingerprint);
  NEXUS_ASSIGN(auto target, gateway.target_of(call, server.access, std::move(host_key)));
  NEXUS_ASSIGN(auto child, OwnedCall::child(call));
  std::make_shared<UnsavedTest>(gateway, std::move(target), std::move(child), reply, place, server.access.server)
      ->begin();
  return {};
}

Response unsaved_refused(const ssh::Failure& failure, const Server& server, Call& call) {
  const auto data = failed_data(call, failure, unsaved_details_key(failure));
  return Response::ok(dump(data), "servers.not_connected")
      .with_audit(unsaved_audit(server, {{"connected", false}, {"error", data["error"]}}));
}

}  // namespace nexus::servers
