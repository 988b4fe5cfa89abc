#include "password_hash.h"

#include <sodium.h>

#include <cstring>

namespace nexus::users {
namespace {

bool sodium_is_ready() {
  static const bool ready = sodium_init() >= 0;
  return ready;
}

}  // namespace

Result<std::string> hash_password(std::string_view password) {
  char text[crypto_pwhash_argon2id_STRBYTES];
  if (!sodium_is_ready() ||
      crypto_pwhash_argon2id_str(text, password.data(), password.size(), kHashPasses, kHashMemoryBytes) != 0) {
    return Error(Status::unavailable, "no memory to hash a password");
  }
  return std::string(text);
}

bool verify_password(std::string_view password, const std::string& hash) {
  // libsodium reads the whole buffer that it would have written
  if (!sodium_is_ready() || hash.size() >= crypto_pwhash_argon2id_STRBYTES) return false;
  char text[crypto_pwhash_argon2id_STRBYTES] = {};
  std::memcpy(text, hash.data(), hash.size());
  return crypto_pwhash_argon2id_str_verify(text, password.data(), password.size()) == 0;
}

const std::string& decoy_hash() {
  static const std::string decoy =
      "$argon2id$v=19$m=47104,t=1,p=1$sv7wHlNVQwfAPLIIt2YARA$xz6urS5sWhB6Vs41G0+N5pAtsm+V3Bqtos4/+kbifQw";
  return decoy;
}

std::string random_password() {
  constexpr std::string_view kAlphabet = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
  constexpr std::size_t kLength = 24;
  sodium_is_ready();
  std::string password(kLength, '\0');
  for (char& c : password) c = kAlphabet[randombytes_uniform(static_cast<std::uint32_t>(kAlphabet.size()))];
  return password;
}

}  // namespace nexus::users
