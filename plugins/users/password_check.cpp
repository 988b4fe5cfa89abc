#include "password_check.h"

#include "guess_guard.h"
#include "network.h"
#include "password_hash.h"
#include "password_rules.h"

namespace nexus::users {

Error wrong_credentials() { return Error::api(code::kBadCredentials, "users.wrong_credentials"); }

Result<User> check_password_of(Call& call, const std::optional<Account>& account, std::string_view password,
                               std::string_view address) {
  // no account has a longer one, and what is hashed must not depend on the caller
  const bool fits = password.size() <= kMaxPasswordBytes;
  const auto& hash = account ? account->password_hash : decoy_hash();
  const bool right = verify_password(password.substr(0, kMaxPasswordBytes), hash) && fits;

  const GuessGuard guard(Sql(call), call.host().now_us());
  const auto network = network_of(address);
  NEXUS_ASSIGN(const auto gate, guard.look(account ? account->user.id : kNobody, network));
  if (right && account && account->user.active() && gate.open) return account->user;
  NEXUS_TRY(guard.fail(gate, network));
  return wrong_credentials();
}

}  // namespace nexus::users
