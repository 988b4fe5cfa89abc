// A small blocking HTTP/1.1 client with keep-alive.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace nexus::test {

struct HttpAnswer {
  int status = 0;
  std::multimap<std::string, std::string> headers;  // names in lower case
  std::string body;

  // The first of that name (lower case); empty where there is none.
  std::string header(const std::string& name) const;
};

// Throws std::runtime_error where there is no answer. One thread at a time.
class HttpClient {
 public:
  // `source` is the address that it connects from, such as one more of loopback's; empty: the system's choice.
  explicit HttpClient(std::uint16_t port, const std::string& host = "127.0.0.1",
                      std::chrono::seconds timeout = std::chrono::seconds(10), const std::string& source = {});
  HttpClient(HttpClient&&) noexcept;
  ~HttpClient();

  // Sent with every later request.
  void set_header(const std::string& name, const std::string& value);
  void set_bearer(const std::string& token) { set_header("Authorization", "Bearer " + token); }

  // With `json`, it is the body, as application/json.
  HttpAnswer request(const std::string& method, const std::string& target, const std::optional<std::string>& json = {},
                     const std::map<std::string, std::string>& headers = {});
  HttpAnswer get(const std::string& target) { return request("GET", target); }
  HttpAnswer post(const std::string& target, const std::string& json) { return request("POST", target, json); }

 private:
  struct Session;
  std::unique_ptr<Session> session_;
};

}  // namespace nexus::test
