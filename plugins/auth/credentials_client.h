// users.credentials/1 as this plugin asks it.
#pragma once

#include <nexus/cpp/contracts/credentials.h>
#include <nexus/cpp/services.h>

#include <functional>
#include <string_view>

namespace nexus::auth {

using contracts::User;

// Cheap to copy, thread-safe. `done` runs exactly once, on a worker, with a child of `call`. The client's address is
// that of `call`.
class CredentialsClient {
 public:
  using UserDone = std::function<void(Call&, Result<User>)>;
  using Done = std::function<void(Call&, Result<void>)>;

  CredentialsClient() = default;
  explicit CredentialsClient(Binding binding) noexcept : binding_(binding) {}

  // 40901 or 42201 where the account cannot be.
  void create(Call& call, const Json& registration, UserDone done) const;
  // 40001 where name and password do not belong together.
  void verify(Call& call, std::string_view username, std::string_view password, UserDone done) const;
  // 40001 where it is not that user's password.
  void check_password(Call& call, std::int64_t user_id, std::string_view password, UserDone done) const;
  // 40001 for a wrong old password, 42201 for a new one that breaks a rule; its field is `password`.
  void change_password(Call& call, std::int64_t user_id, std::string_view old_password, std::string_view password,
                       UserDone done) const;
  // 40401 where there is no such user.
  void get(Call& call, std::int64_t user_id, UserDone done) const;
  void find(Call& call, std::string_view username, UserDone done) const;
  // Whether second factors of that account are looked at now.
  void is_open(Call& call, std::int64_t user_id, std::function<void(Call&, Result<bool>)> done) const;
  // Counts a wrong second factor.
  void failed(Call& call, std::int64_t user_id, Done done) const;
  void signed_in(Call& call, std::int64_t user_id, Done done) const;

 private:
  void ask_for_user(Call& call, std::string_view method, const Json& payload, UserDone done) const;
  void tell(Call& call, std::string_view method, const Json& payload, Done done) const;

  Binding binding_;
};

}  // namespace nexus::auth
