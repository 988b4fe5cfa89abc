#include "import_service.h"

#include "import_groups.h"
#include "input_rules.h"
#include "jump_chain.h"

#include <map>

namespace nexus::servers {
namespace {

// What makes two servers the same; of one owner.
std::string address_of(const std::string& host, std::int64_t port, const std::string& user) {
  return lower_case(host) + '\n' + std::to_string(port) + '\n' + user;
}

std::string address_in(const ServerChange& change) {
  return address_of(change.host.value_or(""), change.port.value_or(Server().port), change.ssh_user.value_or(""));
}

// Goes through the entries until each has its outcome: one behind a jump host of the same file comes after it.
class ImportRun {
 public:
  ImportRun(const ServerService& service, const Sql& transaction, const Scope& scope, ImportEntries& entries,
            std::int64_t now_us)
      : service_(service),
        transaction_(transaction),
        groups_(transaction, scope),
        entries_(entries),
        now_us_(now_us),
        outcomes_(entries.size()) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
      outcomes_[i].line = entries[i].line;
      outcomes_[i].name = entries[i].name;
      addresses_[i] = address_in(entries[i].change);
      if (!entries[i].name.empty()) in_file_.emplace(entries[i].name, i);
      if (!entries[i].problem) first_at_.emplace(addresses_[i], i);
    }
  }

  void know(const std::vector<Server>& owned) {
    for (const auto& server : owned) remember(server);
  }

  Result<std::vector<ImportOutcome>> all() {
    for (bool moved = true; moved;) {
      moved = false;
      for (std::size_t i = 0; i < entries_.size(); ++i) {
        if (done_[i] || waits(i)) continue;
        NEXUS_TRY(take(i));
        done_[i] = moved = true;
      }
    }
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      if (!done_[i]) outcomes_[i].reason = bad_jump("loop", "servers.jump_loop");
    }
    return std::move(outcomes_);
  }

 private:
  bool waits(std::size_t index) const {
    for (const auto& name : entries_[index].jumps) {
      const auto jump = in_file_.find(name);
      if (jump != in_file_.end() && !done_[jump->second]) return true;
    }
    // Of two of the same address the first one counts.
    const auto first = first_at_.find(addresses_[index]);
    return first != first_at_.end() && first->second < index && !done_[first->second];
  }

  void remember(const Server& server) {
    by_name_.emplace(server.name, server.id);
    by_address_.emplace(address_of(server.host, server.port, server.ssh_user), server.id);
    ways_.emplace(server.id, server.jump_server_id);
  }

  // An entry of the file goes before a server that is there already.
  std::optional<std::int64_t> jump_host(const std::string& jump) const {
    if (const auto entry = in_file_.find(jump); entry != in_file_.end()) {
      const auto found = entry_ids_.find(entry->second);
      return found == entry_ids_.end() ? std::nullopt : std::optional(found->second);
    }
    if (const auto found = by_name_.find(jump); found != by_name_.end()) return found->second;
    return at_address(jump);
  }

  // Puts the last of the jump hosts into the change; the error where they are not there, or not one behind the other.
  std::optional<Error> resolve_jumps(ImportEntry& entry) const {
    std::optional<std::int64_t> before;
    for (const auto& name : entry.jumps) {
      const auto jump = jump_host(name);
      if (!jump) return bad_jump("exists", "servers.import_jump_unknown");
      if (before && ways_.at(*jump) != before) return bad_jump("chain", "servers.import_jump_chain");
      before = jump;
    }
    if (before) entry.change.jump_server_id = before;
    return std::nullopt;
  }

  // Without a user only where one server is there at all.
  std::optional<std::int64_t> at_address(std::string_view jump) const {
    const auto [user, host, named_port] = jump_address(jump);
    const auto port = named_port.value_or(Server().port);
    const auto first = by_address_.lower_bound(address_of(host, port, user));
    const auto prefix = address_of(host, port, "");
    if (first == by_address_.end() || !first->first.starts_with(prefix)) return std::nullopt;
    if (!user.empty()) return first->first == prefix + user ? std::optional(first->second) : std::nullopt;
    const auto second = std::next(first);
    const bool several = second != by_address_.end() && second->first.starts_with(prefix);
    return several ? std::nullopt : std::optional(first->second);
  }

  Result<void> take(std::size_t index) {
    const auto& entry = entries_[index];
    auto& outcome = outcomes_[index];
    if (entry.problem) {
      outcome.action = entry.ignored ? ImportAction::skip : ImportAction::error;
      outcome.reason = entry.problem;
      return {};
    }
    if (const auto same = by_address_.find(addresses_[index]); same != by_address_.end()) {
      outcome.action = ImportAction::skip;
      outcome.reason = Error::api(code::kExists, "servers.import_duplicate");
      entry_ids_.emplace(index, same->second);
      return {};
    }
    return add(index);
  }

  Result<void> add(std::size_t index) {
    auto& entry = entries_[index];
    auto& outcome = outcomes_[index];
    outcome.reason = resolve_jumps(entry);
    if (outcome.reason) return {};
    // Asked before it is tried: what a failed statement does to a transaction is the database's own affair.
    if (by_name_.contains(entry.name)) {
      outcome.reason = Error::api(code::kExists, "servers.name_taken");
      return {};
    }
    NEXUS_ASSIGN(outcome.reason, groups_.resolve(entry));
    if (outcome.reason) return {};
    auto added = service_.add_in(transaction_, entry.change, now_us_);
    if (!added.ok()) {
      if (added.error().app_code() >= code::kInternal) return std::move(added).error();
      outcome.reason = std::move(added).error();
      return {};
    }
    outcome.action = ImportAction::create;
    outcome.server = std::move(added->server);
    remember(*outcome.server);
    entry_ids_.emplace(index, outcome.server->id);
    return {};
  }

  const ServerService& service_;
  const Sql& transaction_;
  ImportGroups groups_;
  ImportEntries& entries_;
  std::int64_t now_us_;
  std::vector<ImportOutcome> outcomes_;
  std::vector<std::string> addresses_ = std::vector<std::string>(entries_.size());
  std::vector<bool> done_ = std::vector<bool>(entries_.size());
  std::map<std::string, std::size_t> first_at_;    // the first entry of an address
  std::map<std::string, std::size_t> in_file_;     // names of entries, the first of a name
  std::map<std::size_t, std::int64_t> entry_ids_;  // servers that entries stand for
  std::map<std::string, std::int64_t> by_name_;    // the owner's servers
  std::map<std::string, std::int64_t> by_address_;
  std::map<std::int64_t, std::optional<std::int64_t>> ways_;  // their jump hosts
};

