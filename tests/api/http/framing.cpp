// However the network cuts a request into pieces, it is the same request.
#include "api/http/engine_fixture.h"
#include "http/request_parser.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace nexus::api;
using namespace nexus::api::test;
using nexus::api::http::RequestParser;

namespace {

const std::vector<std::string> kRequests = {
    get("/plain?q=1", "User-Agent: test\r\nAccept: */*\r\n"),
    post("/with/length", "a body of some length"),
    "PUT /with/chunks HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    "5\r\nfirst\r\n1;x=y\r\n-\r\n6\r\nsecond\r\n0\r\n\r\n",
    "POST /empty/chunks HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
};
const std::vector<std::string> kBodies = {"", "a body of some length", "first-second", ""};

// Feeds pieces as a connection does: what is not consumed is shown again with what follows.
class Feeder {
 public:
  bool feed(std::string_view piece) {
    waiting_.append(piece);
    std::size_t consumed = 0;
    const auto progress = parser_->feed(waiting_, consumed);
    waiting_.erase(0, consumed);
    REQUIRE(progress != RequestParser::Progress::refused);
    return progress == RequestParser::Progress::complete;
  }
  RequestMessage take() { return parser_->take("192.0.2.1"); }
  const std::string& rest() const { return waiting_; }

 private:
  EngineLimits limits_;
  std::unique_ptr<RequestParser> parser_ = RequestParser::create(limits_);
  std::string waiting_;
};

}  // namespace

TEST_CASE("cut in two at every byte a request parses alike, and what follows is left alone") {
  for (std::size_t which = 0; which < kRequests.size(); ++which) {
    const std::string bytes = kRequests[which] + "GET /next";
    for (std::size_t cut = 1; cut < kRequests[which].size(); ++cut) {
      CAPTURE(cut);
      Feeder feeder;
      REQUIRE_FALSE(feeder.feed(bytes.substr(0, cut)));
      REQUIRE(feeder.feed(bytes.substr(cut)));
      const RequestMessage message = feeder.take();
      CHECK(message.body == kBodies[which]);
      CHECK(message.field("HOST").data() != nullptr);
      CHECK(message.field("absent").data() == nullptr);
      CHECK(message.peer == "192.0.2.1");
      CHECK(feeder.rest() == "GET /next");
    }
  }
}

TEST_CASE("cut into three at every pair of bytes chunks parse alike") {
  for (const std::size_t which : {2U, 3U}) {
    const std::string& bytes = kRequests[which];
    for (std::size_t first = 1; first + 1 < bytes.size(); ++first)
      for (std::size_t second = first + 1; second < bytes.size(); ++second) {
        Feeder feeder;
        feeder.feed(bytes.substr(0, first));
        feeder.feed(bytes.substr(first, second - first));
        REQUIRE(feeder.feed(bytes.substr(second)));
        REQUIRE(feeder.take().body == kBodies[which]);
      }
  }
}

TEST_CASE("a message keeps its views when it is moved and the bytes it came from are gone") {
  RequestMessage kept;
  {
    Feeder feeder;
    REQUIRE(feeder.feed(post("/kept", "the body")));
    kept = feeder.take();
  }
  const RequestMessage moved = std::move(kept);
  CHECK(moved.method == "POST");
  CHECK(moved.target == "/kept");
  CHECK(moved.body == "the body");
  CHECK(moved.field("content-length") == "8");
}

TEST_CASE("over a socket, cut at every byte and sent byte by byte, each request is answered once") {
  EngineFixture fixture;
  RawClient client = fixture.client();
  for (std::size_t which = 0; which < kRequests.size(); ++which) {
    const std::string& bytes = kRequests[which];
    for (std::size_t cut = 1; cut < bytes.size(); cut += 3) {
      client.send(bytes.substr(0, cut));
      std::this_thread::sleep_for(std::chrono::microseconds(200));
      client.send(bytes.substr(cut));
      const RawAnswer answer = client.read_answer();
      CHECK(answer.status == 200);
      CHECK(answer.body.ends_with(" " + kBodies[which]));
    }
    for (const char byte : bytes) client.send({&byte, 1});
    CHECK(client.read_answer().body.ends_with(" " + kBodies[which]));
  }
}
