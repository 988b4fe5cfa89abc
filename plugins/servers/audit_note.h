// What a change tells the audit trail: its target, and each field from what to what. Never a secret.
#pragma once

#include "grant_service.h"
#include "server_service.h"

#include <nexus/cpp/json.h>

namespace nexus::servers {

// `kind` is the collection: "servers", "server-groups", "ssh-keys". Details that would not fit into an entry become the
// names of the fields only.
AuditNote audit_note(std::string_view kind, std::int64_t id, const Json& details = Json::object());

// What a server or a key began or ended with.
Json audit_facts(const Server& server);
Json audit_facts(const SshKey& key);
// {"name": {"from": ..., "to": ...}, ...} of what is another now. A text that may be long is only named.
Json audit_changes(const Changed<ServerDetail>& change, bool new_password);
Json audit_changes(const Changed<Group>& change);
Json audit_changes(const Changed<SshKey>& change);
// {"none to view": [7, 9], "view to manage": [8]}: short, because a list is long.
Json audit_changes(const Changed<std::vector<Grant>>& change);

}  // namespace nexus::servers