// So that none of them goes, and that two imports of one owner come one after the other.
Result<void> hold_jump_hosts(const ServerStore& store, const Scope& scope, const ImportEntries& entries) {
  NEXUS_TRY(store.hold_owned(scope.user_id));
  HeldServers ids;
  for (const auto& entry : entries) {
    if (entry.change.jump_server_id && *entry.change.jump_server_id) ids.insert(**entry.change.jump_server_id);
  }
  return hold_all(store, ids);
}

}  // namespace

std::string_view to_string(ImportAction action) noexcept {
  switch (action) {
    case ImportAction::create: return "create";
    case ImportAction::skip: return "skip";
    case ImportAction::error: break;
  }
  return "error";
}

Result<std::vector<ImportOutcome>> ImportService::run(ImportEntries entries, bool dry_run, std::int64_t now_us) const {
  NEXUS_ASSIGN(auto transaction, sql_.begin());
  const ServerStore store(transaction);
  NEXUS_TRY(hold_jump_hosts(store, scope_, entries));
  const ServerService service(store, secrets_, scope_);
  ImportRun run(service, transaction, scope_, entries, now_us);
  NEXUS_ASSIGN(const auto owned, store.of_owner(scope_.user_id));
  run.know(owned);
  NEXUS_ASSIGN(auto outcomes, run.all());
  if (!dry_run) NEXUS_TRY(transaction.commit());
  return outcomes;
}

}  // namespace nexus::servers
