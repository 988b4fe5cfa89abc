// Tokens, and everything that has ever passed for one somewhere.
#include "token_codec.h"

#include "random_ids.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <chrono>
#include <string>
#include <vector>

using namespace nexus;
using namespace nexus::auth;
using nlohmann::json;

namespace {

constexpr std::int64_t kNow = 1'704'067'200;
const std::string kSecret(kSigningKeyBytes, 'k');
const Claims kAccess{TokenUse::access, 7, "0123456789abcdef0123456789abcdef", "token-id", kNow, kNow + 3600};

SigningKey key(std::string kid, std::string secret, std::int64_t created_us) {
  return {std::move(kid), SecretString(std::move(secret)), created_us, {}};
}

TokenCodec codec_with(std::string secret = kSecret) {
  std::vector<SigningKey> keys;
  keys.push_back(key("key-1", std::move(secret), 1));
  return TokenCodec(KeyRing::from(std::move(keys)).value());
}

std::string base64url(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  text.resize(static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                                       reinterpret_cast<const unsigned char*>(bytes.data()),
                                                       static_cast<int>(bytes.size()))));
  while (!text.empty() && text.back() == '=') text.pop_back();
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return text;
}

std::string mac(const EVP_MD* hash, std::string_view text) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  HMAC(hash, kSecret.data(), static_cast<int>(kSecret.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), out, &length);
  return std::string(reinterpret_cast<char*>(out), length);
}

// A token signed with the right key, whatever it says.
std::string forge(const std::string& header, const std::string& payload, const EVP_MD* hash = EVP_sha256()) {
  const auto text = base64url(header) + "." + base64url(payload);
  return text + "." + base64url(mac(hash, text));
}

const std::string kHeader = R"({"alg":"HS256","kid":"key-1","typ":"JWT"})";

json good_claims() {
  return {{"iss", kTokenIssuer}, {"aud", kTokenAudience}, {"sub", "7"},  {"sid", "session"}, {"jti", "token"},
          {"use", "access"},     {"iat", kNow},           {"nbf", kNow}, {"exp", kNow + 60}};
}

std::int32_t verdict(std::string_view token, TokenUse use = TokenUse::access, std::int64_t now = kNow) {
  const auto claims = codec_with().verify(token, use, now);
  return claims.ok() ? 0 : claims.error().app_code();
}

std::string with_claim(const char* name, const json& value) {
  auto claims = good_claims();
  claims[name] = value;
  return forge(kHeader, claims.dump());
}

}  // namespace

TEST_CASE("a token says what it was made to say") {
  const auto codec = codec_with();
  const auto token = codec.issue(kAccess);
  REQUIRE(token.ok());
  CHECK(token->size() < 1000);
  const auto claims = codec.verify(*token, TokenUse::access, kNow);
  REQUIRE(claims.ok());
  CHECK(claims->user_id == 7);
  CHECK(claims->session_id == kAccess.session_id);
  CHECK(claims->token_id == "token-id");
  CHECK(claims->issued == kNow);
  CHECK(claims->expires == kNow + 3600);
}

TEST_CASE("the vectors below are refused for what they are, not because they are badly made") {
  CHECK(verdict(forge(kHeader, good_claims().dump())) == 0);
}

TEST_CASE("a token ends to the second, and says that it has expired") {
  const auto token = codec_with().issue(kAccess);
  CHECK(verdict(*token, TokenUse::access, kNow + 3599) == 0);
  CHECK(verdict(*token, TokenUse::access, kNow + 3600) == code::kTokenExpired);
}

TEST_CASE("only a token of ours is said to have expired") {
  auto claims = good_claims();
  claims["exp"] = kNow - 1;
  auto token = forge(kHeader, claims.dump());
  CHECK(verdict(token) == code::kTokenExpired);
  token[token.size() - 5] = token[token.size() - 5] == 'A' ? 'B' : 'A';
  CHECK(verdict(token) == code::kTokenInvalid);
}

TEST_CASE("a refresh token opens nothing, and an access token refreshes nothing") {
  auto refresh = kAccess;
  refresh.use = TokenUse::refresh;
  const auto access_token = codec_with().issue(kAccess), refresh_token = codec_with().issue(refresh);
  CHECK(verdict(*refresh_token, TokenUse::refresh) == 0);
  CHECK(verdict(*refresh_token, TokenUse::access) == code::kTokenInvalid);
  CHECK(verdict(*access_token, TokenUse::refresh) == code::kTokenInvalid);
}

