// Time-based one-time passwords, RFC 6238: SHA-1, six digits, steps of 30 s. Pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nexus::auth {

inline constexpr std::size_t kTotpSecretBytes = 20;  // as long as the hash, as RFC 4226 advises
inline constexpr std::size_t kTotpDigits = 6;
inline constexpr std::int64_t kTotpStepSeconds = 30;
// Steps before and after now whose code passes too: clocks differ, and typing takes a while.
inline constexpr std::int64_t kTotpWindow = 1;

// The code of RFC 4226 for a counter.
std::string hotp_code(std::string_view secret, std::uint64_t counter);

// The step within the window of `now_seconds`, later than `last_step`, that `code` belongs to; nullopt where none does.
// Takes the same time whatever the code is.
std::optional<std::int64_t> find_totp_step(std::string_view secret, std::string_view code, std::int64_t now_seconds,
                                           std::int64_t last_step);

// What an authenticator app reads from a QR code.
std::string otpauth_uri(std::string_view user_name, std::string_view secret);

}  // namespace nexus::auth
