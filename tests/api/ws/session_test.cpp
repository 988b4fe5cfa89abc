#include "ws_fixture.h"

#include <doctest/doctest.h>

using namespace nexus::api;
using namespace nexus::api::test;
using nexus::test::WsClient;
using namespace std::chrono_literals;

TEST_CASE("a fragmented message is one, with control frames between its parts") {
  SocketServer running;
  running.add();
  auto client = running.connect();
  client.send(WsClient::frame(1, "one ", false) + WsClient::frame(9, "now") + WsClient::frame(0, "two"));
  const auto pong = client.read();
  CHECK(pong.opcode == 10);
  CHECK(pong.data == "now");
  const auto message = client.read();
  CHECK(message.opcode == 1);
  CHECK(message.data == "one two");
}

TEST_CASE("a client that breaks a rule is told which, and the handler too") {
  SocketServer running;
  auto spec = SocketServer::spec();
  spec.websocket->max_message = 1000;
  running.add(spec);
  struct Row {
    const char* name;
    std::string bytes;
    int code;
  };
  const std::vector<Row> rows{
      {"no UTF-8", WsClient::frame(1, "\xC3\x28"), 1007},
      {"half a character at the end", WsClient::frame(1, "\xE4\xBD"), 1007},
      {"too large", WsClient::frame(2, std::string(1001, 'x')), 1009},
      {"too large in parts",
       WsClient::frame(2, std::string(600, 'x'), false) + WsClient::frame(0, std::string(600, 'x')), 1009},
      {"an unknown opcode", WsClient::frame(3, "x"), 1002},
      {"a reserved bit", WsClient::frame(1, "x", true, 0x40), 1002},
      {"a continuation of nothing", WsClient::frame(0, "x"), 1002},
      {"a fragmented ping", WsClient::frame(9, "x", false), 1002},
      {"no mask", std::string("\x81\x01x"), 1002},
  };
  for (const auto& row : rows) {
    CAPTURE(row.name);
    auto client = running.connect();
    client.send(row.bytes);
    CHECK(client.read().close_code() == row.code);
    CHECK(client.ended());
    CHECK(running.last()->wait_closed() == row.code);
    CHECK(running.last()->messages() == 0);
  }
}

TEST_CASE("a close goes both ways, and what was queued comes before it") {
  SocketServer running;
  running.add();
  SUBCASE("by the client") {
    auto client = running.connect();
    client.send(8, std::string("\x0F\xA1", 2) + "bye");
    CHECK(client.read().close_code() == 4001);
    CHECK(running.last()->wait_closed() == 4001);
    CHECK(running.last()->reason_ == "bye");
    CHECK(client.ended());
  }
  SUBCASE("by the client, without a code") {
    auto client = running.connect();
    client.send(8, "");
    client.read();
    CHECK(running.last()->wait_closed() == 1005);
  }
  SUBCASE("by the handler") {
    auto client = running.connect();
    for (int i = 0; i < 100; ++i) running.last()->session->send(MessageKind::text, std::to_string(i));
    running.last()->session->close(4002, "enough");
    CHECK(running.last()->session->send(MessageKind::text, "late") == WebSocketSession::Sent::closed);
    for (int i = 0; i < 100; ++i) REQUIRE(client.read().data == std::to_string(i));
    const auto end = client.read();
    CHECK(end.close_code() == 4002);
    CHECK(end.data.substr(2) == "enough");
    client.send(8, end.data);
    CHECK(client.ended());
    CHECK(running.last()->wait_closed() == 4002);
  }
  SUBCASE("by the handler, while the client breaks a rule in a message that has begun") {
    auto client = running.connect();
    const auto whole = WsClient::frame(1, std::string(3000, 'x') + '\xFF');
    client.send(whole.substr(0, 100));
    std::this_thread::sleep_for(50ms);
    running.last()->session->close(4003, "");
    CHECK(client.read().close_code() == 4003);
    client.send(whole.substr(100));
    CHECK(running.last()->wait_closed() == 4003);
  }
  SUBCASE("a client that does not answer is cut off") {
    auto client = running.connect();
    running.last()->session->close(1000, "");
    CHECK(client.read().close_code() == 1000);
    const auto before = Clock::now();
    CHECK(running.last()->wait_closed() == 1000);
    CHECK(Clock::now() - before > 4s);
  }
  CHECK(running.last()->closes() == 1);
  CHECK(running.server->websockets() == 0);
}

