// FakeHost notices what an author gets wrong. Each plugin here makes one mistake.
#include <nexus/testing/fake_host.h>

#include <doctest/doctest.h>

#include <thread>

using nexus::Call;
using nexus::Error;
using nexus::Json;
using nexus::Plugin;
using nexus::Registrar;
using nexus::Reply;
using nexus::Request;
using nexus::Response;
using nexus::Result;
using nexus::Sql;
using nexus::Status;
using nexus::testing::FakeHost;
using nexus::testing::Options;
using nexus::testing::Principal;

namespace {

constexpr nexus::MigrationText kSteps[] = {
    {1, "items", "CREATE TABLE probe_items (id INTEGER PRIMARY KEY, name TEXT UNIQUE, size REAL);",
     "DROP TABLE probe_items;", "CREATE TABLE probe_items (id BIGINT);", "DROP TABLE probe_items;"}};
constexpr nexus::OperationText kOperations[] = {{"GET", "/probe", "{}"}, {"GET", "/probe/{id}", "{}"}};
constexpr nexus::CatalogueText kCatalogues[] = {{"en", R"({"probe.hi": "Hi {name}", "probe.permission.x": "X"})"},
                                                {"zh-CN", R"({"probe.hi": "{name}好", "probe.permission.x": "X"})"}};
constexpr nexus::Resources kResources{kSteps, kCatalogues, kOperations, {}, {}};

// What the route GET /probe of a Probe does, and what it registers besides.
std::function<Result<Response>(Request&)> handler;
std::function<void(Registrar&)> more;
nexus::RouteOptions options;
std::function<void(Request&, Reply)> deferred;

class Probe : public Plugin {
 public:
  void setup(Registrar& registrar) override {
    registrar.resources(kResources);
    if (deferred) {
      registrar.deferred_route("GET", "/probe", options, deferred);
    } else {
      registrar.route("GET", "/probe", options, [](Request& request) { return handler(request); });
    }
    if (more) more(registrar);
  }
};

// A started Probe whose route does `work`.
struct Probing : FakeHost {
  explicit Probing(std::function<Result<Response>(Request&)> work, Options given = {}) : FakeHost(std::move(given)) {
    handler = std::move(work);
    REQUIRE(load<Probe>("probe").ok());
    const auto started = start();
    REQUIRE_MESSAGE(started.ok(), started.error().what());
  }
  explicit Probing(std::function<void(Request&, Reply)> work, Options given = {}) : FakeHost(std::move(given)) {
    deferred = std::move(work);
    REQUIRE(load<Probe>("probe").ok());
    REQUIRE(start().ok());
  }
  ~Probing() {
    stop();
    handler = {}, more = {}, options = {}, deferred = {};
  }
  Probing(const Probing&) = delete;
  Probing& operator=(const Probing&) = delete;
};

Response fine() { return Response::ok("{}"); }

void expect_failure(FakeHost& host, const std::string& part) {
  const auto failures = host.take_failures();
  REQUIRE(failures.size() == 1);
  CHECK_MESSAGE(failures[0].find(part) != std::string::npos, failures[0]);
}

}  // namespace

