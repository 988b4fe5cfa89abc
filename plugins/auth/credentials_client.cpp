#include "credentials_client.h"

#include <utility>

namespace nexus::auth {
namespace {

Result<User> decode_user(const Result<std::string>& answer) {
  NEXUS_ASSIGN(const Json user, decode_answer(answer));
  return contracts::user_from(user);
}

}  // namespace

void CredentialsClient::create(Call& call, const Json& registration, UserDone done) const {
  ask_for_user(call, "create", registration, std::move(done));
}

void CredentialsClient::verify(Call& call, std::string_view username, std::string_view password, UserDone done) const {
  ask_for_user(call, "verify", {{"username", username}, {"password", password}}, std::move(done));
}

void CredentialsClient::get(Call& call, std::int64_t user_id, UserDone done) const {
  ask_for_user(call, "get", {{"id", user_id}}, std::move(done));
}

void CredentialsClient::signed_in(Call& call, std::int64_t user_id, Done done) const {
  binding_.invoke(call, "signed_in", dump({{"id", user_id}}),
                  [done = std::move(done)](Call& later, const Result<std::string>& answer) {
                    const auto decoded = decode_answer(answer);
                    done(later, decoded.ok() ? Result<void>() : decoded.error());
                  });
}

void CredentialsClient::ask_for_user(Call& call, std::string_view method, const Json& payload, UserDone done) const {
  binding_.invoke(
      call, method, dump(payload),
      [done = std::move(done)](Call& later, const Result<std::string>& answer) { done(later, decode_user(answer)); });
}

}  // namespace nexus::auth