TEST_CASE("the algorithm is ours to choose") {
  const auto payload = good_claims().dump();
  for (const auto* algorithm :
       {R"("none")", R"("None")", R"("NONE")", R"("nOnE")", R"("hs256")", R"("HS384")", R"("HS512")", R"("RS256")",
        R"("ES256")", R"("")", "5", "null", "[]", "{}", R"(["HS256"])"}) {
    CAPTURE(algorithm);
    const auto header = std::string(R"({"alg":)") + algorithm + R"(,"kid":"key-1","typ":"JWT"})";
    const auto unsigned_text = base64url(header) + "." + base64url(payload);
    CHECK(verdict(forge(header, payload)) == code::kTokenInvalid);
    CHECK(verdict(forge(header, payload, EVP_sha384())) == code::kTokenInvalid);
    CHECK(verdict(unsigned_text + ".") == code::kTokenInvalid);
    CHECK(verdict(unsigned_text) == code::kTokenInvalid);
  }
  CHECK(verdict(forge(kHeader, payload, EVP_sha384())) == code::kTokenInvalid);
  CHECK(verdict(forge(kHeader, payload, EVP_sha512())) == code::kTokenInvalid);
}

TEST_CASE("a header of somebody else's is not read") {
  const auto payload = good_claims().dump();
  for (const auto* header :
       {R"({"alg":"HS256","kid":"../../dev/null","typ":"JWT"})", R"({"alg":"HS256","typ":"JWT"})",
        R"({"alg":"HS256","kid":"key-1","jku":"http://evil.example/","typ":"JWT"})",
        R"({"alg":"HS256","jwk":{"kty":"oct","k":""},"kid":"key-1","typ":"JWT"})",
        R"({"alg":"HS256","kid":"key-1","typ":"JWT","x5u":"http://evil.example/"})",
        R"({"alg":"HS256","crit":["x"],"kid":"key-1","typ":"JWT","x":1})",
        R"({"alg":"HS256","kid":"key-1","typ":"at+jwt"})", R"({"alg":"none","alg":"HS256","kid":"key-1","typ":"JWT"})",
        "{}", "[]", "null", "5", "\"HS256\"", "not JSON", "{"}) {
    CAPTURE(header);
    CHECK(verdict(forge(header, payload)) == code::kTokenInvalid);
  }
}

TEST_CASE("every claim is needed") {
  for (const auto* name : {"iss", "aud", "sub", "sid", "jti", "use", "iat", "nbf", "exp"}) {
    CAPTURE(name);
    auto claims = good_claims();
    claims.erase(name);
    CHECK(verdict(forge(kHeader, claims.dump())) == code::kTokenInvalid);
  }
}

TEST_CASE("and every claim is of its type") {
  for (const auto* name : {"iss", "aud", "sub", "sid", "jti", "use"}) {
    for (const json& value :
         {json(7), json(nullptr), json::array({good_claims()[name]}), json::object(), json(""), json("x")}) {
      if (value == "x" && (std::string(name) == "sid" || std::string(name) == "jti")) continue;
      CAPTURE(name);
      CAPTURE(value.dump());
      CHECK(verdict(with_claim(name, value)) == code::kTokenInvalid);
    }
  }
  for (const auto* name : {"iat", "nbf", "exp"}) {
    for (const json& value :
         {json(std::to_string(kNow)), json(nullptr), json(1.5e9), json::array({kNow}), json(true)}) {
      CAPTURE(name);
      CAPTURE(value.dump());
      CHECK(verdict(with_claim(name, value)) == code::kTokenInvalid);
    }
  }
}

TEST_CASE("numbers at their edges neither overflow nor pass") {
  for (const auto* subject : {"0", "-7", "+7", " 7", "7 ", "07x", "9223372036854775808", "1e3", "0x7"}) {
    CAPTURE(subject);
    CHECK(verdict(with_claim("sub", subject)) == code::kTokenInvalid);
  }
  CHECK(verdict(with_claim("exp", INT64_MIN)) == code::kTokenExpired);
  CHECK(verdict(with_claim("exp", INT64_MAX)) == 0);
  CHECK(verdict(with_claim("exp", UINT64_MAX)) != 0);
  CHECK(verdict(with_claim("nbf", INT64_MAX)) == code::kTokenInvalid);
  CHECK(verdict(with_claim("nbf", kNow + kTokenLeewaySeconds)) == 0);
  CHECK(verdict(with_claim("nbf", kNow + kTokenLeewaySeconds + 1)) == code::kTokenInvalid);
  CHECK(verdict(with_claim("iat", kNow + kTokenLeewaySeconds + 1)) == code::kTokenInvalid);
}

