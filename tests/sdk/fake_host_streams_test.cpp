// FakeHost's side of what came with 1.2: streams between plugins, and WebSockets.
#include <nexus/testing/fake_host.h>

#include <doctest/doctest.h>

using namespace nexus;
using nexus::testing::FakeHost;
using nexus::testing::Principal;
using nexus::testing::TestStream;

namespace {

constexpr std::string_view kPipe = "pipes.pipe/1";
constexpr std::string_view kMeter = "meters.meter/1";
constexpr OperationText kPipeOperations[] = {{"GET", "/pipe", "{}"}, {"GET", "/careful", "{}"}};
constexpr Resources kPipeResources{{}, {}, kPipeOperations, {}, {}};

// Answers each message with itself, and says how it ended.
struct Repeater final : StreamEvents {
  explicit Repeater(const Stream& its_stream) : stream(its_stream) {}
  void data(std::uint32_t kind, std::string_view bytes) override {
    if (stream.send(kind, bytes) == Status::ok) stream.consumed(bytes.size());
  }
  void drained() override { stream.send(9, "drained"); }
  void closed(Status why, std::string_view) override { ended = why; }
  Stream stream;
  static inline Status ended = Status::ok;
};

// A socket whose messages go to a meter, and whose answers come back.
struct Joined final : WsSession, StreamEvents {
  explicit Joined(const WebSocket& its_socket) : socket(its_socket) {}
  void message(Call&, const WsMessage& message) override { stream.send(0, message.data); }
  void drained() override { socket.send_text("drained"); }
  void closed(Call&, std::uint16_t code, std::string_view) override { stream.close(Status::ok, std::to_string(code)); }
  void data(std::uint32_t, std::string_view bytes) override {
    if (socket.send_text(bytes) == Status::busy) ++refused;
    stream.consumed(bytes.size());
  }
  void closed(Status, std::string_view reason) override { socket.close(1011, reason); }
  WebSocket socket;
  Stream stream;
  static inline int refused = 0;
};

class Pipes : public Plugin {
 public:
  void setup(Registrar& registrar) override {
    registrar.resources(kPipeResources);
    meter_ = registrar.bind(kMeter);
    registrar.provide(
        kPipe, 1, [](Call&, auto, auto, Question question) { question.answer(std::string("asked")); },
        [](Call&, std::string_view method, std::string_view,
           const Stream& stream) -> Result<std::shared_ptr<StreamEvents>> {
          if (method != "repeat") return Error(Status::denied, "only repeat");
          return std::shared_ptr<StreamEvents>(std::make_shared<Repeater>(stream));
        });
    const auto open = [this](Request& request, const WebSocket& socket,
                             std::string_view) -> Result<std::shared_ptr<WsSession>> {
      auto joined = std::make_shared<Joined>(socket);
      NEXUS_ASSIGN(joined->stream, meter_.open_stream(request.call(), "measure", "it", joined));
      return std::shared_ptr<WsSession>(std::move(joined));
    };
    registrar.endpoint("/pipe", {.subprotocols = "two, one", .send_limit = 1000}, open);
    registrar.endpoint("/careful", {.needs_second_factor = true}, open);
  }

 private:
  Binding meter_;
};

struct PipesHost : FakeHost {
  PipesHost() {
    fake_stream(std::string(kMeter), [this](auto method, auto payload, const auto& stream) -> Result<void> {
      asked = std::string(method) + " " + std::string(payload);
      if (refuses) return Error(Status::unavailable, "out of order");
      meter = stream;
      return {};
    });
    REQUIRE(load<Pipes>("pipes").ok());
    REQUIRE(start().ok());
  }
  std::string asked;
  bool refuses = false;
  std::shared_ptr<TestStream> meter;
};

}  // namespace

TEST_SUITE("streams") {
  TEST_CASE("the test opens one to the plugin") {
    PipesHost host;
    const auto stream = host.open_stream(std::string(kPipe), "repeat", "");
    CHECK(stream->send(3, "hello") == Status::ok);
    CHECK(stream->all(3) == "hello");
    CHECK(stream->unconsumed() == 0);
    stream->close(Status::cancelled);
    CHECK(Repeater::ended == Status::cancelled);
    CHECK(stream->send(3, "x") == Status::stale);
    const auto refused = host.open_stream(std::string(kPipe), "sing", "");
    REQUIRE(refused->closed());
    CHECK(refused->closed()->why == Status::denied);
    CHECK(refused->closed()->reason == "only repeat");
  }

  TEST_CASE("a test that does not consume fills the plugin's window, and drains it") {
    PipesHost host;
    const auto stream = host.open_stream(std::string(kPipe), "repeat", "");
    stream->consumes = false;
    const std::string half(128 * 1024, 'x');
    for (int i = 0; i < 3; ++i) CHECK(stream->send(0, half) == Status::ok);
    CHECK(stream->all(0).size() == 2 * half.size());
    CHECK(stream->unconsumed() == half.size());
    stream->consume(half.size());
    CHECK(stream->all(9) == "drained");
  }
}

TEST_SUITE("sockets") {
  TEST_CASE("an upgrade becomes a socket, joined with a stream of the test's") {
    PipesHost host;
    const auto socket = host.connect("/pipe", Principal::user(), {{"Sec-WebSocket-Protocol", "one, two"}});
    CHECK(socket->answer().http_status == 101);
    CHECK(socket->subprotocol() == "two");
    CHECK(host.asked == "measure it");
    socket->send_text("over");
    CHECK(host.meter->all(0) == "over");
    CHECK(host.meter->send(0, "back") == Status::ok);
    CHECK(socket->all_text() == "back");
    SUBCASE("the client leaves") {
      socket->close(1000);
      REQUIRE(host.meter->closed());
      CHECK(host.meter->closed()->reason == "1000");
    }
    SUBCASE("the plugin closes") {
      host.meter->close(Status::unavailable, "no more");
      REQUIRE(socket->closed());
      CHECK(socket->closed()->code == 1011);
      CHECK(socket->closed()->reason == "no more");
    }
    SUBCASE("a client that does not read") {
      socket->reads = false;
      Joined::refused = 0;
      host.meter->send(0, std::string(900, 'x'));
      host.meter->send(0, std::string(900, 'x'));
      CHECK(Joined::refused == 1);
      socket->read_all();
      CHECK(socket->all_text().ends_with("drained"));
    }
  }

  TEST_CASE("a refused upgrade is an answer") {
    PipesHost host;
    CHECK(host.connect("/pipe", Principal::nobody())->answer().app_code == 40003);
    CHECK(host.connect("/nowhere")->answer().http_status == 404);
    auto careful = Principal::user();
    careful.elevated_until_us = 0;
    CHECK(host.connect("/careful", careful)->answer().http_status == 101);
    careful.has_second_factor = true;
    CHECK(host.connect("/careful", careful)->answer().app_code == 40302);
  }

  TEST_CASE("a refusal of the provider ends the socket") {
    PipesHost host;
    host.refuses = true;
    const auto socket = host.connect("/pipe");
    REQUIRE(socket->wait_closed());
    CHECK(socket->closed()->code == 1011);
    CHECK(socket->closed()->reason == "out of order");
  }
}
