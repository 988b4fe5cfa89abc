#include "recovery_codes.h"

#include "random_ids.h"

#include <algorithm>

namespace nexus::auth {
namespace {

// Without i, l, o and u, which are mistaken for others.
constexpr std::string_view kLetters = "0123456789abcdefghjkmnpqrstvwxyz";
static_assert(kLetters.size() == 32);

}  // namespace

std::vector<std::string> make_recovery_codes() {
  std::vector<std::string> codes(kRecoveryCodes);
  for (auto& code : codes) {
    code = random_text(kRecoveryCodeLetters, kLetters);
    code.insert(kRecoveryCodeLetters / 2, 1, '-');
  }
  return codes;
}

std::optional<std::string> fold_recovery_code(std::string_view typed) {
  std::string folded;
  for (const char c : typed) {
    if (c == '-' || c == ' ') continue;
    folded += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  const bool known =
      std::all_of(folded.begin(), folded.end(), [](char c) { return kLetters.find(c) != std::string_view::npos; });
  return known && folded.size() == kRecoveryCodeLetters ? std::optional(std::move(folded)) : std::nullopt;
}

std::string recovery_code_hash(std::string_view secret, std::string_view folded_code) {
  return hmac_sha256_hex(secret, folded_code);
}

}  // namespace nexus::auth
