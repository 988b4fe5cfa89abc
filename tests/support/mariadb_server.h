// A private MariaDB server for tests: in a temporary folder, on loopback, killed with its owner.
#pragma once

#include <sys/types.h>

#include <string>

namespace nexus::test {

// Starts in well under a second: its data folder is a copy of one that is made once per build folder. Works as root and
// as any other user. Not thread-safe; make and start it on the main thread, because the kernel kills the server when
// the thread that started it ends. Failures throw std::runtime_error with the end of the server's log.
class MariadbServer {
 public:
  MariadbServer();
  ~MariadbServer();
  MariadbServer(const MariadbServer&) = delete;
  MariadbServer& operator=(const MariadbServer&) = delete;

  // One for the whole process, started at first use.
  static MariadbServer& shared();

  // mysql://user:password@127.0.0.1:port/database
  std::string url(const std::string& database) const;
  // Creates an empty database and answers its URL.
  std::string create_database();

  // Waits until the server answers. start() after kill() or stop() keeps port and data.
  void start();
  void kill();
  void stop();
  // SIGSTOP and SIGCONT.
  void freeze();
  void thaw();

  unsigned port() const noexcept { return port_; }
  pid_t pid() const noexcept { return pid_; }
  const std::string& socket_path() const noexcept { return socket_path_; }

 private:
  void launch();
  bool wait_until_ready();
  void reap();
  std::string log_tail() const;

  std::string folder_;
  std::string socket_path_;
  std::string password_;
  unsigned port_ = 0;
  unsigned databases_ = 0;
  pid_t pid_ = -1;
};

}  // namespace nexus::test
