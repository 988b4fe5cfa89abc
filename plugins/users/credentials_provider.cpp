#include "credentials_provider.h"

#include "password_hash.h"
#include "user_service.h"

#include <utility>

namespace nexus::users {
namespace {

UserService service_for(Call& call) { return UserService(UserStore(call)); }

// The same for whatever is wrong, so that it tells nothing about who has an account.
Error wrong_credentials() { return Error::api(code::kBadCredentials, "users.wrong_credentials"); }

void reply(const Question& question, const Result<Json>& result) {
  question.answer(std::string_view(encode_answer(result)));
}

}  // namespace

void CredentialsProvider::answer(Call& call, std::string_view method, std::string_view payload,
                                 Question question) const {
  const auto decoded = parse_json(payload);
  if (!decoded.ok() || !decoded->is_object()) return question.answer(Error(Status::invalid, "not a JSON object"));
  if (method == "create") return create(call, *decoded, question);
  if (method == "verify") return verify(call, *decoded, question);
  if (method == "get") return reply(question, get(call, *decoded));
  if (method == "signed_in") return reply(question, signed_in(call, *decoded));
  question.answer(Error(Status::unsupported, "users.credentials/1 has no method " + std::string(method)));
}

void CredentialsProvider::create(Call& call, const Json& payload, const Question& question) const {
  SecretString password(payload.value("password", ""));
  const auto prepared = service_for(call).prepare(
      {payload.value("username", ""), payload.value("email", ""), password.view(), payload.value("language", "")});
  if (!prepared.ok()) return reply(question, prepared.error());
  with_hash(call, std::move(password), question,
            [account = *prepared](Call& own_call, std::string_view text) -> Result<Json> {
              NEXUS_ASSIGN(const auto hash, hash_password(text));
              NEXUS_ASSIGN(const auto user, service_for(own_call).add(account, hash, own_call.host().now_us()));
              return contracts::to_json(user);
            });
}

void CredentialsProvider::verify(Call& call, const Json& payload, const Question& question) const {
  const auto found = service_for(call).find_for_login(payload.value("username", ""));
  if (!found.ok()) return question.answer(found.error());
  with_hash(call, SecretString(payload.value("password", "")), question,
            [account = *found](Call&, std::string_view text) -> Result<Json> {
              const bool right = verify_password(text, account ? account->password_hash : decoy_hash());
              if (!right || !account || !account->user.active()) return wrong_credentials();
              return contracts::to_json(account->user);
            });
}

Result<Json> CredentialsProvider::get(Call& call, const Json& payload) const {
  NEXUS_ASSIGN(const auto user, service_for(call).get(payload.value("id", std::int64_t{0})));
  return contracts::to_json(user);
}

Result<Json> CredentialsProvider::signed_in(Call& call, const Json& payload) const {
  NEXUS_ASSIGN(const auto user,
               service_for(call).signed_in(payload.value("id", std::int64_t{0}), call.host().now_us()));
  initial_admin_->signed_in(user);
  return Json::object();
}

void CredentialsProvider::with_hash(Call& call, SecretString password, const Question& question, HashWork work) const {
  auto own = OwnedCall::child(call);
  if (!own.ok()) return question.answer(own.error());
  // shared, because a job is copyable and these two are not
  auto own_call = std::make_shared<OwnedCall>(std::move(own).value());
  auto secret = std::make_shared<SecretString>(std::move(password));
  const bool queued = pool_->post([own_call, secret, question, work = std::move(work)] {
    Call& mine = **own_call;
    if (mine.cancelled() || mine.remaining().count() == 0) {
      return question.answer(Error(Status::timeout, "too late to hash a password"));
    }
    try {
      reply(question, work(mine, secret->view()));
    } catch (const std::exception& error) {
      question.answer(Error(Status::exception, error.what()));
    }
  });
  if (!queued) question.answer(Error(Status::busy, "too many passwords wait to be hashed"));
}

}  // namespace nexus::users
