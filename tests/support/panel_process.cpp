#include "support/panel_process.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

extern char** environ;

namespace nexus::test {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kPause{20};
// For a program that should end by itself: with sanitizers and a busy machine it takes a few seconds.
constexpr std::chrono::seconds kProgramPatience{60};
// Outgoing connections take ports from 32768.
constexpr int kFirstPort = 20'000;
constexpr int kPorts = 10'000;

std::string read_file(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

int status_of(int waited) { return WIFEXITED(waited) ? WEXITSTATUS(waited) : 128 + WTERMSIG(waited); }

std::vector<std::string> environment_with(const std::map<std::string, std::string>& changes) {
  std::vector<std::string> out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text(*entry);
    const auto name = text.substr(0, text.find('='));
    // The tests' own surroundings must not configure the panel.
    if (!name.starts_with("NEXUS_") && !changes.contains(name)) out.push_back(text);
  }
  for (const auto& [name, value] : changes) out.push_back(name + '=' + value);
  return out;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> out;
  for (auto& word : words) out.push_back(word.data());
  out.push_back(nullptr);
  return out;
}

pid_t spawn_panel(const std::vector<std::string>& arguments, const std::map<std::string, std::string>& environment,
                  const std::string& output, const std::string& errors) {
  std::vector<std::string> words{NEXUS_PANEL_BINARY};
  words.insert(words.end(), arguments.begin(), arguments.end());
  auto variables = environment_with(environment);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_addopen(&files, STDERR_FILENO, errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND,
                                   0600);
  pid_t child = -1;
  const int failed =
      posix_spawn(&child, NEXUS_PANEL_BINARY, &files, nullptr, pointers(words).data(), pointers(variables).data());
  posix_spawn_file_actions_destroy(&files);
  if (failed != 0) throw std::runtime_error(std::string("cannot start ") + NEXUS_PANEL_BINARY);
  return child;
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  auto pattern = (std::filesystem::temp_directory_path() / "nexus-test-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a temporary folder");
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryFolder::write(const std::string& name, const std::string& text) const {
  const auto path = path_ + '/' + name;
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
  return path;
}

std::uint16_t free_port() {
  // Tests run side by side, so each process begins elsewhere.
  static std::atomic<int> next{(getpid() * 37) % kPorts};
  for (int tries = 0; tries < kPorts; ++tries) {
    const auto port = static_cast<std::uint16_t>(kFirstPort + next++ % kPorts);
    const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool free = bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    close(descriptor);
    if (free) return port;
  }
  throw std::runtime_error("no port is free");
}

PanelProcess::PanelProcess(PanelOptions options) : data_dir_(options.data_dir), port_(free_port()) {
  if (data_dir_.empty()) data_dir_ = folder_.path() + "/data";
  config_file_ = folder_.path() + "/panel.yaml";
  write_config(options.config);
  start(options);
  if (options.wait_listening) wait_until_ready(options);
}

PanelProcess::~PanelProcess() { kill_now(); }

void PanelProcess::start(const PanelOptions& options) {
  std::vector<std::string> arguments{"serve",
                                     "--config",
                                     config_file_,
                                     "--listen",
                                     "127.0.0.1:" + std::to_string(port_),
                                     "--data-dir",
                                     data_dir_,
                                     "--set",
                                     "log.file=" + log_file()};
  arguments.insert(arguments.end(), options.arguments.begin(), options.arguments.end());
  pid_ = spawn_panel(arguments, options.environment, folder_.path() + "/stdout", folder_.path() + "/stderr");
}

void PanelProcess::wait_until_ready(const PanelOptions& options) {
  const auto deadline = Clock::now() + options.patience;
  std::string last = "it does not listen";
  while (Clock::now() < deadline) {
    if (wait(std::chrono::seconds(0))) break;
    try {
      if (console().find("listening on") != std::string::npos) {
        if (!options.wait_ready) return;
        const auto answer = client().get("/readyz");
        if (answer.status == 200) return;
        last = answer.body;
      }
    } catch (const std::runtime_error& error) {
      last = error.what();
    }
    std::this_thread::sleep_for(kPause);
  }
  const auto ended = status_ ? " (it ended with " + std::to_string(*status_) + ")" : std::string();
  throw std::runtime_error("the panel is not ready" + ended + ": " + last + "\n" + errors() + log());
}

std::string PanelProcess::text_of(const std::string& name) const { return read_file(folder_.path() + '/' + name); }
std::string PanelProcess::console() const { return text_of("stdout"); }
std::string PanelProcess::errors() const { return text_of("stderr"); }
std::string PanelProcess::log() const { return read_file(log_file()); }

bool PanelProcess::wait_for_log(const std::string& text, std::chrono::seconds patience) const {
  const auto deadline = Clock::now() + patience;
  while (log().find(text) == std::string::npos) {
    if (Clock::now() >= deadline) return false;
    std::this_thread::sleep_for(kPause);
  }
  return true;
}

void PanelProcess::write_config(const std::string& yaml) const { std::ofstream(config_file_, std::ios::trunc) << yaml; }

void PanelProcess::signal(int number) const {
  if (pid_ > 0 && !status_) kill(pid_, number);
}

void PanelProcess::hang_up() const { signal(SIGHUP); }

int PanelProcess::terminate(std::chrono::seconds patience) {
  signal(SIGTERM);
  const auto ended = wait(patience);
  if (!ended) throw std::runtime_error("the panel did not end: " + log());
  return *ended;
}

int PanelProcess::kill_now() {
  signal(SIGKILL);
  return wait(std::chrono::seconds(10)).value_or(-1);
}

std::optional<int> PanelProcess::wait(std::chrono::seconds patience) {
  const auto deadline = Clock::now() + patience;
  while (!status_) {
    int waited = 0;
    if (waitpid(pid_, &waited, WNOHANG) == pid_) {
      status_ = status_of(waited);
    } else if (Clock::now() >= deadline) {
      return std::nullopt;
    } else {
      std::this_thread::sleep_for(kPause);
    }
  }
  return status_;
}

std::string PanelProcess::sanitizer_report() const {
  const auto text = errors();
  for (const auto* mark : {"Sanitizer", "runtime error:"}) {
    if (const auto at = text.find(mark); at != std::string::npos) {
      const auto line = text.rfind('\n', at);
      return text.substr(line == std::string::npos ? 0 : line + 1);
    }
  }
  return {};
}

ProgramResult run_panel_program(const std::vector<std::string>& arguments,
                                const std::map<std::string, std::string>& environment) {
  const TemporaryFolder folder;
  const auto output = folder.path() + "/stdout";
  const auto errors = folder.path() + "/stderr";
  const auto start = Clock::now();
  const pid_t child = spawn_panel(arguments, environment, output, errors);
  int waited = 0;
  while (waitpid(child, &waited, WNOHANG) != child) {
    if (Clock::now() - start > kProgramPatience) kill(child, SIGKILL);
    std::this_thread::sleep_for(kPause);
  }
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
  return {status_of(waited), read_file(output), read_file(errors), took};
}

}  // namespace nexus::test