TEST_SUITE("requests") {
  TEST_CASE("a second answer is noted") {
    Probing host([](Request& request) -> Result<Response> {
      REQUIRE(request.reply(fine()).ok());
      return fine();
    });
    CHECK(host.get("/probe").http_status == 200);
    expect_failure(host, "http.reply: GET /probe was answered or deferred already");
  }

  TEST_CASE("an answer that is no JSON is noted, and the client gets a 500") {
    Probing host([](Request&) -> Result<Response> { return Response::ok("{oops"); });
    CHECK(host.get("/probe").http_status == 500);
    expect_failure(host, "is no JSON");
  }

  TEST_CASE("a call that is used after its handler returned is noted") {
    nx_call* kept = nullptr;
    Probing host([&](Request& request) -> Result<Response> {
      kept = request.call().raw();
      return fine();
    });
    host.get("/probe");
    const auto sdk = host.sdk();
    CHECK(Call(sdk, kept).locale() == "en");
    expect_failure(host, "call.locale: the call of \"GET /probe\" has ended");
  }

  TEST_CASE("an answer may come from a thread of the plugin's") {
    std::thread worker;
    Probing host([&](Request&, Reply reply) { worker = std::thread([reply] { reply.send(Response::ok("1")); }); });
    CHECK(host.get("/probe").data == 1);
    worker.join();
  }

  TEST_CASE("a deferred answer that nobody gives becomes a 500, as the last reply goes") {
    Probing host([](Request&, const Reply&) {});
    CHECK(host.get("/probe").http_status == 500);
  }

  TEST_CASE("a deferred answer that never comes is noted") {
    std::optional<Reply> kept;
    Probing host([&](Request&, Reply reply) { kept = std::move(reply); }, {.patience = std::chrono::milliseconds(20)});
    CHECK(host.get("/probe").http_status == 504);
    expect_failure(host, "GET /probe was deferred and not answered in time");
    kept.reset();
  }

  TEST_CASE("paths, queries and headers arrive decoded, and a literal wins over a parameter") {
    std::string seen;
    more = [&](Registrar& registrar) {
      registrar.route("GET", "/probe/:id", {}, [&](Request& request) -> Result<Response> {
        seen = std::string(request.path_param("id")) + "|" + std::string(request.query("q").value_or("-")) + "|" +
               std::string(request.header("x-one").value_or("-")) + "|" + std::string(request.query("z").value_or("-"));
        return fine();
      });
    };
    Probing host([](Request&) -> Result<Response> { return fine(); });
    host.send({.target = "/probe/a%20b?q=%C3%A9+x", .headers = {{"X-One", "1"}}});
    CHECK(seen == "a b|é x|1|-");
    CHECK(host.get("/nothing").http_status == 404);
    CHECK(host.del("/probe").http_status == 405);
  }

  TEST_CASE("a message is in the caller's language, and one without a text is noted") {
    Probing host([](Request& request) -> Result<Response> {
      const nexus::TextArg name{"name", "Li"};
      const auto text = request.call().translate("probe.hi", {&name, 1});
      return Response::ok(nexus::dump(text), request.query("missing") ? "probe.missing" : "");
    });
    auto chinese = Principal::user();
    chinese.locale = "zh-CN";
    CHECK(host.get("/probe", chinese).data == "Li好");
    CHECK(host.get("/probe?missing=1").data == "Hi Li");
    expect_failure(host, "no text for \"probe.missing\" in en");
  }
}

TEST_SUITE("phases") {
  TEST_CASE("a declaration while running is refused and noted") {
    static nx_reg* registration = nullptr;
    more = [](Registrar& registrar) { registration = registrar.raw(); };
    Probing host([](Request& request) -> Result<Response> {
      const auto& sdk = request.call().host();
      CHECK(sdk.http->add_schemas(registration, nexus::to_abi("{}")) == NX_E_PHASE);
      return fine();
    });
    host.get("/probe");
    expect_failure(host, "http.add_schemas was called outside register_all");
  }

  TEST_CASE("SQL on an inline route is refused and noted") {
    options.is_inline = true;
    Probing host([](Request& request) -> Result<Response> {
      NEXUS_ASSIGN(const auto count, Sql(request.call()).number("SELECT count(*) FROM probe_items"));
      return Response::ok(std::to_string(count));
    });
    CHECK(host.get("/probe").http_status == 500);
    expect_failure(host, "db.query was called on an inline route");
  }

  TEST_CASE("a missing service stops the start and is named") {
    more = [](Registrar& registrar) { registrar.bind("servers.ssh/1"); };
    handler = [](Request&) -> Result<Response> { return fine(); };
    FakeHost host;
    REQUIRE(host.load<Probe>("probe").ok());
    CHECK(std::string(host.start().error().what()).find("servers.ssh/1") != std::string::npos);
    more = {};
  }
}

