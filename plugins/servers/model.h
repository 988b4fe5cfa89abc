// What the plugin's tables hold.
#pragma once

#include "level.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace nexus::servers {

// On whose behalf statements run; what he sees stands in visibility.h.
struct Scope {
  std::int64_t user_id = 0;
  bool everything = false;  // an administrator or an operator
  bool is_admin = false;
};

struct Server {
  std::int64_t id = 0;
  std::int64_t owner_user_id = 0;
  std::string name;
  std::string host;
  std::int64_t port = 22;
  std::string ssh_user;
  std::optional<std::int64_t> ssh_key_id;
  bool has_password = false;
  std::optional<std::int64_t> jump_server_id;  // connections go through it
  std::string description;
  std::vector<std::string> tags;
  std::string status;                        // online, offline, unknown
  std::optional<std::string> status_reason;  // of the latter two; see status_reason.h
  std::optional<std::string> os_info;
  std::optional<std::int64_t> last_heartbeat_us;
  std::int64_t created_us = 0;
  std::int64_t updated_us = 0;  // when a person last changed it
  Level access = Level::none;   // the caller's; not in lists
};

// A server as an error names it.
struct NamedServer {
  std::int64_t id = 0;
  std::string name;
};

// A tag, and how many servers have it that the caller sees.
struct TagCount {
  std::string tag;
  std::int64_t server_count = 0;
};

// A server with what is needed to log in. The secrets are sealed.
struct ServerAccess {
  Server server;
  std::string password_sealed;     // empty: none
  std::string private_key_sealed;  // empty: none
};

struct Group {
  std::int64_t id = 0;
  std::int64_t owner_user_id = 0;
  std::string name;
  std::string description;
  std::int64_t server_count = 0;  // of those that the caller sees, also of the groups in it
  std::int64_t created_us = 0;
  std::int64_t updated_us = 0;
  Level access = Level::none;             // the caller's
  std::optional<std::int64_t> parent_id;  // of the same owner; absent where the caller does not see it
};

// What a user may do with the servers of a group.
struct Grant {
  std::int64_t user_id = 0;
  Level level = Level::view;
  std::int64_t created_us = 0;  // since when it is as it is
};

// A group that holds a server.
struct Membership {
  std::int64_t group_id = 0;
  Level access = Level::none;  // the caller's, on the group
};

struct SshKey {
  std::int64_t id = 0;
  std::int64_t owner_user_id = 0;
  std::string name;
  std::string type;
  std::string fingerprint;
  std::string public_key;  // one line, as authorized_keys takes it, without a comment
  std::int64_t created_us = 0;
  std::int64_t updated_us = 0;
};

// A host key that a server has shown at an address.
struct SeenHostKey {
  std::int64_t id = 0;
  std::string host;
  std::int64_t port = 22;
  std::string type;
  std::string fingerprint;
  std::string public_key;  // base64 of the blob
  std::string state;       // trusted, pending, retired, rejected
  std::int64_t first_seen_us = 0;
  std::int64_t last_seen_us = 0;
  std::optional<std::int64_t> decided_us;
  std::optional<std::int64_t> decided_by;  // user id
};

// A host key that somebody vouched for before the server showed any.
struct VouchedHostKey {
  std::string fingerprint;
  std::int64_t vouched_by = 0;  // user id
};

// A seen host key with the server that has shown it.
struct ReviewedHostKey {
  SeenHostKey key;
  NamedServer server;
};

}  // namespace nexus::servers
