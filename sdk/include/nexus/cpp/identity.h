// Who a credential stands for, as an identity provider says it.
#pragma once

#include <nexus/cpp/call.h>

#include <optional>

namespace nexus {

// Who a credential stands for, or the error to answer.
struct Identity {
  std::int64_t user_id = 0;
  std::string user_name = {};
  std::string role = {};
  std::string session_id = {};
  std::string token_id = {};
  std::string locale = {};
  std::int64_t authenticated_us = 0;
  std::int64_t valid_until_us = 0;  // 0: not to be remembered
  std::int64_t elevated_until_us = 0;
  std::optional<std::vector<std::string>> scopes = {};  // of an API token
  bool has_second_factor = false;
};

// What somebody showed to say who he is.
struct Credential {
  std::uint32_t kind = NX_CREDENTIAL_BEARER;  // NX_CREDENTIAL_*
  std::string_view text;
};

// Answers one authentication, exactly once.
class IdentityReply {
 public:
  IdentityReply(const Host& host, nx_handle request) noexcept : host_(host), request_(request) {}

  void accept(const Identity& identity) const {
    nx_principal who{};
    who.struct_size = sizeof who;
    who.user_id = identity.user_id;
    who.user_name = to_abi(identity.user_name);
    who.role = to_abi(identity.role);
    who.session_id = to_abi(identity.session_id);
    who.token_id = to_abi(identity.token_id);
    who.locale = to_abi(identity.locale);
    who.authenticated_us = identity.authenticated_us;
    who.elevated_until_us = identity.elevated_until_us;
    // An older host has no use for it, and refuses flags that it does not know.
    constexpr std::uint32_t kSecondFactorSince = 2;
    if (identity.has_second_factor && host_.raw->abi_minor >= kSecondFactorSince) {
      who.flags |= NX_PRINCIPAL_SECOND_FACTOR;
    }
    std::vector<nx_str> scopes;
    if (identity.scopes) {
      who.flags |= NX_PRINCIPAL_SCOPED;
      for (const auto& scope : *identity.scopes) scopes.push_back(to_abi(scope));
      who.scopes = scopes.data();
      who.scope_count = static_cast<std::uint32_t>(scopes.size());
    }
    const nx_identity out{sizeof out, 0, identity.valid_until_us, &who};
    host_.auth->complete_identity(host_.raw, request_, 0, &out);
  }
  // `app_code`: code::kTokenExpired, code::kTokenInvalid or code::kUnavailable.
  void refuse(std::int32_t app_code) const noexcept {
    host_.auth->complete_identity(host_.raw, request_, app_code, nullptr);
  }

 private:
  Host host_;
  nx_handle request_;
};

// Must answer through the reply on every path.
using IdentityHandler = std::function<void(Call&, const Credential&, IdentityReply)>;

}  // namespace nexus
