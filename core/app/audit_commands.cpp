#include "core/app/audit_commands.h"

#include "core/app/commands.h"
#include "core/app/console.h"
#include "core/app/panel.h"
#include "core/app/process_setup.h"
#include "core/audit/format.h"
#include "core/audit/head_file.h"
#include "core/audit/verify.h"
#include "core/runtime/key_check.h"

#include <unistd.h>

#include <iostream>

namespace nexus::core {
namespace {

constexpr std::int64_t kReadAtOnce = 1000;
constexpr std::chrono::seconds kReadDeadline{30};

// The database and key of a panel that exists: nothing is made where there is none.
struct Opened {
  std::unique_ptr<storage::Database> database;
  MasterKey key;
};

Result<Opened> open_panel(const Settings& settings) {
  if (const auto path = settings.data_dir + "/master.key"; access(path.c_str(), R_OK) != 0) {
    return Error(Status::not_found, "there is no panel in this data folder: " + path + " cannot be read");
  }
  NEXUS_ASSIGN(auto database, storage::Database::open(database_options(settings)));
  NEXUS_ASSIGN(auto key, open_master_key(settings.data_dir, *database));
  return Opened{std::move(database), std::move(key)};
}

ExitCode exit_code_of(const Error& error) {
  const bool is_away = error.status() == Status::unavailable || error.status() == Status::busy;
  return is_away ? kExitUnavailable : kExitCannotCreate;
}

int tell(const audit::Verdict& verdict) {
  const auto first = std::to_string(verdict.first);
  const auto last = std::to_string(verdict.last);
  if (!verdict.fault.empty()) {
    const auto good = verdict.count() == 0 ? std::string() : " (entries " + first + " to " + last + " are good)";
    return complain(kExitRefused, "the audit trail is broken: " + verdict.fault + good);
  }
  std::cout << verdict.count() << " entries, " << first << " to " << last << ", the chain is unbroken" << std::endl;
  return kExitOk;
}

}  // namespace

int verify_audit(const ConfigSources& sources) {
  const auto settings = load_configuration(sources);
  if (!settings) return complain(kExitConfig, settings.error().what());
  restrict_process();
  // Before the database: what the file remembers is there by then.
  const auto outside = audit::HeadFile::read(settings->data_dir);
  if (!outside && outside.error().status() == Status::denied) {
    return complain(kExitRefused, std::string("the audit trail is broken: ") + outside.error().what());
  }
  if (!outside) return complain(kExitCannotCreate, outside.error().what());
  const auto opened = open_panel(*settings);
  if (!opened) return complain(exit_code_of(opened.error()), opened.error().what());
  const auto verdict = audit::verify(*opened->database, audit::Chain(opened->key), *outside);
  return verdict ? tell(*verdict) : complain(kExitUnavailable, verdict.error().what());
}

int export_audit(const ConfigSources& sources, const std::string& name) {
  const auto settings = load_configuration(sources);
  if (!settings) return complain(kExitConfig, settings.error().what());
  restrict_process();
  const auto opened = open_panel(*settings);
  if (!opened) return complain(exit_code_of(opened.error()), opened.error().what());
  const auto format = name == "csv" ? audit::Format::csv : audit::Format::jsonl;
  std::cout << audit::heading(format);
  for (std::int64_t after = 0;;) {
    const audit::ReadingStore store(*opened->database, storage::Clock::now() + kReadDeadline);
    const auto found = store.after(after, kReadAtOnce);
    if (!found) return complain(kExitUnavailable, found.error().what());
    for (const auto& stored : *found) std::cout << audit::line_of(format, stored);
    if (!std::cout.flush()) return complain(kExitCannotCreate, "standard output takes no more");
    if (found->empty()) return kExitOk;
    after = found->back().mark.sequence;
  }
}

}  // namespace nexus::core
