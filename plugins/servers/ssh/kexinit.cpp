#include "ssh/kexinit.h"

#include "ssh/wire.h"

#include <algorithm>

namespace nexus::servers::ssh {
namespace {

constexpr char kKexInit = 20;
constexpr std::size_t kCookieSize = 16;

// The packets begin after the line "SSH-2.0-...", which other lines may precede.
std::optional<std::string_view> after_greeting(std::string_view received) {
  while (!received.empty()) {
    const auto end = received.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const bool is_greeting = received.starts_with("SSH-");
    received.remove_prefix(end + 1);
    if (is_greeting) return received;
  }
  return std::nullopt;
}

std::vector<std::string> split_names(std::string_view names) {
  std::vector<std::string> out;
  while (!names.empty()) {
    const auto comma = std::min(names.find(','), names.size());
    out.emplace_back(names.substr(0, comma));
    names.remove_prefix(std::min(comma + 1, names.size()));
  }
  return out;
}

}  // namespace

std::optional<ServerOffer> parse_server_offer(std::string_view received) {
  const auto packets = after_greeting(received);
  if (!packets) return std::nullopt;
  WireReader reader(*packets);
  const auto packet = reader.string();
  if (!packet || packet->size() < 2 || (*packet)[1] != kKexInit) return std::nullopt;
  WireReader fields(packet->substr(2));
  if (!fields.bytes(kCookieSize)) return std::nullopt;
  const auto key_exchanges = fields.string(), host_keys = fields.string();
  if (!key_exchanges || !host_keys) return std::nullopt;
  return ServerOffer{split_names(*key_exchanges), split_names(*host_keys)};
}

bool only_rsa_host_keys(const ServerOffer& offer) {
  const auto is_rsa = [](const std::string& name) {
    return name.starts_with("rsa-sha2-") || name.starts_with("ssh-rsa");
  };
  return !offer.host_keys.empty() && std::all_of(offer.host_keys.begin(), offer.host_keys.end(), is_rsa);
}

}  // namespace nexus::servers::ssh
