// JSON Web Tokens: HS256 and nothing else, on cpp-jwt.
//
// cpp-jwt trusts a token's header, compares signatures byte by byte and looks at claims before the signature. So a
// token reaches it in this order: length, shape and alphabet; the header, which must be letter for letter one that we
// write for a key of ours (no text of a stranger is parsed, no algorithm chosen by him); the signature, in constant
// time; and only then the claims, each required and of its type.
#pragma once

#include "key_ring.h"

#include <nexus/cpp/result.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace nexus::auth {

inline constexpr std::size_t kMaxTokenBytes = 4096;  // ours have about 500
inline constexpr std::string_view kTokenIssuer = "nexuspanel";
inline constexpr std::string_view kTokenAudience = "nexuspanel-api";
// How far clocks of two panels may differ. A token's end needs none: it may only come early.
inline constexpr std::int64_t kTokenLeewaySeconds = 30;

// The two answers to a token that does not pass: the time of one of ours is over, and everything else.
Error token_expired();
Error token_invalid();

enum class TokenUse { access, refresh };

// What a token says; times in seconds since the epoch.
struct Claims {
  TokenUse use = TokenUse::access;
  std::int64_t user_id = 0;
  std::string session_id;
  std::string token_id;
  std::int64_t issued = 0;
  std::int64_t expires = 0;
};

// Thread-safe.
class TokenCodec {
 public:
  explicit TokenCodec(KeyRing keys) : keys_(std::move(keys)) {}

  // Signed with the newest key.
  Result<std::string> issue(const Claims& claims) const;

  // 40002 for a token of ours whose time is over, 40003 for everything else.
  Result<Claims> verify(std::string_view token, TokenUse use, std::int64_t now_seconds) const noexcept;

  // Whether `token` may be signed with a key of the panel's that is not among these: it has the shape, and no key of
  // ours begins its tokens so.
  bool may_be_of_unknown_key(std::string_view token) const noexcept;

  const KeyRing& keys() const noexcept { return keys_; }

 private:
  KeyRing keys_;
};

// The first part of a token that is signed with the key named `kid`.
std::string encode_token_header(std::string_view kid);

}  // namespace nexus::auth
