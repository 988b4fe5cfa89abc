// FakeHost's side of what came with 1.1: who may use a route, audit notes and entries, commands, identities.
#include <nexus/cpp/auth.h>
#include <nexus/testing/fake_host.h>

#include <doctest/doctest.h>

using nexus::AuditNote;
using nexus::Call;
using nexus::Error;
using nexus::Json;
using nexus::Plugin;
using nexus::Registrar;
using nexus::Request;
using nexus::Response;
using nexus::Result;
using nexus::Status;
using nexus::testing::FakeHost;
using nexus::testing::Principal;

namespace {

constexpr nexus::OperationText kToolOperations[] = {
    {"GET", "/tool", "{}"}, {"POST", "/tool", "{}"}, {"PUT", "/tool", "{}"}, {"DELETE", "/tool", "{}"}};
constexpr nexus::CatalogueText kToolCatalogues[] = {
    {"en", R"({"tool.permission.read": "Read tools", "tool.command.tool_run": "Run"})"},
    {"zh-CN", R"({"tool.permission.read": "查看工具", "tool.command.tool_run": "运行"})"}};
constexpr nexus::Resources kToolResources{{}, kToolCatalogues, kToolOperations, {}, {}};

// What a Tool registers besides its permission.
std::function<void(Registrar&)> declare;

class ToolPlugin : public Plugin {
 public:
  void setup(Registrar& registrar) override {
    registrar.resources(kToolResources);
    registrar.permission("tool.read", "operator,user");
    if (declare) declare(registrar);
  }
};

struct ToolHost : FakeHost {
  explicit ToolHost(std::function<void(Registrar&)> what) {
    declare = std::move(what);
    REQUIRE(load<ToolPlugin>("tool").ok());
    const auto started = start();
    REQUIRE_MESSAGE(started.ok(), started.error().what());
  }
  ~ToolHost() {
    stop();
    declare = {};
  }
  ToolHost(const ToolHost&) = delete;
  ToolHost& operator=(const ToolHost&) = delete;
};

Result<Response> all_well(Request&) { return Response::done(); }

void expect_one(FakeHost& host, const std::string& part) {
  const auto failures = host.take_failures();
  REQUIRE(failures.size() == 1);
  CHECK_MESSAGE(failures[0].find(part) != std::string::npos, failures[0]);
}

}  // namespace

TEST_SUITE("who may use a route") {
  TEST_CASE("an API token needs the permission and the scope") {
    ToolHost host([](Registrar& r) { r.route("GET", "/tool", {.permission = "tool.read"}, all_well); });
    CHECK(host.get("/tool", Principal::token({"tool.read"})).http_status == 200);
    CHECK(host.get("/tool", Principal::token({"*"})).http_status == 200);
    CHECK(host.get("/tool", Principal::token({"tool.write"})).app_code == 40301);
    CHECK(host.get("/tool", Principal::user()).http_status == 200);
    auto guest = Principal::token({"tool.read"});
    guest.role = "guest";
    CHECK(host.get("/tool", guest).app_code == 40301);
  }

  TEST_CASE("a handler sees the scopes, and asks for permissions as the edge does") {
    ToolHost host([](Registrar& r) {
      r.route("GET", "/tool", {}, [](Request& request) -> Result<Response> {
        const auto& who = request.call().principal();
        CHECK((who.flags & NX_PRINCIPAL_SCOPED) != 0);
        CHECK(who.scope_count == 1);
        CHECK(nexus::view(who.scopes[0]) == "other.read");
        CHECK(who.elevated_until_us == 0);
        return Response::ok(request.call().allowed("tool.read") ? "1" : "0");
      });
    });
    CHECK(host.get("/tool", Principal::token({"other.read"})).data == 0);
  }

  TEST_CASE("a dangerous route needs a recent authentication by the host's clock") {
    ToolHost host([](Registrar& r) { r.route("DELETE", "/tool", {.needs_step_up = true}, all_well); });
    auto who = Principal::user();
    CHECK(host.del("/tool", who).http_status == 200);
    who.elevated_until_us = host.sdk().now_us() + 1;
    CHECK(host.del("/tool", who).http_status == 200);
    host.advance(std::chrono::microseconds(1));
    CHECK(host.del("/tool", who).app_code == 40302);
    who.elevated_until_us = 0;
    CHECK(host.del("/tool", who).http_status == 403);
  }

  TEST_CASE("API tokens are kept from session routes, and from changes that name no permission") {
    ToolHost host([](Registrar& r) {
      r.route("GET", "/tool", {}, all_well);
      r.route("POST", "/tool", {}, all_well);
      r.route("PUT", "/tool", {.is_public = true}, all_well);
      r.route("DELETE", "/tool", {.permission = "tool.read", .needs_session = true}, all_well);
    });
    const auto token = Principal::token({"*"});
    CHECK(host.get("/tool", token).http_status == 200);
    CHECK(host.post("/tool", {}, token).app_code == 40301);
    CHECK(host.put("/tool", {}, token).http_status == 200);
    CHECK(host.del("/tool", token).app_code == 40301);
    CHECK(host.post("/tool", {}).http_status == 200);
    CHECK(host.del("/tool").http_status == 200);
  }

  TEST_CASE("declared permissions are listed with their titles") {
    ToolHost host([](Registrar&) {});
    CHECK(host.permissions() == std::vector<std::string>{"tool.read"});
    auto call = host.call();
    const auto listed = nexus::declared_permissions(*call);
    REQUIRE(listed.ok());
    CHECK(Json::parse(*listed) ==
          Json::parse(R"([{"name": "tool.read", "title": "Read tools", "roles": ["operator", "user"]}])"));
  }

  TEST_CASE("a permission with a letter that has to be escaped is refused and noted") {
    FakeHost host;
    declare = [](Registrar& r) { r.permission("tool.\"x", ""); };
    REQUIRE(host.load<ToolPlugin>("tool").ok());
    CHECK_FALSE(host.start().ok());
    expect_one(host, "is not of [a-z0-9_.]");
    declare = {};
  }
}

