#include "core/app/commands.h"

#include "core/app/console.h"
#include "core/app/inspection.h"
#include "core/app/panel.h"
#include "core/app/process_setup.h"
#include "core/app/signal_watch.h"
#include "core/loader/prober.h"

#include <fcntl.h>
#include <unistd.h>

#include <iostream>

namespace nexus::core {
namespace {

int run_until_told(Panel& panel, SignalWatch& signals) {
  if (auto failed = panel.start()) {
    const int code = complain(failed->exit_code, failed->reason);
    if (!panel.stop(std::chrono::steady_clock::now())) leave_at_once();
    return code;
  }
  std::cout << "NexusPanel " << kVersion << " listening on " << panel.address() << std::endl;
  while (signals.wait() == SignalWatch::Request::reload) panel.reload();
  if (!panel.stop(signals.stop_time())) leave_at_once();
  return kExitOk;
}

}  // namespace

int serve(const ConfigSources& sources) {
  auto settings = load_configuration(sources);
  if (!settings) return complain(kExitConfig, settings.error().what());
  restrict_process();
  Panel panel(sources, std::move(settings).value());
  SignalWatch signals([&panel] {
    panel.log_too_late();
    leave_at_once();
  });
  return run_until_told(panel, signals);
}

int check_config(const ConfigSources& sources) {
  const auto settings = load_configuration(sources);
  if (!settings) return complain(kExitConfig, settings.error().what());
  restrict_process();
  const auto inspection = inspect_plugins(*settings);
  if (!inspection) return complain(kExitUnavailable, inspection.error().what());
  if (!inspection->problems.empty()) return complain(kExitConfig, inspection->problems);
  std::cout << (sources.file.empty() ? "The defaults are" : sources.file + " is") << " a valid configuration\n";
  return kExitOk;
}

int list_plugins(const ConfigSources& sources) {
  const auto settings = load_configuration(sources);
  if (!settings) return complain(kExitConfig, settings.error().what());
  restrict_process();
  const auto inspection = inspect_plugins(*settings);
  if (!inspection) return complain(kExitUnavailable, inspection.error().what());
  std::cout << plugin_table(inspection->plugins);
  for (const auto& plugin : inspection->plugins) {
    if (plugin.state == PluginState::failed) return kExitRefused;
  }
  return kExitOk;
}

void probe_plugin(const std::string& file) {
  restrict_probe();
  // A plugin may print while it is loaded, which must not mix with the answer.
  const int answer = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  dup2(STDERR_FILENO, STDOUT_FILENO);
  const auto result = probe_here(file);
  const auto text = encode_probe(result) + '\n';
  const bool written = ::write(answer, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  // Nothing of the plugin runs after its answer is known.
  _exit(result && written ? kExitOk : kExitRefused);
}

}  // namespace nexus::core
