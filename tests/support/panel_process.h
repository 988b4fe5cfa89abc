// A real nexuspanel process with a folder, a configuration and a port of its own.
#pragma once

#include "support/http_client.h"

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace nexus::test {

// A folder that is removed with everything in it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();
  const std::string& path() const noexcept { return path_; }
  // Writes (or overwrites) a file in it and returns its path.
  std::string write(const std::string& name, const std::string& text) const;

 private:
  std::string path_;
};

// A port of 127.0.0.1 that nobody listens on now, below the range of outgoing connections.
std::uint16_t free_port();

struct PanelOptions {
  std::string config;                  // YAML beside what the other members say; empty: none
  std::vector<std::string> arguments;  // after `serve`
  std::map<std::string, std::string> environment;
  std::string data_dir;        // empty: one of its own
  bool wait_ready = true;      // until /readyz answers 200
  bool wait_listening = true;  // until it takes requests (or ends)
  std::chrono::seconds patience{30};
};

// Ended with SIGKILL on destruction if it still runs. Throws std::runtime_error where it does not become ready.
class PanelProcess {
 public:
  explicit PanelProcess(PanelOptions options = {});
  PanelProcess(const PanelProcess&) = delete;
  PanelProcess& operator=(const PanelProcess&) = delete;
  ~PanelProcess();

  std::uint16_t port() const noexcept { return port_; }
  pid_t pid() const noexcept { return pid_; }
  const std::string& data_dir() const noexcept { return data_dir_; }
  const std::string& config_file() const noexcept { return config_file_; }
  std::string log_file() const { return folder_.path() + "/panel.log"; }
  HttpClient client() const { return HttpClient(port_); }

  std::string console() const;  // standard output
  std::string errors() const;   // standard error
  std::string log() const;
  // Waits until the log holds `text`; false at the end of patience.
  bool wait_for_log(const std::string& text, std::chrono::seconds patience = std::chrono::seconds(10)) const;

  void write_config(const std::string& yaml) const;
  void signal(int number) const;
  void hang_up() const;
  // SIGTERM, then the exit status: 128 + number where a signal ended it. Throws where it does not end.
  int terminate(std::chrono::seconds patience = std::chrono::seconds(20));
  int kill_now();
  // The exit status, or nullopt where it still runs.
  std::optional<int> wait(std::chrono::seconds patience);
  // What a sanitizer wrote to standard error; empty: nothing.
  std::string sanitizer_report() const;

 private:
  void start(const PanelOptions& options);
  void wait_until_ready(const PanelOptions& options);
  std::string text_of(const std::string& name) const;

  TemporaryFolder folder_;
  std::string data_dir_;
  std::string config_file_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
  std::optional<int> status_;
};

// Runs the program to its end: `config check`, `plugin list`, a `serve` that is refused. One that does not end is
// killed after a minute (status 128 + SIGKILL).
struct ProgramResult {
  int status = 0;
  std::string output;
  std::string errors;
  std::chrono::milliseconds duration{0};
};
ProgramResult run_panel_program(const std::vector<std::string>& arguments,
                                const std::map<std::string, std::string>& environment = {});

}  // namespace nexus::test