TEST_SUITE("audit") {
  TEST_CASE("a note of an answer is kept, and not shown to the client") {
    ToolHost host([](Registrar& r) {
      r.route("POST", "/tool", {}, [](Request&) -> Result<Response> {
        return Response::created("{}").with_audit(AuditNote{"tools/7", R"({"name":"x"})", "li"});
      });
      r.route("GET", "/tool", {}, all_well);
    });
    const auto answer = host.post("/tool", {});
    CHECK(answer.audit.target == "tools/7");
    CHECK(answer.audit.details_json == R"({"name":"x"})");
    CHECK(answer.audit.user == "li");
    CHECK(answer.data == Json::object());
    CHECK(answer.extra.is_null());
    CHECK(host.get("/tool").audit.target.empty());
    CHECK(host.audit().empty());
  }

  TEST_CASE("details that are no JSON object are noted") {
    ToolHost host([](Registrar& r) {
      r.route("POST", "/tool", {},
              [](Request&) -> Result<Response> { return Response::done().with_audit({.details_json = "[1]"}); });
    });
    CHECK(host.post("/tool", {}).http_status == 500);
    expect_one(host, "the audit details of POST /tool are no JSON object");
  }

  TEST_CASE("entries are kept with the caller that they belong to") {
    ToolHost host([](Registrar&) {});
    const auto sdk = host.sdk();
    {
      auto call = host.call(Principal::user(9));
      CHECK(nexus::record_audit(sdk, &*call, "swept", "tools/1", R"({"count":2})", NX_AUDIT_FAILED).ok());
    }
    CHECK(nexus::record_audit(sdk, nullptr, "begun", "").ok());
    const auto entries = host.audit();
    REQUIRE(entries.size() == 2);
    CHECK(entries[0].action == "swept");
    CHECK(entries[0].target == "tools/1");
    CHECK(entries[0].details["count"] == 2);
    CHECK(entries[0].result == NX_AUDIT_FAILED);
    CHECK(entries[0].user_id == 9);
    CHECK(entries[1].details.is_null());
    CHECK(entries[1].user_id == 0);
    host.fail_next("audit.record", Status::busy);
    CHECK(nexus::record_audit(sdk, nullptr, "begun", "").error().status() == Status::busy);
    CHECK(nexus::record_audit(sdk, nullptr, "", "").error().status() == Status::invalid);
    expect_one(host, "audit.record: an entry without an action");
    CHECK(nexus::record_audit(sdk, nullptr, "begun", "", "7").error().status() == Status::invalid);
    expect_one(host, "no JSON object");
  }
}

