#include "network.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace nexus::users {
namespace {

std::string text_of(int family, const void* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  return ::inet_ntop(family, address, text.data(), text.size()) == nullptr ? std::string() : std::string(text.data());
}

}  // namespace

std::string network_of(std::string_view address) {
  const std::string text(address.substr(0, address.find('%')));  // without the interface of a link-local address
  in_addr four{};
  if (::inet_pton(AF_INET, text.c_str(), &four) == 1) return text_of(AF_INET, &four);
  in6_addr six{};
  if (::inet_pton(AF_INET6, text.c_str(), &six) != 1) return {};
  if (IN6_IS_ADDR_V4MAPPED(&six)) return text_of(AF_INET, six.s6_addr + 12);
  std::fill(six.s6_addr + 8, six.s6_addr + 16, std::uint8_t{0});
  return text_of(AF_INET6, &six) + "/64";
}

}  // namespace nexus::users
