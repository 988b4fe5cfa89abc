// nexus.commands: declaring one, and running one on a worker while the caller waits.
#include "core/runtime/tables.h"
#include "core/runtime/values.h"

#include <nexus/cpp/str.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace nexus::core {
namespace {

// A command that keeps its deadline still has to return.
constexpr std::chrono::seconds kReturnPatience{1};
constexpr std::size_t kLongestArguments = 256;

const char* wrong_with(const nx_command& command) noexcept {
  if (!is_command_name(view(command.name))) return "is not one to three words of [a-z0-9-]";
  if (command.fn == nullptr) return "has no function";
  if (command.min_args > command.max_args) return "needs more arguments than it takes";
  if (command.max_args > kMostCommandArguments) return "takes more than 16 arguments";
  if (view(command.arguments).size() > kLongestArguments) return "has a longer list of arguments than 256 bytes";
  return nullptr;
}

// One run; shared, because a command that does not return in time goes on without its caller.
struct Run {
  CommandLine line;
  nx_command_fn fn = nullptr;
  void* user_data = nullptr;
  std::shared_ptr<std::atomic<bool>> given_up = std::make_shared<std::atomic<bool>>(false);
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;
  CommandOutcome outcome;
};

nx_status collect(void* context, nx_str chunk) noexcept {
  auto& outcome = *static_cast<CommandOutcome*>(context);
  return answer([&]() -> nx_status {
    if (outcome.status != Status::ok || chunk.len > kLongestCommandOutput - outcome.output.size()) {
      outcome.status = Status::limit;
      return NX_E_LIMIT;
    }
    outcome.output.append(view(chunk));
    return NX_OK;
  });
}

CommandOutcome call_command(Owner& owner, const Run& run, Deadline deadline) {
  auto origin = std::make_shared<Origin>();
  origin->locale = run.line.locale;
  origin->deadline = deadline;
  origin->given_up = run.given_up;
  nx_call call(owner, Phase::work, std::move(origin));
  std::vector<nx_str> words;
  for (const auto& argument : run.line.arguments) words.push_back(to_abi(argument));
  CommandOutcome outcome;
  const nx_sink out{&outcome, &collect};
  const auto status = owner.call_down("command", {}, [&] {
    return run.fn(run.user_data, &call, words.data(), static_cast<std::uint32_t>(words.size()), out);
  });
  if (outcome.status != Status::ok) {
    outcome.reason = "it wrote more than " + std::to_string(kLongestCommandOutput) + " bytes";
  } else if (status != NX_OK) {
    outcome.status = Status{status};
    outcome.reason = call.error().empty() ? std::string(to_string(outcome.status)) : call.error();
  }
  return outcome;
}

CommandOutcome wait_for(Run& run, Deadline deadline) {
  std::unique_lock lock(run.mutex);
  if (run.changed.wait_until(lock, deadline + kReturnPatience, [&] { return run.done; })) return run.outcome;
  *run.given_up = true;
  return {Status::timeout, "it has not ended in time", {}};
}

nx_status register_command(nx_reg* reg, const nx_command* command) {
  if (reg == nullptr || command == nullptr) return NX_E_INVALID;
  return answer([&] { return reg->plugin->add_command(*reg, copy_struct(command)); });
}

}  // namespace

nx_status Plugin::add_command(nx_reg& reg, const nx_command& command) {
  if (!reg.open) return NX_E_PHASE;
  const std::string name(view(command.name));
  if (command.flags != 0) return reg.refuse(NX_E_UNSUPPORTED, "a flag of the command " + name);
  if (const char* wrong = wrong_with(command)) return reg.refuse(NX_E_INVALID, "the command \"" + name + "\" " + wrong);
  if (is_host_word(name.substr(0, name.find(' ')))) {
    return reg.refuse(NX_E_CONFLICT, "the command " + name + " begins with a word of the panel's own");
  }
  if (!parts_.claims->claim("command", name, owner_->id())) {
    return reg.refuse(NX_E_CONFLICT, "the command " + name + " exists already");
  }
  declarations_.commands.push_back({name,
                                    std::string(view(command.arguments)),
                                    std::string(view(command.summary_key)),
                                    {},
                                    command.min_args,
                                    command.max_args});
  made_.commands.push_back({name, command.fn, command.user_data});
  return NX_OK;
}

// Commands are listed without starting the plugin, when its catalogues are not known to anybody yet.
void Plugin::take_summaries() {
  for (auto& command : declarations_.commands) {
    for (const auto& [locale, texts] : made_.catalogues) {
      if (const auto text = texts.find(command.summary_key); text != texts.end())
        command.summaries[locale] = text->second;
    }
  }
}

CommandOutcome Plugin::run_command(const CommandLine& line) {
  const auto found = std::ranges::find(made_.commands, line.name, &CommandTarget::name);
  if (found == made_.commands.end()) return {Status::not_found, "there is no command " + line.name, {}};
  const auto deadline = std::chrono::steady_clock::now() + line.timeout;
  const auto run = std::make_shared<Run>();
  run->line = line;
  run->fn = found->fn;
  run->user_data = found->user_data;
  const bool posted = owner_->post(
      [owner = owner_, run, deadline] {
        auto outcome = call_command(*owner, *run, deadline);
        const std::lock_guard lock(run->mutex);
        run->outcome = std::move(outcome);
        run->done = true;
        run->changed.notify_all();
      },
      Admission::bounded);
  if (!posted) return {Status::busy, "the plugin " + owner_->id() + " takes no work now", {}};
  return wait_for(*run, deadline);
}

const nx_commands_api kCommandsTable = {sizeof(nx_commands_api), 0, register_command};

}  // namespace nexus::core