TEST_CASE("a payload that is no object of claims") {
  for (const auto* payload :
       {"[]", "null", "5", "\"x\"", "", "{", "not JSON", "[{\"sub\":\"7\"}]", "\xFF\xFE", "{\"sub\":\"\xC3\"}"}) {
    CAPTURE(payload);
    CHECK(verdict(forge(kHeader, payload)) == code::kTokenInvalid);
  }
}

TEST_CASE("shapes that are no token") {
  const auto good = forge(kHeader, good_claims().dump());
  const auto first = good.find('.'), second = good.rfind('.');
  for (const auto& token : std::vector<std::string>{"",
                                                    ".",
                                                    "..",
                                                    "...",
                                                    "a.b.c",
                                                    good + ".",
                                                    "." + good,
                                                    good + ".x",
                                                    good.substr(0, second),
                                                    good.substr(0, second + 1),
                                                    good.substr(first),
                                                    good.substr(0, first) + ".." + good.substr(second + 1),
                                                    good + "=",
                                                    good + " ",
                                                    " " + good,
                                                    good + "\n",
                                                    std::string(1, '\0') + good,
                                                    good + std::string(1, '\0'),
                                                    "Bearer " + good,
                                                    good.substr(0, good.size() - 1),
                                                    good + "A"}) {
    CAPTURE(token);
    CHECK(verdict(token) == code::kTokenInvalid);
  }
}

TEST_CASE("huge and deep ones cost nothing") {
  const auto start = std::chrono::steady_clock::now();
  CHECK(verdict(std::string(1'000'000, 'a')) == code::kTokenInvalid);
  CHECK(verdict(std::string(1'000'000, '.')) == code::kTokenInvalid);
  CHECK(verdict(forge(kHeader, std::string(100'000, '['))) == code::kTokenInvalid);
  CHECK(verdict(forge(std::string(100'000, '['), good_claims().dump())) == code::kTokenInvalid);
  CHECK(verdict(forge(kHeader, std::string(2'800, '[') + std::string(2'800, ']'))) == code::kTokenInvalid);
  CHECK(verdict(forge(kHeader, std::string(1'400, '[') + std::string(1'400, ']'))) == code::kTokenInvalid);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::milliseconds(500));
}

TEST_CASE("any letter changed anywhere ends it") {
  const auto token = codec_with().issue(kAccess).value();
  for (std::size_t at = 0; at < token.size(); ++at) {
    for (const int bit : {0, 1, 2, 5, 7}) {
      auto changed = token;
      changed[at] = static_cast<char>(changed[at] ^ (1 << bit));
      CAPTURE(at);
      CAPTURE(bit);
      CHECK(verdict(changed) == code::kTokenInvalid);
    }
  }
}

TEST_CASE("another key's token is a stranger's, even under our key's name") {
  const auto foreign = codec_with(std::string(kSigningKeyBytes, 'x')).issue(kAccess);
  CHECK(verdict(*foreign) == code::kTokenInvalid);
}

TEST_CASE("a new key signs, and the old one's tokens stay good") {
  const auto old_token = codec_with().issue(kAccess).value();
  std::vector<SigningKey> keys;
  keys.push_back(key("key-1", kSecret, 1));
  keys.push_back(key("key-2", std::string(kSigningKeyBytes, '2'), 2));
  const TokenCodec codec(KeyRing::from(std::move(keys)).value());
  CHECK(codec.verify(old_token, TokenUse::access, kNow).ok());
  const auto new_token = codec.issue(kAccess).value();
  CHECK(new_token.starts_with(encode_token_header("key-2")));
  CHECK(codec.verify(new_token, TokenUse::access, kNow).ok());
  CHECK(verdict(new_token) == code::kTokenInvalid);
  // one key's signature under the other's name
  CHECK_FALSE(
      codec.verify(encode_token_header("key-2") + old_token.substr(old_token.find('.')), TokenUse::access, kNow).ok());
}

TEST_CASE("a ring is never empty, and its keys are as long as the hash") {
  CHECK_FALSE(KeyRing::from({}).ok());
  std::vector<SigningKey> keys;
  keys.push_back(key("short", "secret", 1));
  CHECK_FALSE(KeyRing::from(std::move(keys)).ok());
}

TEST_CASE("ids are random, and only their hash is kept") {
  CHECK(random_hex(kSessionIdBytes).size() == 32);
  CHECK(random_hex(kRefreshIdBytes) != random_hex(kRefreshIdBytes));
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
