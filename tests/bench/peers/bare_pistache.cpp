// The peer of row 19: Pistache's own HTTP server and router with two threads and a constant answer.
#include <pistache/endpoint.h>
#include <pistache/http.h>
#include <pistache/router.h>

#include <cstdlib>

int main(int argc, char** argv) {
  using namespace Pistache;
  const Address address(Ipv4::loopback(), Port(static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 19080)));
  Http::Endpoint server(address);
  server.init(Http::Endpoint::options().threads(2).flags(Tcp::Options::ReuseAddr));
  Rest::Router router;
  Rest::Routes::Get(router, "/hello", [](const Rest::Request&, Http::ResponseWriter writer) {
    writer.send(Http::Code::Ok, R"({"message":"Hello, World!"})", MIME(Application, Json));
    return Rest::Route::Result::Ok;
  });
  server.setHandler(router.handler());
  server.serve();
}
