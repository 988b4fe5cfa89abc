#include "token_codec.h"

#include <jwt/jwt.hpp>
#include <openssl/crypto.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace nexus::auth {
namespace {

constexpr const char* kAlgorithm = "HS256";

jwt::string_view to_jwt(std::string_view text) noexcept { return {text.data(), text.size()}; }
const char* name_of(TokenUse use) noexcept { return use == TokenUse::access ? "access" : "refresh"; }

// Borrows from the token.
struct Parts {
  std::string_view header;
  std::string_view payload;
  std::string_view signature;
  std::string_view signed_text;  // header, dot and payload
};

bool is_base64url(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

std::optional<Parts> split(std::string_view token) noexcept {
  if (token.size() > kMaxTokenBytes) return std::nullopt;
  const auto first = token.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const auto second = token.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  // a third dot is no letter of base64url
  const Parts parts{token.substr(0, first), token.substr(first + 1, second - first - 1), token.substr(second + 1),
                    token.substr(0, second)};
  if (!is_base64url(parts.header) || !is_base64url(parts.payload) || !is_base64url(parts.signature))
    return std::nullopt;
  return parts;
}

// Compares the letters, so that no other spelling of the same signature passes.
bool is_signed_with(const SigningKey& key, const Parts& parts) {
  const auto [mac, error] = jwt::HMACSign<jwt::algo::HS256>::sign(to_jwt(key.secret.view()), to_jwt(parts.signed_text));
  if (error) return false;
  std::string expected = jwt::base64_encode(mac.data(), mac.size());
  expected.resize(jwt::base64_uri_encode(expected.data(), expected.size()));
  return expected.size() == parts.signature.size() &&
         CRYPTO_memcmp(expected.data(), parts.signature.data(), expected.size()) == 0;
}

std::optional<std::string> text_claim(const nlohmann::json& claims, const char* name) {
  const auto found = claims.find(name);
  if (found == claims.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

std::optional<std::int64_t> time_claim(const nlohmann::json& claims, const char* name) {
  const auto found = claims.find(name);
  if (found == claims.end() || !found->is_number_integer()) return std::nullopt;
  return found->get<std::int64_t>();
}

std::optional<std::int64_t> parse_user_id(const std::string& subject) noexcept {
  std::int64_t id = 0;
  const auto* end = subject.data() + subject.size();
  const auto [rest, error] = std::from_chars(subject.data(), end, id);
  return error == std::errc{} && rest == end && id > 0 ? std::optional(id) : std::nullopt;
}

Result<Claims> check_claims(const nlohmann::json& claims, TokenUse use, std::int64_t now) {
  if (!claims.is_object()) return token_invalid();
  const auto session = text_claim(claims, "sid");
  const auto token = text_claim(claims, "jti");
  const auto user_id = parse_user_id(text_claim(claims, "sub").value_or(""));
  const auto issued = time_claim(claims, "iat");
  const auto not_before = time_claim(claims, "nbf");
  const auto expires = time_claim(claims, "exp");
  if (text_claim(claims, "iss") != kTokenIssuer || text_claim(claims, "aud") != kTokenAudience ||
      text_claim(claims, "use") != name_of(use) || !session || session->empty() || !token || token->empty() ||
      !user_id || !issued || !not_before || !expires) {
    return token_invalid();
  }
  if (*not_before > now + kTokenLeewaySeconds || *issued > now + kTokenLeewaySeconds) return token_invalid();
  if (*expires <= now) return token_expired();
  return Claims{use, *user_id, *session, *token, *issued, *expires};
}

}  // namespace

Error token_expired() { return Error::api(code::kTokenExpired, "auth.token_expired"); }
Error token_invalid() { return Error::api(code::kTokenInvalid, "auth.token_invalid"); }

Result<std::string> TokenCodec::issue(const Claims& claims) const {
  using namespace jwt::params;
  const auto& key = keys_.newest();
  jwt::jwt_object token{algorithm(kAlgorithm), headers({{"kid", key.kid}}), secret(to_jwt(key.secret.view()))};
  token.add_claim("iss", std::string(kTokenIssuer))
      .add_claim("aud", std::string(kTokenAudience))
      .add_claim("sub", std::to_string(claims.user_id))
      .add_claim("sid", claims.session_id)
      .add_claim("jti", claims.token_id)
      .add_claim("use", std::string(name_of(claims.use)))
      .add_claim("iat", claims.issued)
      .add_claim("nbf", claims.issued)
      .add_claim("exp", claims.expires);
  std::error_code error;
  auto text = token.signature(error);
  if (error) return Error(Status::internal, "cannot sign a token: " + error.message());
  return text;
}

Result<Claims> TokenCodec::verify(std::string_view token, TokenUse use, std::int64_t now_seconds) const noexcept {
  try {
    const auto parts = split(token);
    if (!parts) return token_invalid();
    const auto* key = keys_.find(parts->header);
    if (key == nullptr || !is_signed_with(*key, *parts)) return token_invalid();
    jwt::jwt_payload payload;
    std::error_code error;
    payload.decode(to_jwt(parts->payload), error);
    if (error) return token_invalid();
    return check_claims(payload.create_json_obj(), use, now_seconds);
  } catch (...) {
    return token_invalid();
  }
}

bool TokenCodec::may_be_of_unknown_key(std::string_view token) const noexcept {
  const auto parts = split(token);
  return parts && parts->header.size() == keys_.newest().token_header.size() && keys_.find(parts->header) == nullptr;
}

std::string encode_token_header(std::string_view kid) {
  using namespace jwt::params;
  const jwt::jwt_object token{algorithm(kAlgorithm), headers({{"kid", std::string(kid)}}), secret("-")};
  const auto text = token.signature();
  return text.substr(0, text.find('.'));
}

}  // namespace nexus::auth