TEST_SUITE("database") {
  TEST_CASE("values of every type survive the way through it") {
    Probing host([](Request& request) -> Result<Response> {
      const Sql sql(request.call());
      NEXUS_TRY(sql.exec("INSERT INTO probe_items VALUES (?, ?, ?)", 1, "one", 1.5));
      NEXUS_TRY(sql.exec("INSERT INTO probe_items VALUES (?, ?, ?)", 2, nullptr,
                         std::optional(request.query_number("size", 0))));
      NEXUS_TRY(sql.exec("INSERT INTO probe_items VALUES (?, ?, ?)", 3, nexus::Blob{{"a\0b", 3}}, true));
      NEXUS_ASSIGN(const auto names, sql.all([](const nexus::Row& row) { return row.optional_string(1); },
                                             "SELECT id, name, size FROM probe_items ORDER BY id"));
      CHECK(names == std::vector<std::optional<std::string>>{"one", std::nullopt, std::string("a\0b", 3)});
      NEXUS_ASSIGN(const auto size, sql.first([](const nexus::Row& row) { return row.real(0); },
                                              "SELECT size FROM probe_items WHERE id = ?", 1));
      CHECK(size == 1.5);
      const auto again = sql.exec("INSERT INTO probe_items VALUES (4, 'one', 0)");
      CHECK(again.error().status() == Status::conflict);
      return fine();
    });
    CHECK(host.get("/probe").http_status == 200);
  }

  TEST_CASE("a transaction that is left open is rolled back with its call") {
    Probing host([](Request& request) -> Result<Response> {
      nx_handle raw = 0;
      auto& call = request.call();
      if (request.query("write")) {
        REQUIRE(call.host().db->begin(call.raw(), &raw) == NX_OK);
        NEXUS_TRY(Sql(call).exec("INSERT INTO probe_items VALUES (1, 'x', 0)"));
      }
      NEXUS_ASSIGN(const auto count, Sql(call).number("SELECT count(*) FROM probe_items"));
      return Response::ok(std::to_string(count));
    });
    CHECK(host.get("/probe?write=1").data == 1);
    CHECK(host.get("/probe").data == 0);
  }

  TEST_CASE("rows that are not freed are noted with their statement") {
    Probing host([](Request& request) -> Result<Response> {
      nx_query query{};
      query.struct_size = sizeof query;
      query.sql = nexus::to_abi("SELECT 1");
      nx_rows* rows = nullptr;
      CHECK(request.call().host().db->query(request.call().raw(), &query, &rows) == NX_OK);
      return fine();
    });
    host.get("/probe");
    expect_failure(host, "rows of \"SELECT 1\" were not freed before \"GET /probe\" ended");
  }

  TEST_CASE("a wrong number of values, a broken statement and a spent transaction are noted") {
    Probing host([](Request& request) -> Result<Response> {
      const Sql sql(request.call());
      const auto which = request.query_number("case", 0);
      if (which == 0) return sql.exec("DELETE FROM probe_items WHERE id = ?").ok() ? fine() : fine();
      if (which == 1) return sql.exec("DELETE FRM probe_items").ok() ? fine() : fine();
      nx_handle transaction = 0;
      const auto& db = *request.call().host().db;
      CHECK(db.begin(request.call().raw(), &transaction) == NX_OK);
      CHECK(db.commit(request.call().raw(), transaction) == NX_OK);
      CHECK(db.commit(request.call().raw(), transaction) == NX_E_STALE);
      return fine();
    });
    host.get("/probe?case=0");
    expect_failure(host, "takes 1 values and got 0");
    host.get("/probe?case=1");
    expect_failure(host, "syntax error");
    host.get("/probe?case=2");
    expect_failure(host, "db.commit: the transaction has ended");
  }
}

