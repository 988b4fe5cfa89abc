// Sealing for the database, apart from the host so that rules can be tested without one.
#pragma once

#include <nexus/cpp/secrets.h>

#include <string>
#include <string_view>

namespace nexus::servers {

// To what a sealed value belongs: it opens nowhere else.
inline std::string password_context(std::int64_t server_id) {
  return "servers/" + std::to_string(server_id) + "/password";
}
inline std::string key_context(std::int64_t key_id) { return "ssh_keys/" + std::to_string(key_id); }

// Cheap to copy.
class SecretBox {
 public:
  explicit SecretBox(const Host& host) noexcept : host_(host) {}
  Result<std::string> seal(std::string_view plaintext, const std::string& context) const {
    return nexus::seal(host_, plaintext, context);
  }
  Result<SecretString> open(std::string_view sealed, const std::string& context) const {
    return open_sealed(host_, sealed, context);
  }

 private:
  Host host_;
};

}  // namespace nexus::servers