TEST_CASE("a client that takes packed messages gets those that shrink, and frames for many as they are") {
  SocketServer running;
  running.add();
  WsClient client(running.server->port());
  const auto answer = client.open("/echo?ticket=good", "Sec-WebSocket-Extensions: permessage-deflate\r\n");
  REQUIRE(answer.field("Sec-WebSocket-Extensions").starts_with("permessage-deflate; "));
  const std::string text(5000, 'x');
  const auto session = running.last()->session;
  session->send(make_frame(MessageKind::text, text));
  CHECK(client.read().data == text);
  session->send(MessageKind::text, text);
  CHECK(client.read().data.size() < 100);
  session->send(MessageKind::text, text.substr(0, 1000));
  CHECK(client.read().data == text.substr(0, 1000));
  // "Hello" of RFC 7692, then text that is none.
  client.send(WsClient::frame(1, "\xF2\x48\xCD\xC9\xC9\x07", false, 0x40) + WsClient::frame(0, std::string(1, '\0')));
  CHECK(client.read().data == "Hello");
  client.send(WsClient::frame(1, "\x07", true, 0x40) + WsClient::frame(0, "of nothing"));
  CHECK(client.read().close_code() == 1007);
  client.send(8, std::string("\x03\xEF", 2));
  CHECK(running.last()->wait_closed() == 1007);
  CHECK(running.last()->messages() == 1);
}

TEST_CASE("a close code that belongs to nobody is a broken rule") {
  SocketServer running;
  running.add();
  auto client = running.connect();
  client.send(8, std::string("\x13\x88", 2) + "5000");
  CHECK(client.read().close_code() == 1002);
  CHECK(running.last()->wait_closed() == 1002);
}

TEST_CASE("what is sent before the handshake waits for it") {
  SocketServer running;
  running.before_accept = [](EchoHandler& handler) {
    for (int i = 0; i < 10; ++i) handler.session->send(MessageKind::text, std::to_string(i));
  };
  running.add();
  auto client = running.connect();
  for (int i = 0; i < 10; ++i) CHECK(client.read().data == std::to_string(i));
}

