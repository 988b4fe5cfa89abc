#include "core/app/command_line.h"

#include "core/app/audit_commands.h"
#include "core/app/command_lookup.h"
#include "core/app/commands.h"
#include "core/app/exit_code.h"
#include "core/app/option_order.h"
#include "core/app/panel.h"
#include "core/app/plugin_commands.h"
#include "core/config/suggestion.h"

#include <Poco/AutoPtr.h>
#include <Poco/Exception.h>
#include <Poco/Util/Option.h>
#include <Poco/Util/OptionCallback.h>
#include <Poco/Util/OptionSet.h>
#include <Poco/Util/ServerApplication.h>

#include <signal.h>

#include <array>
#include <iostream>
#include <string>
#include <vector>

namespace nexus::core {
namespace {

using Poco::Util::Application;
using Poco::Util::Option;
using Poco::Util::OptionCallback;

constexpr const char* kHelp = R"(Usage: nexuspanel COMMAND [OPTIONS]

Commands:
  serve               run the panel until SIGTERM or SIGINT; SIGHUP reopens the log and reads the configuration again
  config check        check the configuration and every plugin's section, start nothing
  plugin list         show the plugins with version, state or why they were refused, routes and dependencies
  plugin probe FILE   open one plugin in this process and print what it says of itself, as JSON
  plugin commands     list the commands that plugins add
  NAME... [ARGS]      run a command of a plugin on the panel's database, beside a running panel or without one; behind
                      "--" every word is the command's own
  audit verify        walk the audit trail and name the first entry that was changed or removed; also beside a running panel
  audit export [csv|jsonl]  write the whole audit trail to standard output

Options:
  --config FILE       YAML configuration
  --listen HOST:PORT  address to listen on (http.listen)
  --data-dir DIR      folder for everything that the panel keeps (data_dir)
  --set KEY=VALUE     any other setting, for example --set log.level=debug; may be repeated
  --version           print the version
  --help              print this text

A setting may also stand in the environment: http.listen is NEXUS_HTTP_LISTEN. The command line wins over the
environment, the environment over the file.

Exit status: 0 done, 1 a plugin was refused, its command failed or the audit trail is broken, 64 wrong command line, 69
database or address not available, 70 something did not end in time, 73 data folder, log or key cannot be used, 75
another panel uses the data folder, 78 wrong configuration.
)";

class PanelApplication : public Poco::Util::ServerApplication {
 public:
  PanelApplication() { setUnixOptions(true); }

 protected:
  // Not ServerApplication's: a service manager runs the panel, so there is no --daemon, --pidfile and --umask.
  void defineOptions(Poco::Util::OptionSet& options) override {
    Application::defineOptions(options);  // NOLINT(bugprone-parent-virtual-call): see above
    const auto add = [&](const char* name, const char* argument) {
      Option option(name, "");
      if (*argument != '\0') option.argument(argument);
      option.repeatable(std::string_view(name) == "set");
      option.callback(OptionCallback<PanelApplication>(this, &PanelApplication::take));
      options.addOption(option);
    };
    add("config", "FILE");
    add("listen", "HOST:PORT");
    add("data-dir", "DIR");
    add("set", "KEY=VALUE");
    add("version", "");
    add("help", "");
  }

  int main(const std::vector<std::string>& words) override {
    if (help_) return print(kHelp);
    if (version_) return print(std::string("NexusPanel ") + kVersion + '\n');
    try {
      return run_command(words);
    } catch (const std::exception& error) {
      std::cerr << "nexuspanel: " << error.what() << '\n';
      return kExitForced;
    }
  }

 private:
  void take(const std::string& name, const std::string& value) {
    if (name == "config") sources_.file = value;
    if (name == "listen") sources_.listen = value;
    if (name == "data-dir") sources_.data_dir = value;
    if (name == "set") sources_.overrides.push_back(value);
    if (name == "version") version_ = true;
    if (name == "help") help_ = true;
    if (name == "version" || name == "help") stopOptionsProcessing();
  }

  static int print(const std::string& text) {
    std::cout << text << std::flush;
    return kExitOk;
  }

  int run_command(const std::vector<std::string>& words) const {
    using Words = std::vector<std::string>;
    if (words == Words{"serve"}) return serve(sources_);
    if (words == Words{"config", "check"}) return check_config(sources_);
    if (words == Words{"plugin", "list"}) return list_plugins(sources_);
    if (words == Words{"plugin", "commands"}) return list_commands(sources_);
    if (words == Words{"help"}) return print(kHelp);
    if (words == Words{"audit", "verify"}) return verify_audit(sources_);
    if (words == Words{"audit", "export"}) return export_audit(sources_, "jsonl");
    if (words == Words{"audit", "export", "csv"} || words == Words{"audit", "export", "jsonl"}) {
      return export_audit(sources_, words.back());
    }
    static const std::array<std::string, 7> kCommands{"serve",           "config check", "plugin list", "plugin probe",
                                                      "plugin commands", "audit verify", "audit export"};
    if (!words.empty() && !is_host_word(words.front())) return run_plugin_command(sources_, words, kCommands);
    const auto command = joined_words(words);
    std::cerr << "nexuspanel: " << (command.empty() ? "a command is missing" : "unknown command \"" + command + '"')
              << suggestion(command, kCommands) << " (nexuspanel --help says more)\n";
    return kExitUsage;
  }

  ConfigSources sources_;
  bool version_ = false;
  bool help_ = false;
};

// Poco's application takes SIGSEGV and its kin for itself, which would hide a crash from a sanitizer and from the
// shell.
class CrashSignals {
 public:
  CrashSignals() {
    for (std::size_t i = 0; i < kNumbers.size(); ++i) sigaction(kNumbers[i], nullptr, &before_[i]);
  }
  void restore() const {
    for (std::size_t i = 0; i < kNumbers.size(); ++i) sigaction(kNumbers[i], &before_[i], nullptr);
  }

 private:
  static constexpr std::array kNumbers{SIGILL, SIGBUS, SIGSEGV, SIGSYS, SIGFPE, SIGABRT};
  std::array<struct sigaction, kNumbers.size()> before_{};
};

}  // namespace

int run_command_line(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  // As short as it can be: this is a process for each new plugin.
  if (words.size() == 3 && words[0] == "plugin" && words[1] == "probe") probe_plugin(words[2]);
  const CrashSignals crash_signals;
  Poco::AutoPtr<PanelApplication> application(new PanelApplication);
  crash_signals.restore();
  try {
    // Not run(argc, argv), which makes a daemon before it has looked at the options and hides what is wrong with them.
    auto arguments = options_first(words);
    arguments.insert(arguments.begin(), argv[0]);
    application->init(arguments);
  } catch (const Poco::Exception& error) {
    std::cerr << "nexuspanel: " << error.displayText() << " (nexuspanel --help says more)\n";
    return kExitUsage;
  }
  return static_cast<Application&>(*application).run();
}

}  // namespace nexus::core
