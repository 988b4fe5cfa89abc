#include "audit_note.h"

#include <map>

namespace nexus::servers {
namespace {

// As nx_audit_entry says.
constexpr std::size_t kMaxDetails = 4096;

template <class Value>
void note(Json& changes, const char* field, const Value& before, const Value& now) {
  if (before != now) changes[field] = {{"from", before}, {"to", now}};
}

void note_text(Json& changes, const char* field, const std::string& before, const std::string& now) {
  if (before != now) changes[field] = "changed";
}

Json names_of(const Json& details) {
  Json names = Json::array();
  for (const auto& [name, value] : details.items()) names.push_back(name);
  return {{"fields", std::move(names)}};
}

std::map<std::int64_t, Level> levels_of(const std::vector<Grant>& grants) {
  std::map<std::int64_t, Level> levels;
  for (const auto& grant : grants) levels[grant.user_id] = grant.level;
  return levels;
}

}  // namespace

AuditNote audit_note(std::string_view kind, std::int64_t id, const Json& details) {
  AuditNote note;
  note.target = std::string(kind) + "/" + std::to_string(id);
  if (details.empty()) return note;
  note.details_json = dump(details);
  if (note.details_json.size() > kMaxDetails) note.details_json = dump(names_of(details));
  return note;
}

Json audit_facts(const Server& server) {
  return {{"name", server.name},
          {"host", server.host},
          {"port", server.port},
          {"ssh_user", server.ssh_user},
          {"ssh_key_id", json_or_null(server.ssh_key_id)},
          {"jump_server_id", json_or_null(server.jump_server_id)},
          {"owner_user_id", server.owner_user_id}};
}

Json audit_facts(const SshKey& key) {
  return {{"name", key.name}, {"fingerprint", key.fingerprint}, {"owner_user_id", key.owner_user_id}};
}

Json audit_changes(const Changed<ServerDetail>& change, bool new_password) {
  const auto& [now, before] = change;
  Json changes = Json::object();
  note(changes, "name", before.server.name, now.server.name);
  note(changes, "host", before.server.host, now.server.host);
  note(changes, "port", before.server.port, now.server.port);
  note(changes, "ssh_user", before.server.ssh_user, now.server.ssh_user);
  note(changes, "ssh_key_id", json_or_null(before.server.ssh_key_id), json_or_null(now.server.ssh_key_id));
  note(changes, "jump_server_id", json_or_null(before.server.jump_server_id), json_or_null(now.server.jump_server_id));
  note(changes, "tags", before.server.tags, now.server.tags);
  note(changes, "group_ids", before.group_ids, now.group_ids);
  note_text(changes, "description", before.server.description, now.server.description);
  if (new_password) changes["password"] = now.server.has_password ? "set" : "cleared";
  return changes;
}

Json audit_changes(const Changed<Group>& change) {
  Json changes = Json::object();
  note(changes, "name", change.before.name, change.now.name);
  note(changes, "parent_id", json_or_null(change.before.parent_id), json_or_null(change.now.parent_id));
  note_text(changes, "description", change.before.description, change.now.description);
  return changes;
}

Json audit_changes(const Changed<SshKey>& change) {
  Json changes = Json::object();
  note(changes, "name", change.before.name, change.now.name);
  return changes;
}

Json audit_changes(const Changed<std::vector<Grant>>& change) {
  auto before = levels_of(change.before);
  auto now = levels_of(change.now);
  Json changes = Json::object();
  const auto note_step = [&](std::int64_t user_id) {
    if (before[user_id] == now[user_id]) return;
    changes[std::string(to_string(before[user_id])) + " to " + std::string(to_string(now[user_id]))].push_back(user_id);
  };
  for (const auto& grant : change.before) note_step(grant.user_id);
  for (const auto& grant : change.now) {
    if (before[grant.user_id] == Level::none) note_step(grant.user_id);
  }
  return changes;
}

}  // namespace nexus::servers