TEST_CASE("a client that does not read fills its limit and no more, and is told of when it reads on") {
  SocketServer running;
  auto spec = SocketServer::spec();
  spec.websocket->send_limit = 100'000;
  running.add(spec);
  auto client = running.connect("/echo?ticket=good", 4096);
  const auto handler = running.last();
  const std::string text(10'000, 'x');
  int taken = 0;
  const auto end = Clock::now() + 5s;
  while (handler->session->send(MessageKind::text, text) == WebSocketSession::Sent::taken && Clock::now() < end)
    ++taken;
  REQUIRE(Clock::now() < end);
  CHECK(handler->drains() == 0);
  for (int i = 0; i < taken; ++i) REQUIRE(client.read().data == text);
  CHECK(handler->wait([](auto& me) { return me.drained_ == 1; }));
  CHECK(handler->session->send(MessageKind::text, "again") == WebSocketSession::Sent::taken);
  CHECK(client.read().data == "again");
}

TEST_CASE("a client is pinged when it is silent, and cut off when it stays so") {
  SocketServer running;
  auto spec = SocketServer::spec();
  spec.websocket->times.ping_after = 300ms;
  spec.websocket->times.silence = 2'500ms;
  running.add(spec);
  const auto began = Clock::now();  // the panel's time begins while it connects
  auto silent = running.connect();
  auto answering = running.connect();
  CHECK(silent.read().opcode == 9);
  std::thread answerer([&] {
    while (Clock::now() - began < 4s) {
      const auto frame = answering.read(100ms);
      if (frame.opcode == 9) answering.send(10, frame.data);
    }
  });
  CHECK(running.handler(0)->wait_closed() == 1006);
  CHECK(Clock::now() - began >= 2'500ms);
  answerer.join();
  answering.send(1, "still here");
  auto answer = answering.read();
  while (answer.opcode == 9) answer = answering.read();
  CHECK(answer.data == "still here");
}

TEST_CASE("a client that halts its terminal is cut off only when it took nothing for the stall time") {
  SocketServer running;
  auto spec = SocketServer::spec();
  spec.websocket->times.stall = 3s;
  running.add(spec);
  auto client = running.connect("/echo?ticket=good", 4096);
  const auto handler = running.last();
  // All of these go out at once, so nothing ever waits.
  for (const auto end = Clock::now() + 3'500ms; Clock::now() < end; std::this_thread::sleep_for(10ms)) {
    REQUIRE(handler->session->send(MessageKind::text, "x") == WebSocketSession::Sent::taken);
    REQUIRE(client.read().data == "x");
  }
  const std::string text(10'000, 'x');
  auto halted = Clock::now();
  while (Clock::now() - halted < 500ms) {
    if (handler->session->send(MessageKind::text, text) == WebSocketSession::Sent::taken) halted = Clock::now();
  }
  CHECK(handler->wait_closed() == 1006);
  CHECK(Clock::now() - halted >= 2'500ms);
}

TEST_CASE("a full window stops the reading until it is given back") {
  SocketServer running;
  auto spec = SocketServer::spec();
  spec.websocket->receive_window = 10'000;
  running.add(spec);
  auto client = running.connect();
  const auto handler = running.last();
  handler->consumes = false;
  for (int i = 0; i < 30; ++i) client.send(2, std::string(1000, 'x'));
  CHECK(handler->wait([](auto& me) { return me.messages_ == 10; }));
  std::this_thread::sleep_for(50ms);
  CHECK(handler->messages() == 10);
  handler->session->consumed(5000);
  CHECK(handler->wait([](auto& me) { return me.messages_ == 15; }));
  handler->consumes = true;
  handler->session->consumed(1'000'000);
  CHECK(handler->wait([](auto& me) { return me.messages_ == 30; }));
  CHECK(running.server->websockets() == 1);
}

TEST_CASE("many threads send, and every frame arrives whole") {
  SocketServer running;
  running.add();
  auto client = running.connect();
  const auto session = running.last()->session;
  const auto frame = make_frame(MessageKind::text, std::string(300, 's'));
  std::vector<std::thread> threads;
  for (int number = 0; number < 4; ++number) {
    threads.emplace_back([&, number] {
      for (int i = 0; i < 500; ++i) {
        const bool shared = i % 2 == 0;
        const std::string own(static_cast<std::size_t>(i), static_cast<char>('a' + number));
        while ((shared ? session->send(frame) : session->send(MessageKind::text, own)) ==
               WebSocketSession::Sent::full) {
          std::this_thread::yield();
        }
      }
    });
  }
  int count = 0;
  for (; count < 2000; ++count) {
    auto message = client.read();
    while (message.opcode == 10) message = client.read();
    CAPTURE(count);
    CHECK(message.opcode == 1);
    if (message.opcode != 1) break;
    if (!message.data.empty() && message.data.find_first_not_of(message.data[0]) != std::string::npos) break;
    if (count % 100 == 0) client.send(9, "p");
  }
  for (auto& thread : threads) thread.join();
  CHECK(count == 2000);
}

TEST_CASE("what is sent to many because of messages that came together goes out together, on every thread") {
  constexpr int kMessages = 20;
  SocketServer running;
  running.add();
  auto speaker = running.connect();
  std::vector<WsClient> listeners;
  for (int i = 0; i < 4; ++i) listeners.push_back(running.connect());
  const auto frame = make_frame(MessageKind::text, "news");
  running.handler(0)->on_message = [&] {
    for (std::size_t i = 0; i <= listeners.size(); ++i) running.handler(i)->session->send(frame);
  };
  std::vector<std::uint32_t> before;
  for (const auto& listener : listeners) before.push_back(listener.pieces());
  running.handler(0)->echoes = false;
  std::string burst;
  for (int i = 0; i < kMessages; ++i) burst += WsClient::frame(1, std::string(200, 'x'));
  speaker.send(burst);
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    for (int message = 0; message < kMessages; ++message) REQUIRE(listeners[i].read().data == "news");
    CHECK(listeners[i].pieces() - before[i] < kMessages / 4);  // one, but a piece of the burst may have come late
  }
}

TEST_CASE("sockets of whom something matches are closed, also while their upgrade is under way") {
  SocketServer running;
  running.add();
  auto mine = running.connect();
  auto other = running.connect("/echo?ticket=other");
  const auto is_mine = [](const Principal& who) { return who.user_id == 7; };
  running.server->close_websockets(is_mine, 1008, "logged out");
  CHECK(mine.read().close_code() == 1008);
  mine.send(1, "still here?");
  mine.send(8, std::string("\x03\xF0", 2));
  CHECK(running.handler(0)->wait_closed() == 1008);
  CHECK(running.handler(0)->messages() == 0);
  other.send(1, "me too");
  CHECK(other.read().data == "me too");

  running.host.hold_authentication = true;
  WsClient late(running.server->port());
  std::thread opener([&] { CHECK(late.open("/echo?ticket=good").status == 503); });
  while (!running.host.holds_one) std::this_thread::sleep_for(1ms);
  running.server->close_websockets(is_mine, 1008, "logged out");
  running.host.held_authentication();
  opener.join();
  running.host.hold_authentication = false;

  running.before_accept = [&](EchoHandler&) { running.server->close_websockets(is_mine, 1008, "logged out"); };
  WsClient later(running.server->port());
  if (later.open("/echo?ticket=good").status == 101) CHECK(later.read().close_code() == 1008);
}

TEST_CASE("a server that drains tells its sockets, and waits for them until the deadline") {
  SocketServer running;
  running.add();
  auto polite = running.connect();
  auto rude = running.connect();
  std::thread leaver([&] {
    const auto end = polite.read();
    CHECK(end.close_code() == 1001);
    polite.send(8, end.data);
  });
  CHECK_FALSE(running.server->drain(Clock::now() + 1s));
  leaver.join();
  CHECK(running.handler(0)->wait_closed() == 1001);
  CHECK(running.handler(1)->wait_closed() == 1001);
  CHECK(running.server->websockets() == 0);
  CHECK(rude.read().close_code() == 1001);
  CHECK(running.handler(1)->session->send(MessageKind::text, "x") == WebSocketSession::Sent::closed);
}
