#include "support/http_client.h"

#include <Poco/Exception.h>
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/SocketImpl.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/StreamCopier.h>
#include <Poco/String.h>

#include <stdexcept>

namespace nexus::test {

struct HttpClient::Session {
  // Poco's session does not let its socket be bound.
  class Http : public Poco::Net::HTTPClientSession {
   public:
    void set_source(const std::string& address) { source_.emplace(address, std::uint16_t{0}); }

   protected:
    void connect(const Poco::Net::SocketAddress& address) override {
      if (source_) socket().impl()->bind(*source_, false);
      HTTPClientSession::connect(address);
    }

   private:
    std::optional<Poco::Net::SocketAddress> source_;
  };

  Http http;
  std::map<std::string, std::string> headers;
};

std::string HttpAnswer::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

HttpClient::HttpClient(std::uint16_t port, const std::string& host, std::chrono::seconds timeout,
                       const std::string& source)
    : session_(std::make_unique<Session>()) {
  session_->http.setHost(host);
  session_->http.setPort(port);
  session_->http.setKeepAlive(true);
  session_->http.setTimeout(Poco::Timespan(timeout.count(), 0));
  if (!source.empty()) session_->http.set_source(source);
}

HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient::~HttpClient() = default;

void HttpClient::set_header(const std::string& name, const std::string& value) { session_->headers[name] = value; }

HttpAnswer HttpClient::request(const std::string& method, const std::string& target,
                               const std::optional<std::string>& json,
                               const std::map<std::string, std::string>& headers) {
  try {
    Poco::Net::HTTPRequest request(method, target, Poco::Net::HTTPMessage::HTTP_1_1);
    request.setKeepAlive(true);
    for (const auto& [name, value] : session_->headers) request.set(name, value);
    if (json) request.setContentType("application/json");
    for (const auto& [name, value] : headers) request.set(name, value);
    if (json || method != "GET") request.setContentLength(json ? static_cast<std::streamsize>(json->size()) : 0);
    auto& out = session_->http.sendRequest(request);
    if (json) out << *json << std::flush;
    Poco::Net::HTTPResponse response;
    auto& in = session_->http.receiveResponse(response);
    HttpAnswer answer;
    answer.status = response.getStatus();
    for (const auto& [name, value] : response) answer.headers.emplace(Poco::toLower(name), value);
    Poco::StreamCopier::copyToString(in, answer.body);
    return answer;
  } catch (const Poco::Exception& error) {
    session_->http.reset();
    throw std::runtime_error(method + ' ' + target + ": " + error.displayText());
  }
}

}  // namespace nexus::test
