// The example's sessions on sockets without a network. Real ones are driven by tests/ws.
#include "echo_session.h"

#include <nexus/testing/fake_host.h>

#include <doctest/doctest.h>

using nexus::testing::FakeHost;

namespace {

// What the host would do with one socket: `busy` refuses.
struct Wire {
  std::vector<std::string> sent;  // "t:" or "b:" and the message
  std::size_t given_back = 0;
  std::uint32_t closed_with = 0;
  bool busy = false;
};
Wire* wire = nullptr;  // the table's functions have no other way to it

nx_ws_api table() {
  nx_ws_api out{};
  out.struct_size = sizeof out;
  out.send = [](const nx_host*, nx_handle, std::uint32_t kind, nx_str data) -> nx_status {
    if (wire->busy) return NX_E_BUSY;
    wire->sent.push_back((kind == NX_WS_BINARY ? "b:" : "t:") + std::string(nexus::view(data)));
    return NX_OK;
  };
  out.consumed = [](const nx_host*, nx_handle, std::uint64_t bytes) -> nx_status {
    wire->given_back += bytes;
    return NX_OK;
  };
  out.close = [](const nx_host*, nx_handle, std::uint32_t code, nx_str) -> nx_status {
    wire->closed_with = code;
    return NX_OK;
  };
  return out;
}

struct Socket {
  Socket() : call(fake.call()), host(call->host()) {
    host.ws = &ws;
    wire = &line;
    session = sockets.open(nexus::WebSocket(host, 1)).value();
  }
  void say(std::string_view text, bool is_binary = false) { session->message(*call, {is_binary, text}); }

  FakeHost fake{{}, "echo_ws"};
  decltype(fake.call()) call;
  nexus::Host host;
  nx_ws_api ws = table();
  Wire line;
  echo_ws::EchoSockets sockets;
  std::shared_ptr<echo_ws::EchoSession> session;
};

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("text comes back as text, bytes as bytes, and both are given back") {
  Socket socket;
  socket.say("hello");
  socket.say({"\0\xFF", 2}, true);
  CHECK(socket.line.sent == Lines{"t:hello", std::string("b:\0\xFF", 4)});
  CHECK(socket.line.given_back == 7);
}

TEST_CASE("a client that does not read gets all later, in order, and what follows after it") {
  Socket socket;
  socket.line.busy = true;
  socket.say("one");
  socket.line.busy = false;
  socket.say("two");
  CHECK(socket.line.sent.empty());
  CHECK(socket.line.given_back == 0);
  socket.session->drained();
  CHECK(socket.line.sent == Lines{"t:one", "t:two"});
  CHECK(socket.line.given_back == 6);
  socket.say("three");
  CHECK(socket.line.sent.back() == "t:three");
}

TEST_CASE("messages without bytes are bounded too") {
  Socket socket;
  socket.line.busy = true;
  for (std::size_t i = 0; i < echo_ws::kMostKept; ++i) socket.say("");
  CHECK(socket.line.closed_with == 0);
  socket.say("");
  CHECK(socket.line.closed_with == 1008);
  socket.session->closed(*socket.call, 1008, "");
  socket.line.busy = false;
  socket.session->drained();
  CHECK(socket.line.sent.empty());
}

TEST_CASE("the sockets of all together are bounded, and one that goes makes room") {
  Socket socket;
  std::vector<std::shared_ptr<echo_ws::EchoSession>> open{socket.session};
  socket.session.reset();
  const nexus::WebSocket handle(socket.host, 1);
  while (open.size() < echo_ws::kMostSockets) open.push_back(socket.sockets.open(handle).value());
  CHECK(socket.sockets.open(handle).error().app_code() == nexus::code::kUnavailable);
  open.pop_back();
  CHECK(socket.sockets.open(handle).ok());
}

TEST_CASE("the whole plugin answers through a host") {
  FakeHost host;
  REQUIRE(host.load_file(ECHO_WS_PLUGIN).ok());
  REQUIRE(host.start().ok());
  const auto socket =
      host.connect("/api/v1/echo-ws", nexus::testing::Principal::nobody(), {{"Sec-WebSocket-Protocol", "chat, echo"}});
  REQUIRE(socket->answer().http_status == 101);
  CHECK(socket->subprotocol() == "echo");
  socket->send_text("hello");
  socket->send_binary(std::string("\0\xFF", 2));
  CHECK(socket->all_text() == "hello");
  CHECK(socket->all_binary() == std::string("\0\xFF", 2));
  socket->close(1000);
  CHECK_FALSE(socket->is_open());
}
