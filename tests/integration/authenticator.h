// What an authenticator app does: codes of RFC 6238, made apart from the panel's own.
#pragma once

#include <cstdint>
#include <string>

namespace nexus::test {

// The bytes of a secret in base 32; throws where it is none.
std::string authenticator_secret(const std::string& base32);

// The six digits that an app shows `steps` steps of 30 s from now.
std::string authenticator_code(const std::string& base32_secret, std::int64_t steps = 0);

}  // namespace nexus::test