TEST_SUITE("events, services, time") {
  TEST_CASE("events reach the subscriptions that fit") {
    std::vector<std::string> seen;
    more = [&](Registrar& registrar) {
      registrar.topic("probe.done/1", "{}");
      const auto keep = [&seen](Call&, const nexus::Event& event) { seen.emplace_back(event.topic); };
      registrar.subscribe("servers.*", keep);
      registrar.subscribe("probe.done/1", keep);
    };
    Probing host([](Request& request) -> Result<Response> {
      NEXUS_TRY(request.call().host().publish(&request.call(), "probe.done/1", "1", "{}"));
      const auto undeclared = request.call().host().publish(nullptr, "probe.other/1", "1", "{}");
      CHECK(undeclared.error().status() == Status::not_found);
      return fine();
    });
    host.publish("servers.removed/1", "7", Json::object());
    host.publish("users.changed/1", "7", Json::object());
    host.get("/probe");
    CHECK(seen == std::vector<std::string>{"servers.removed/1", "probe.done/1"});
    expect_failure(host, "did not declare probe.other/1");
  }

  TEST_CASE("a played service answers after the callback, never inside invoke") {
    static nexus::Binding binding;
    more = [](Registrar& registrar) { binding = registrar.bind("servers.ssh/1", 0, NX_BIND_OPTIONAL); };
    Probing host([](Request& request, Reply reply) {
      auto inside = std::make_shared<bool>(true);
      binding.invoke(request.call(), "exec", "uptime", [reply, inside](Call&, Result<std::string> answer) {
        CHECK(*inside == (answer.ok() ? false : answer.error().status() == Status::busy));  // refused at once
        reply.send(answer.ok() ? Result<Response>(Response::ok(*answer)) : Result<Response>(answer.error()));
      });
      *inside = false;
    });
    host.fake_service("servers.ssh/1", [](std::string_view method, std::string_view payload) -> Result<std::string> {
      if (payload != "uptime") return Error(Status::invalid);
      return nexus::dump(std::string(method));
    });
    CHECK(host.get("/probe").data == "exec");
    host.fail_next("services.invoke", Status::busy);
    CHECK(host.get("/probe").http_status == 503);
    host.fake_service("servers.ssh/1", [](auto, auto) -> Result<std::string> { return Error(Status::timeout); });
    CHECK(host.get("/probe").http_status == 504);
  }

  TEST_CASE("a question that is dropped is answered all the same, one that is kept is noted") {
    static std::optional<nexus::Question> kept;
    more = [](Registrar& registrar) {
      registrar.provide("probe.echo/1", 0, [](Call& call, std::string_view method, auto payload, auto question) {
        if (method == "echo") question.answer(std::string(payload) + " for " + std::string(call.caller_plugin()));
        if (method == "keep") kept = question;
        if (method == "throw") throw Error(Status::denied, "no");
      });
    };
    Probing host([](Request&) -> Result<Response> { return fine(); }, {.patience = std::chrono::milliseconds(20)});
    CHECK(*host.ask("probe.echo/1", "echo", 5) == "5 for tester");
    CHECK(host.ask("probe.echo/1", "drop", 5).error().status() == Status::internal);
    CHECK(host.ask("probe.echo/1", "throw", 5).error().status() == Status::denied);
    CHECK(host.ask("probe.echo/1", "keep", 5).error().status() == Status::timeout);
    expect_failure(host, "probe.echo/1 keep was never answered");
    kept->answer(std::string_view("late"));
    kept.reset();
  }

  TEST_CASE("timers run when the clock reaches them, in order, and never after the end") {
    std::vector<int> ran;
    const auto arm = [&ran](const nexus::Host& host, int seconds) {
      return host.after(seconds * nexus::kMicrosecondsPerSecond, [&ran, seconds](Call&) { ran.push_back(seconds); });
    };
    {
      Probing host([&](Request& request) -> Result<Response> {
        for (const int seconds : {5, 1, 100}) REQUIRE(arm(request.call().host(), seconds).ok());
        return fine();
      });
      host.get("/probe");
      CHECK(host.pending_timers() == 3);
      host.advance(std::chrono::seconds(10));
      CHECK(ran == std::vector{1, 5});
    }
    CHECK(ran == std::vector{1, 5});
  }

  TEST_CASE("an automatic clock jumps to the timer that an answer waits for") {
    Probing host(
        [](Request& request, Reply reply) {
          CHECK(request.call()
                    .host()
                    .after(3600 * nexus::kMicrosecondsPerSecond, [reply](Call&) { reply.send(fine()); })
                    .ok());
        },
        {.automatic_clock = true});
    CHECK(host.get("/probe").http_status == 200);
  }

  TEST_CASE("a background call that is never released is noted at the end") {
    {
      FakeHost host;
      handler = [](Request& request) -> Result<Response> {
        nx_call* raw = nullptr;
        const auto& sdk = request.call().host();
        CHECK(sdk.call->background(sdk.raw, nexus::to_abi("forgotten"), 0, &raw) == NX_OK);
        return fine();
      };
      REQUIRE(host.load<Probe>("probe").ok());
      REQUIRE(host.start().ok());
      host.get("/probe");
      host.stop();
      expect_failure(host, "the call of \"forgotten\" was never released");
    }
    handler = {};
  }
}

TEST_SUITE("secrets and trouble") {
  TEST_CASE("a sealed value opens only in its own context and unchanged") {
    FakeHost host;
    const auto sdk = host.sdk();
    const auto sealed = nexus::seal(sdk, "hunter2", "keys/1");
    REQUIRE(sealed.ok());
    CHECK(sealed->find("hunter2") == std::string::npos);
    CHECK(*sealed != *nexus::seal(sdk, "hunter2", "keys/1"));
    CHECK(nexus::open_sealed(sdk, *sealed, "keys/1")->view() == "hunter2");
    CHECK(nexus::open_sealed(sdk, *sealed, "keys/2").error().status() == Status::denied);
    auto changed = *sealed;
    changed.back() = static_cast<char>(changed.back() ^ 1);
    CHECK(nexus::open_sealed(sdk, changed, "keys/1").error().status() == Status::denied);
  }

  TEST_CASE("a call is made to fail by number or by name, once") {
    Probing host([](Request& request) -> Result<Response> {
      NEXUS_ASSIGN(const auto count, Sql(request.call()).number("SELECT count(*) FROM probe_items"));
      return Response::ok(std::to_string(count));
    });
    host.fail_next("db.query", Status::unavailable);
    CHECK(host.get("/probe").http_status == 503);
    CHECK(host.injected() == "db.query");
    host.fail_call(2, Status::busy);
    CHECK(host.get("/probe").http_status == 503);
    CHECK(host.injected() == "db.fetch");
    CHECK(host.get("/probe").http_status == 200);
  }

  TEST_CASE("log lines are kept with their fields and the request they belong to") {
    Probing host([](Request& request) -> Result<Response> {
      nexus::Log(request.call().host()).warning("odd", {{"count", 3}, {"name", "x"}}, &request.call());
      return fine();
    });
    host.get("/probe");
    REQUIRE(host.log().size() == 1);
    CHECK(host.log()[0].fields == std::map<std::string, std::string>{{"count", "3"}, {"name", "x"}});
    CHECK_FALSE(host.log()[0].request_id.empty());
  }
}
