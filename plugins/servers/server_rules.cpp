#include "server_rules.h"

#include "input_rules.h"

#include <algorithm>

namespace nexus::servers {
namespace {

constexpr std::int64_t kMaxPort = 65'535;
constexpr std::size_t kMaxTags = 32;
constexpr std::size_t kMaxDescriptionCharacters = 2000;

}  // namespace

Result<void> check_address(const Server& server) {
  if (!is_host(server.host)) return Error::field("host", "format", "servers.host_invalid");
  if (server.port < 1 || server.port > kMaxPort) return Error::field("port", "range", "servers.port_invalid");
  if (!is_ssh_user(server.ssh_user)) return Error::field("ssh_user", "format", "servers.ssh_user_invalid");
  return {};
}

Result<void> check_fields(const Server& server) {
  if (!is_name(server.name)) return Error::field("name", "format", "servers.name_invalid");
  NEXUS_TRY(check_address(server));
  if (server.tags.size() > kMaxTags) return Error::field("tags", "maxItems", "servers.too_many_tags");
  if (!std::all_of(server.tags.begin(), server.tags.end(), is_tag)) {
    return Error::field("tags", "format", "servers.tag_invalid");
  }
  if (characters(server.description) > kMaxDescriptionCharacters) {
    return Error::field("description", "maxLength", "servers.description_too_long");
  }
  return {};
}

Result<void> check_login(const LoginChange& change) {
  const auto& [before, after, by_grant, new_password, key_is_callers] = change;
  const bool moved = before.host != after.host || before.port != after.port;
  const bool other_account = before.ssh_user != after.ssh_user;
  if (before.has_password && !new_password && (moved || (by_grant && other_account))) {
    return Error::field("password", "required", "servers.password_needed_again");
  }
  if (!key_is_callers && (moved || other_account)) {
    return Error::field("ssh_key_id", "own", "servers.key_stays");
  }
  return {};
}

}  // namespace nexus::servers
