// nexus.audit and nexus.commands of a FakeHost.
#pragma once

#include <nexus/testing/fake_http.h>

namespace nexus::testing::detail {

class FakeAudit {
 public:
  explicit FakeAudit(World& world) {
    world.audit = this;
    table.struct_size = sizeof table;
    table.record = &record;
  }

  nx_audit_api table{};
  std::vector<AuditEntry> entries;

 private:
  static nx_status record(const nx_host* host, const nx_call* raw, const nx_audit_entry* given) noexcept {
    auto& world = World::of(host);
    if (const auto status = world.enter("audit.record"); status != NX_OK) return status;
    const auto* call = raw == nullptr ? nullptr : world.live(raw, "audit.record");
    if (raw != nullptr && call == nullptr) return NX_E_STALE;
    const auto entry = copy_in(*given);
    Json details;
    if (entry.details.len != 0) details = Json::parse(view(entry.details), nullptr, false);
    if (entry.flags != 0) return NX_E_UNSUPPORTED;
    if (view(entry.action).empty() || entry.result > NX_AUDIT_FAILED || !(details.is_null() || details.is_object())) {
      world.fail("audit.record: an entry without an action, or with details that are no JSON object");
      return NX_E_INVALID;
    }
    const auto guard = world.lock();
    world.audit->entries.push_back({text(entry.action), text(entry.target), std::move(details), entry.result,
                                    call == nullptr ? 0 : call->who.user_id});
    return NX_OK;
  }
};

class FakeCommands {
 public:
  struct Command {
    std::string summary_key;
    std::uint32_t min_args = 0;
    std::uint32_t max_args = 0;
    nx_command_fn fn = nullptr;
    void* user_data = nullptr;
  };

  explicit FakeCommands(World& world) : world_(world) {
    world.commands = this;
    table.struct_size = sizeof table;
    table.add_command = &add_command;
  }

  CommandAnswer run(const std::string& name, const std::vector<std::string>& args) {
    const auto found = known.find(name);
    if (found == known.end()) return {Status::not_found, {}, "there is no command " + name};
    const auto& command = found->second;
    if (args.size() < command.min_args || args.size() > command.max_args) {
      return {Status::invalid, {}, "a wrong number of arguments"};
    }
    std::vector<nx_str> words;
    for (const auto& arg : args) words.push_back(to_abi(arg));
    auto& call = world_.new_call(name, Principal::nobody());
    CommandAnswer answer;
    const auto status = command.fn(command.user_data, call.raw(), words.data(),
                                   static_cast<std::uint32_t>(words.size()), append_to(answer.text));
    answer.status = Status{status};
    answer.reason = call.error;
    world_.end_call(call);
    world_.settle();
    return answer;
  }

  nx_commands_api table{};
  std::map<std::string, Command> known;

 private:
  static bool is_free_name(std::string_view name) {
    const auto words = split(name, ' ');
    const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
    for (const auto& word : words) {
      if (word.empty() || word.front() == '-' || !std::all_of(word.begin(), word.end(), fits)) return false;
    }
    for (const auto* own : {"serve", "config", "plugin", "audit", "help"}) {
      if (words.front() == own) return false;
    }
    return words.size() <= 3;
  }
  static nx_status add_command(nx_reg* reg, const nx_command* given) noexcept {
    auto& world = World::of(reg);
    if (const auto status = world.enter_registration("commands.add_command"); status != NX_OK) return status;
    const auto command = copy_in(*given);
    if (command.flags != 0) return NX_E_UNSUPPORTED;
    constexpr std::uint32_t kMostArguments = 16;
    const bool counts = command.min_args <= command.max_args && command.max_args <= kMostArguments;
    if (command.fn == nullptr || !counts || !is_free_name(view(command.name))) {
      world.fail("command " + text(command.name) +
                 " has no function, takes no possible number of arguments, is not one to three words of [a-z0-9-], or "
                 "begins with a word of the panel's own");
      return NX_E_INVALID;
    }
    const Command kept{text(command.summary_key), command.min_args, command.max_args, command.fn, command.user_data};
    return world.commands->known.emplace(text(command.name), kept).second ? NX_OK : NX_E_CONFLICT;
  }

  World& world_;
};

}  // namespace nexus::testing::detail
