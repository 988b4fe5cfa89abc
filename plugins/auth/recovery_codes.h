// Codes for who has lost the second factor: shown once, each good once.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::auth {

inline constexpr std::size_t kRecoveryCodes = 10;
// Of 32 letters, so 50 random bits.
inline constexpr std::size_t kRecoveryCodeLetters = 10;

// As people are shown them: "7k3qf-9d2mx".
std::vector<std::string> make_recovery_codes();

// What somebody typed, as it is hashed: lower case, without the hyphen and spaces. nullopt where it can be no code.
std::optional<std::string> fold_recovery_code(std::string_view typed);

// What is kept of a folded code. `secret` is the factor's own, which is sealed: 50 bits alone could be guessed by
// whoever has a copy of the database.
std::string recovery_code_hash(std::string_view secret, std::string_view folded_code);

}  // namespace nexus::auth
