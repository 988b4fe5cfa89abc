// Passwords: which are taken, and how they are kept.
#include "common_passwords.h"
#include "password_hash.h"
#include "password_rules.h"

#include <doctest/doctest.h>

#include <sodium.h>

#include <chrono>
#include <string>

using namespace nexus::users;
using namespace std::string_literals;

namespace {
PasswordFlaw check(std::string_view password) { return check_password(password, "johndoe", "john@example.com"); }
}  // namespace

TEST_CASE("a password has at least eight characters, counted as people count them") {
  CHECK(check("1nT!x9z") == PasswordFlaw::too_short);
  CHECK(check("1nT!x9zq") == PasswordFlaw::none);
  CHECK(check("密码密码密码密") == PasswordFlaw::too_short);  // 21 bytes
  CHECK(check("密码密码密码密码") == PasswordFlaw::none);
}

TEST_CASE("a long password is taken whole or refused, never cut") {
  std::string longest =
      "Weit weg wohnt, wer nie an die Tür klopft; näher, wer fragt, ob noch Tee da ist, und am nächsten, wer ";
  longest.resize(kMaxPasswordBytes, 'n');
  CHECK(check(longest) == PasswordFlaw::none);
  CHECK(check(std::string(kMaxPasswordBytes + 1, 'x')) == PasswordFlaw::too_long);
  CHECK(check(std::string(10'000'000, 'x')) == PasswordFlaw::too_long);
}

TEST_CASE("a NUL is refused: what follows it would not count everywhere") {
  CHECK(check("secret-a\0b"s) == PasswordFlaw::nul);
}

TEST_CASE("what everybody tries first is refused, whatever its case") {
  for (const auto password : kCommonPasswords) {
    CAPTURE(password);
    CHECK(check(password) == PasswordFlaw::common);
    std::string upper(password);
    for (auto& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    CHECK(check(upper) == PasswordFlaw::common);
  }
}

TEST_CASE("so is what tools make of it: digits for letters, years behind, walks and repetitions") {
  for (const auto* password : {"P@ssw0rd1", "passw0rd123", "Dragon1990", "aaaaaaaaaa", "abababab", "abcdefgh12",
                               "zxcvbnm,./", "20241225", "nexuspanel1", "monkey!!", "letmein2024", "qwerty12345"}) {
    CAPTURE(password);
    CHECK(check(password) == PasswordFlaw::common);
  }
}

TEST_CASE("nothing is asked of a password but that it is hard to guess") {
  for (const auto* password : {"SecureP@ss123", "Adm1n-of-the-Panel", "correct horse battery staple", "hxkqvzmw",
                               "48201739564", "春天在北京的夜晚很凉", "Tr0ub4dor&3"}) {
    CAPTURE(password);
    CHECK(check(password) == PasswordFlaw::none);
  }
}

TEST_CASE("the account's own name and address are no password, in whatever spelling and with a number behind") {
  CHECK(check_password("Longname1", "longNAME1", "a@b.c") == PasswordFlaw::like_name);
  CHECK(check_password("ＬＯＮＧｎａｍｅ", "longname", "a@b.c") == PasswordFlaw::like_name);
  CHECK(check("JOHN@example.com") == PasswordFlaw::like_name);
  CHECK(check_password("grünwaldik99", "grünwaldik", "a@b.c") == PasswordFlaw::common);
  CHECK(check_password("vrbnkozl7", "somebody", "vrbnkozl@example.com") == PasswordFlaw::common);
  CHECK(check_password("vrbnkozl7", "somebody", "a@b.c") == PasswordFlaw::none);
}

TEST_CASE("looking at the longest password takes no time to speak of") {
  std::string worst;
  while (worst.size() < kMaxPasswordBytes) worst += "o0";
  const auto start = std::chrono::steady_clock::now();
  static_cast<void>(check(worst));
  // 25 ms here; the whole at once would be ten times that
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::milliseconds(250));
}

TEST_CASE("passwords are kept as argon2id with the parameters of the requirement") {
  const auto one = hash_password("SecureP@ss123"), other = hash_password("SecureP@ss123");
  REQUIRE(one.ok());
  REQUIRE(other.ok());
  CHECK(one->starts_with("$argon2id$v=19$m=47104,t=1,p=1$"));
  // 16 bytes of salt and 32 of hash in base64 without padding
  CHECK(one->size() == decoy_hash().size());
  CHECK(one->rfind('$') == decoy_hash().rfind('$'));
  CHECK(*one != *other);
  CHECK(verify_password("SecureP@ss123", *one));
}

TEST_CASE("only the whole password opens") {
  const std::string password(64, 'p');
  const auto hash = hash_password(password);
  REQUIRE(hash.ok());
  CHECK(verify_password(password, *hash));
  CHECK_FALSE(verify_password(password.substr(0, 63), *hash));
  CHECK_FALSE(verify_password(password + "p", *hash));
  CHECK_FALSE(verify_password(password + "\0"s, *hash));
  CHECK_FALSE(verify_password("", *hash));
}

TEST_CASE("a damaged hash opens for nobody") {
  for (const auto& hash : {""s, "x"s, "$argon2id$v=19$m=47104,t=1,p=1$"s, std::string(500, 'a'), "$argon2id$\0"s}) {
    CHECK_FALSE(verify_password("SecureP@ss123", hash));
  }
}

TEST_CASE("the decoy costs what a real hash costs") {
  CHECK(crypto_pwhash_argon2id_str_needs_rehash(decoy_hash().c_str(), kHashPasses, kHashMemoryBytes) == 0);
}

TEST_CASE("random passwords are long, differ, and pass the rules") {
  const auto one = random_password(), other = random_password();
  CHECK(one.size() == 24);
  CHECK(one != other);
  CHECK(check(one) == PasswordFlaw::none);
}
