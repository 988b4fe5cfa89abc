// Base 32 of RFC 4648, as authenticator apps read a secret: upper case, no padding.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace nexus::auth {

std::string base32_encode(std::string_view bytes);
// Either case, without padding. nullopt for any other letter and for bits left over that are not zero.
std::optional<std::string> base32_decode(std::string_view text);

}  // namespace nexus::auth
