#include "credentials_provider.h"

#include "announce.h"
#include "guess_guard.h"
#include "network.h"
#include "password_check.h"
#include "password_hash.h"
#include "user_service.h"

#include <memory>
#include <utility>

namespace nexus::users {
namespace {

std::int64_t id_of(const Json& payload) { return payload.value("id", std::int64_t{0}); }
std::string address_of(const Json& payload) { return payload.value("address", ""); }

GuessGuard guard_for(Call& call) { return GuessGuard(Sql(call), call.host().now_us()); }

void reply(const Question& question, const Result<Json>& result) {
  question.answer(std::string_view(encode_answer(result)));
}

Result<Json> encoded(const Result<User>& user) {
  if (!user.ok()) return user.error();
  return contracts::to_json(*user);
}

}  // namespace

void CredentialsProvider::answer(Call& call, std::string_view method, std::string_view payload,
                                 Question question) const {
  const auto decoded = parse_json(payload);
  if (!decoded.ok() || !decoded->is_object()) return question.answer(Error(Status::invalid, "not a JSON object"));
  if (method == "create") return create(call, *decoded, question);
  if (method == "verify") return verify(call, *decoded, question);
  if (method == "check_password") return check_password(call, *decoded, question);
  if (method == "change_password") return change_password(call, *decoded, question);
  if (method == "get") return reply(question, get(call, *decoded));
  if (method == "find") return reply(question, find(call, *decoded));
  if (method == "is_open") return reply(question, is_open(call, *decoded));
  if (method == "failed") return reply(question, failed(call, *decoded));
  if (method == "signed_in") return reply(question, signed_in(call, *decoded));
  question.answer(Error(Status::unsupported, "users.credentials/1 has no method " + std::string(method)));
}

// Named member by member, so that nobody becomes administrator by asking for it.
void CredentialsProvider::create(Call& call, const Json& payload, const Question& question) const {
  SecretString password(payload.value("password", ""));
  const auto prepared = UserService(call).prepare(
      {payload.value("username", ""), payload.value("email", ""), password.view(), payload.value("language", "")});
  if (!prepared.ok()) return reply(question, prepared.error());
  with_hash(call, std::move(password), question,
            [account = *prepared](Call& own_call, std::string_view text) -> Result<Json> {
              NEXUS_ASSIGN(const auto hash, hash_password(text));
              return encoded(UserService(own_call).add(account, hash));
            });
}

void CredentialsProvider::verify(Call& call, const Json& payload, const Question& question) const {
  const auto found = UserService(call).find_by_name(payload.value("username", ""));
  if (!found.ok()) return question.answer(found.error());
  with_hash(call, SecretString(payload.value("password", "")), question,
            [account = *found, address = address_of(payload)](Call& own_call, std::string_view text) {
              return encoded(check_password_of(own_call, account, text, address));
            });
}

void CredentialsProvider::check_password(Call& call, const Json& payload, const Question& question) const {
  const auto found = UserStore(call).find_account(id_of(payload));
  if (!found.ok()) return question.answer(found.error());
  with_hash(call, SecretString(payload.value("password", "")), question,
            [account = *found, address = address_of(payload)](Call& own_call, std::string_view text) {
              return encoded(check_password_of(own_call, account, text, address));
            });
}

void CredentialsProvider::change_password(Call& call, const Json& payload, const Question& question) const {
  const auto found = UserStore(call).find_account(id_of(payload));
  if (!found.ok()) return question.answer(found.error());
  // shared, because the work is copyable and a secret is not
  const auto wanted = std::make_shared<SecretString>(payload.value("password", ""));
  if (*found) {
    const auto allowed = UserService::check_new_password(wanted->view(), (*found)->user);
    if (!allowed.ok()) return reply(question, allowed.error());
  }
  with_hash(
      call, SecretString(payload.value("old_password", "")), question,
      [account = *found, wanted, address = address_of(payload)](Call& own_call, std::string_view old) -> Result<Json> {
        NEXUS_ASSIGN(const auto user, check_password_of(own_call, account, old, address));
        NEXUS_ASSIGN(const auto hash, hash_password(wanted->view()));
        const UserService service(own_call);
        NEXUS_ASSIGN(const bool changed, service.set_password(user.id, hash, account->password_hash));
        if (!changed) return wrong_credentials();  // another change was quicker: the old one is wrong by now
        announce_change(own_call, user.id);
        return encoded(service.get(user.id));
      });
}

Result<Json> CredentialsProvider::get(Call& call, const Json& payload) const {
  return encoded(UserService(call).get(id_of(payload)));
}

Result<Json> CredentialsProvider::find(Call& call, const Json& payload) const {
  NEXUS_ASSIGN(const auto account, UserService(call).find_by_name(payload.value("username", "")));
  if (!account) return Error::api(code::kNotFound);
  return contracts::to_json(account->user);
}

Result<Json> CredentialsProvider::is_open(Call& call, const Json& payload) const {
  NEXUS_ASSIGN(const auto gate, guard_for(call).look(id_of(payload), network_of(address_of(payload))));
  return Json{{"open", gate.open}};
}

Result<Json> CredentialsProvider::failed(Call& call, const Json& payload) const {
  const auto guard = guard_for(call);
  const auto network = network_of(address_of(payload));
  NEXUS_ASSIGN(const auto gate, guard.look(id_of(payload), network));
  NEXUS_TRY(guard.fail(gate, network));
  return Json::object();
}

Result<Json> CredentialsProvider::signed_in(Call& call, const Json& payload) const {
  NEXUS_ASSIGN(const auto user, UserService(call).signed_in(id_of(payload), address_of(payload)));
  initial_admin_->signed_in(user);
  return Json::object();
}

void CredentialsProvider::with_hash(Call& call, SecretString password, const Question& question, Work work) const {
  const auto secret = std::make_shared<SecretString>(std::move(password));
  run_hashed(
      *pool_, call,
      [secret, question, work = std::move(work)](Call& own_call) { reply(question, work(own_call, secret->view())); },
      [question](const Error& error) { question.answer(error); });
}

}  // namespace nexus::users