TEST_SUITE("commands") {
  TEST_CASE("a command runs with its arguments, on nobody's behalf") {
    ToolHost host([](Registrar& r) {
      r.command("tool run", "NAME [COUNT]", 1, 2,
                [](Call& call, std::span<const std::string_view> args, std::string& out) -> Result<void> {
                  CHECK(call.user_id() == 0);
                  if (args[0] == "nobody") return Error(Status::not_found, "there is no nobody");
                  if (args[0] == "throws") throw std::runtime_error("oh no");
                  for (const auto arg : args) out += std::string(arg) + '\n';
                  return {};
                });
    });
    CHECK(host.commands() == std::vector<std::string>{"tool run"});
    const auto done = host.command("tool run", {"a", "b"});
    CHECK(done.status == Status::ok);
    CHECK(done.text == "a\nb\n");
    const auto failed = host.command("tool run", {"nobody"});
    CHECK(failed.status == Status::not_found);
    CHECK(failed.reason == "there is no nobody");
    CHECK(host.command("tool run", {"throws"}).status == Status::exception);
    CHECK(host.command("tool run").status == Status::invalid);
    CHECK(host.command("tool run", {"a", "b", "c"}).status == Status::invalid);
    CHECK(host.command("tool walk").status == Status::not_found);
  }

  TEST_CASE("what the panel would refuse is refused and noted") {
    const auto refused = [](const char* name, std::uint32_t min_args, std::uint32_t max_args) {
      FakeHost host;
      declare = [=](Registrar& r) {
        r.command(name, "", min_args, max_args, [](Call&, auto, std::string&) { return Result<void>(); });
      };
      REQUIRE(host.load<ToolPlugin>("tool").ok());
      CHECK_FALSE(host.start().ok());
      declare = {};
      expect_one(host, std::string("command ") + name);
    };
    refused("", 0, 0);
    refused("Tool", 0, 0);
    refused("tool  run", 0, 0);
    refused("a b c d", 0, 0);
    refused("plugin list", 0, 0);
    refused("tool run", 2, 1);
    refused("tool run", 0, 17);
  }

  TEST_CASE("a command without a text for its help is noted") {
    FakeHost host;
    declare = [](Registrar& r) {
      r.command("tool mute", "", 0, 0, [](Call&, auto, std::string&) { return Result<void>(); });
    };
    REQUIRE(host.load<ToolPlugin>("tool").ok());
    REQUIRE(host.start().ok());
    const auto failures = host.take_failures();
    REQUIRE(failures.size() == 2);  // in each language
    CHECK(failures[0].find("no text for \"tool.command.tool_mute\"") != std::string::npos);
    declare = {};
  }
}

TEST_SUITE("identities") {
  TEST_CASE("a credential's kind reaches the provider, and its answer comes back whole") {
    ToolHost host([](Registrar& r) {
      r.identity_provider([](Call& call, const nexus::Credential& credential, nexus::IdentityReply reply) {
        CHECK(call.remote_address() == "192.0.2.1");
        if (credential.text == "bad") return reply.refuse(nexus::code::kTokenInvalid);
        nexus::Identity identity;
        identity.user_id = 7;
        identity.token_id = credential.kind == NX_CREDENTIAL_TICKET ? "ticket" : "bearer";
        identity.elevated_until_us = 5;
        identity.valid_until_us = credential.kind == NX_CREDENTIAL_TICKET ? 0 : 9;
        if (credential.text == "api") identity.scopes = {"tool.read"};
        reply.accept(identity);
      });
    });
    const auto session = host.authenticate("session");
    REQUIRE(session.ok());
    CHECK(session->who.token_id == "bearer");
    CHECK(session->who.elevated_until_us == 5);
    CHECK(session->valid_until_us == 9);
    CHECK_FALSE(session->who.scopes.has_value());
    const auto ticket = host.authenticate("session", NX_CREDENTIAL_TICKET);
    CHECK(ticket->who.token_id == "ticket");
    CHECK(ticket->valid_until_us == 0);
    CHECK(host.authenticate("api")->who.scopes == std::vector<std::string>{"tool.read"});
    CHECK(host.authenticate("bad")->app_code == nexus::code::kTokenInvalid);
    CHECK(host.authenticate("session", 9).error().status() == Status::unsupported);
  }

  TEST_CASE("whoever provides no identities may have users forgotten, not tokens or sessions") {
    ToolHost host([](Registrar&) {});
    const auto sdk = host.sdk();
    nexus::invalidate_user(sdk, 7);
    CHECK(host.invalidations().size() == 1);
    CHECK(host.invalidations()[0].kind == NX_INVALIDATE_USER);
    CHECK(host.invalidations()[0].id == "7");
    nexus::invalidate_session(sdk, "s");
    CHECK(host.invalidations().size() == 1);
    expect_one(host, "auth.invalidate: tokens and sessions are the identity provider's");
  }
}
