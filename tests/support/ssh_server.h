// SSH servers for tests: a real OpenSSH, and one that misbehaves.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace nexus::test {

struct SshServerOptions {
  int max_sessions = 10;
  bool password_authentication = true;
  bool sftp = true;                       // false: no such subsystem
  bool sftp_only = false;                 // ForceCommand internal-sftp: the account runs no commands
  std::string host_key_type = "ed25519";  // or ecdsa, rsa
  // An account "tester" with this password, which exists for this server alone (libnss-wrapper tells it so); empty:
  // none.
  std::string account_password{};
  // Keyboard-interactive in place of passwords, for the same account: PAM asks one hidden question after the other, and
  // each wants its own of these answers, in which there is no colon (libpam-wrapper sees to it).
  std::vector<std::string> answers{};
  std::vector<std::string> extra{};  // more lines of sshd_config
};

// sshd on loopback in a temporary folder with its own host key, which lets the user who runs the tests log in with
// private_key(). Works as root and as any other user. Not thread-safe; make and start it on the main thread, because
// the kernel kills the server when the thread that started it ends. Failures throw std::runtime_error with the end of
// the log.
class SshServer {
 public:
  explicit SshServer(SshServerOptions options = {});
  ~SshServer();
  SshServer(const SshServer&) = delete;
  SshServer& operator=(const SshServer&) = delete;

  std::uint16_t port() const noexcept { return port_; }
  std::string user() const;  // "tester" where there is that account
  // The text of an accepted private key: ed25519, OpenSSH's format, no passphrase.
  std::string private_key() const;
  // "SHA256:..." of the host key in use.
  std::string host_key_fingerprint() const;
  // Lets the owner of this public key ("ssh-ed25519 AAAA...") in as well.
  void authorize(const std::string& public_line);

  // The server and every session end. start() again keeps port and keys.
  void stop();
  void start();
  // Another host key, the same address.
  void swap_host_key();
  // SIGKILL for every session; the server goes on. Answers how many processes there were.
  int kill_sessions();
  int session_count() const;

  // Everything that sshd wrote, at level DEBUG1.
  std::string log() const;
  void clear_log();
  const std::string& folder() const noexcept { return folder_; }

 private:
  void launch();
  bool wait_until_ready();
  void write_config() const;
  void make_host_key() const;
  bool has_account() const { return !options_.account_password.empty() || !options_.answers.empty(); }
  void make_account() const;
  void make_questions() const;

  SshServerOptions options_;
  std::string folder_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
};

// How a scripted server misbehaves.
enum class Trouble {
  refused,       // nobody listens
  full_backlog,  // the kernel does not answer the connection request
  silent,        // accepts and never speaks
  dripping,      // its greeting comes a byte at a time, without an end
  drops_early,   // greets, then hangs up
  babbling,      // endless lines before the greeting
};

// Plays one part for every connection, on a thread of its own.
class ScriptedServer {
 public:
  explicit ScriptedServer(Trouble trouble);
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::uint16_t port() const noexcept { return port_; }

 private:
  void serve();
  void fill_backlog();
  // False where the connection is over.
  bool play(int connection) const;

  Trouble trouble_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  std::vector<int> fillers_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

// Makes a folder under the temporary folder; runs a program to its end and throws where it fails; reads a file.
std::string make_temporary_folder(const std::string& prefix);
void run_program(const std::vector<std::string>& arguments);
std::string read_text(const std::string& path);

}  // namespace nexus::test
