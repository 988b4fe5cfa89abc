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
  ask_for_user(call, "verify", {{"username", username}, {"password", password}, {"address", call.remote_address()}},
               std::move(done));
}

void CredentialsClient::check_password(Call& call, std::int64_t user_id, std::string_view password,
                                       UserDone done) const {
  ask_for_user(call, "check_password", {{"id", user_id}, {"password", password}, {"address", call.remote_address()}},
               std::move(done));
}

void CredentialsClient::change_password(Call& call, std::int64_t user_id, std::string_view old_password,
                                        std::string_view password, UserDone done) const {
  ask_for_user(
      call, "change_password",
      {{"id", user_id}, {"old_password", old_password}, {"password", password}, {"address", call.remote_address()}},
      std::move(done));
}

void CredentialsClient::get(Call& call, std::int64_t user_id, UserDone done) const {
  ask_for_user(call, "get", {{"id", user_id}}, std::move(done));
}

void CredentialsClient::find(Call& call, std::string_view username, UserDone done) const {
  ask_for_user(call, "find", {{"username", username}}, std::move(done));
}

void CredentialsClient::is_open(Call& call, std::int64_t user_id, std::function<void(Call&, Result<bool>)> done) const {
  binding_.invoke(call, "is_open", dump({{"id", user_id}, {"address", call.remote_address()}}),
                  [done = std::move(done)](Call& later, const Result<std::string>& answer) {
                    const auto decoded = decode_answer(answer);
                    done(later, decoded.ok() ? Result<bool>(decoded->value("open", false)) : decoded.error());
                  });
}

void CredentialsClient::failed(Call& call, std::int64_t user_id, Done done) const {
  tell(call, "failed", {{"id", user_id}, {"address", call.remote_address()}}, std::move(done));
}

void CredentialsClient::signed_in(Call& call, std::int64_t user_id, Done done) const {
  tell(call, "signed_in", {{"id", user_id}, {"address", call.remote_address()}}, std::move(done));
}

void CredentialsClient::tell(Call& call, std::string_view method, const Json& payload, Done done) const {
  binding_.invoke(call, method, dump(payload),
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
