// users.credentials/1: decodes the questions of other plugins, asks the service, encodes the answers.
#pragma once

#include "hash_work.h"
#include "initial_admin.h"

#include <nexus/cpp/json.h>
#include <nexus/cpp/secrets.h>
#include <nexus/cpp/services.h>

#include <functional>
#include <string_view>

namespace nexus::users {

// Thread-safe. What needs a hash is answered from the pool's threads, the rest at once.
class CredentialsProvider {
 public:
  // Both must outlive it.
  CredentialsProvider(HashPool& pool, const InitialAdmin& initial_admin) noexcept
      : pool_(&pool), initial_admin_(&initial_admin) {}

  void answer(Call& call, std::string_view method, std::string_view payload, Question question) const;

 private:
  // Runs on a thread of the pool, with a child of the asking call.
  using Work = std::function<Result<Json>(Call&, std::string_view password)>;

  void create(Call& call, const Json& payload, const Question& question) const;
  void verify(Call& call, const Json& payload, const Question& question) const;
  void check_password(Call& call, const Json& payload, const Question& question) const;
  void change_password(Call& call, const Json& payload, const Question& question) const;
  void with_hash(Call& call, SecretString password, const Question& question, Work work) const;

  Result<Json> get(Call& call, const Json& payload) const;
  Result<Json> find(Call& call, const Json& payload) const;
  Result<Json> is_open(Call& call, const Json& payload) const;
  Result<Json> failed(Call& call, const Json& payload) const;
  Result<Json> signed_in(Call& call, const Json& payload) const;

  HashPool* pool_;
  const InitialAdmin* initial_admin_;
};

}  // namespace nexus::users
