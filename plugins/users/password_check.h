// Whether a password opens an account, and what a wrong one costs.
#pragma once

#include "user_store.h"

#include <optional>
#include <string_view>

namespace nexus::users {

// The same for whatever is wrong, so that it tells nothing about who has an account.
Error wrong_credentials();

// The account's user where `password` is right, the account active and its counter for `address` open; else
// wrong_credentials(). `account` is nullopt where nobody has the name. Whatever the answer but success: one hash, one
// look at a counter and one write, so that time tells nothing either.
//
// The counter is looked at after the hash: of attempts that are hashed at the same time, the one behind the fifth
// failure finds it closed, so that a closed account never says that a guess was right. Hashes: on threads of the pool.
Result<User> check_password_of(Call& call, const std::optional<Account>& account, std::string_view password,
                               std::string_view address);

}  // namespace nexus::users
