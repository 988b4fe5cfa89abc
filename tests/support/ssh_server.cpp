#include "support/ssh_server.h"

#include "support/loopback.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <crypt.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace nexus::test {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr std::chrono::seconds kSshStartDeadline{20};
constexpr int kSshPortAttempts = 5;

[[noreturn]] void ssh_fail(const std::string& what) { throw std::runtime_error("SSH server for tests: " + what); }

// Everything is prepared before the fork: the child of a process with threads may only call what is safe in a signal
// handler.
pid_t spawn_program(std::vector<std::string> arguments, const std::string& log) {
  std::vector<char*> raw;
  for (auto& argument : arguments) raw.push_back(argument.data());
  raw.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) ssh_fail("fork");
  if (child > 0) return child;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(out, STDERR_FILENO);
  close_range(3, ~0U, 0);
  if (getppid() == parent) execv(raw[0], raw.data());
  _exit(127);
}

std::string find_program(const std::string& name) {
  for (const char* folder : {"/usr/sbin/", "/usr/bin/", "/usr/local/sbin/", "/usr/local/bin/"}) {
    if (access((folder + name).c_str(), X_OK) == 0) return folder + name;
  }
  ssh_fail(name + " is not installed");
}

// A module of libpam-wrapper's that asks for a password and compares it with a table.
std::string find_pam_matrix() {
  for (const auto& folder : fs::directory_iterator("/usr/lib")) {
    const auto module = folder.path() / "pam_wrapper/pam_matrix.so";
    std::error_code ignored;
    if (fs::exists(module, ignored)) return module;
  }
  ssh_fail("libpam-wrapper is not installed");
}

// Each process of a server whose questions stand in `folder` has copied them to /tmp/pam.?, and takes the copy away
// only where it ends in peace.
void remove_pam_copies(const std::string& folder) {
  std::error_code ignored;
  for (const auto& copy : fs::directory_iterator("/tmp", ignored)) {
    const bool is_copy = copy.path().filename().string().starts_with("pam.");
    if (is_copy && read_text(copy.path() / "sshd").find(folder) != std::string::npos) {
      fs::remove_all(copy.path(), ignored);
    }
  }
}

int open_socket() { return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); }

// The second word of /proc/PID/stat may contain anything, so the parent is read after its last bracket.
pid_t parent_of(const fs::path& process) {
  const auto stat = read_text(process / "stat");
  const auto at = stat.rfind(')');
  return at == std::string::npos || at + 4 > stat.size() ? 0 : std::atoi(stat.c_str() + at + 4);
}

std::vector<pid_t> descendants(pid_t root) {
  std::vector<std::pair<pid_t, pid_t>> parents;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const auto name = entry.path().filename().string();
    pid_t process = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), process);
    if (error == std::errc{} && end == name.data() + name.size())
      parents.emplace_back(process, parent_of(entry.path()));
  }
  std::vector<pid_t> found;
  std::vector<pid_t> open_ends{root};
  while (!open_ends.empty()) {
    const auto parent = open_ends.back();
    open_ends.pop_back();
    for (const auto& [process, its_parent] : parents) {
      if (its_parent != parent) continue;
      found.push_back(process);
      open_ends.push_back(process);
    }
  }
  return found;
}

}  // namespace

std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string make_temporary_folder(const std::string& prefix) {
  std::string name = fs::temp_directory_path() / (prefix + "-XXXXXX");
  if (mkdtemp(name.data()) == nullptr) ssh_fail("cannot make a folder");
  return name;
}

void run_program(const std::vector<std::string>& arguments) {
  auto command = arguments;
  command[0] = find_program(command[0]);
  int status = 0;
  waitpid(spawn_program(command, "/dev/null"), &status, 0);
  if (status != 0) ssh_fail(arguments[0] + " " + (arguments.size() > 1 ? arguments[1] : "") + " failed");
}

SshServer::SshServer(SshServerOptions options) : options_(std::move(options)) {
  folder_ = make_temporary_folder("nexus-sshd");
  // OpenSSH insists on it where it runs as root.
  if (geteuid() == 0) mkdir("/run/sshd", 0755);
  run_program({"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", folder_ + "/user_key"});
  fs::copy_file(folder_ + "/user_key.pub", folder_ + "/authorized_keys");
  chmod((folder_ + "/authorized_keys").c_str(), 0600);
  make_host_key();
  if (has_account()) make_account();
  if (!options_.answers.empty()) make_questions();
  for (int attempt = 1;; ++attempt) {
    close(bind_free_port(port_));
    write_config();
    launch();
    if (wait_until_ready()) return;
    const auto text = log();
    stop();
    if (attempt < kSshPortAttempts && text.find("Address already in use") != std::string::npos) continue;
    fs::remove_all(folder_);
    ssh_fail("does not start:\n" + text);
  }
}

SshServer::~SshServer() {
  stop();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void SshServer::make_host_key() const {
  std::error_code ignored;
  fs::remove(folder_ + "/host_key", ignored);
  fs::remove(folder_ + "/host_key.pub", ignored);
  run_program({"ssh-keygen", "-q", "-t", options_.host_key_type, "-N", "", "-C", "host", "-f", folder_ + "/host_key"});
}

// The account is the user who runs the tests under another name: sshd needs no rights to become it.
void SshServer::make_account() const {
  crypt_data work{};
  const char* const hash = crypt_r(options_.account_password.c_str(), "$6$nexuspanel", &work);
  if (hash == nullptr) ssh_fail("cannot hash a password");
  const auto ids = std::to_string(geteuid()) + ":" + std::to_string(getegid());
  std::ofstream(folder_ + "/passwd") << "tester:x:" << ids << "::" << folder_ << ":/bin/sh\n"
                                     << "sshd:x:65533:65534::/run/sshd:/usr/sbin/nologin\n";
  std::ofstream(folder_ + "/group") << "tester:x:" << getegid() << ":\n";
  std::ofstream(folder_ + "/shadow") << "tester:" << hash << ":19000:0:99999:7:::\n";
}

void SshServer::make_questions() const {
  const auto folder = folder_ + "/pam";
  fs::create_directory(folder);
  std::ofstream service(folder + "/sshd");
  for (std::size_t i = 0; i < options_.answers.size(); ++i) {
    const auto table = folder_ + "/answer" + std::to_string(i);
    std::ofstream(table) << "tester:" << options_.answers[i] << ":sshd\n";
    service << "auth requisite " << find_pam_matrix() << " passdb=" << table << "\n";
  }
  service << "account required pam_permit.so\nsession required pam_permit.so\n";
  std::ofstream(folder + "/other") << "auth required pam_deny.so\naccount required pam_deny.so\n"
                                   << "session required pam_deny.so\npassword required pam_deny.so\n";
}

void SshServer::write_config() const {
  std::ofstream config(folder_ + "/sshd_config");
  config << "ListenAddress 127.0.0.1\nPort " << port_ << "\nHostKey " << folder_ << "/host_key\n"
         << "AuthorizedKeysFile " << folder_ << "/authorized_keys\nPidFile none\nStrictModes no\nUsePAM "
         << (options_.answers.empty() ? "no" : "yes") << "\n"
         << "PermitRootLogin yes\nUseDNS no\nLogLevel DEBUG1\nPrintMotd no\nPrintLastLog no\n"
         << "MaxStartups 100\nMaxSessions " << options_.max_sessions << "\n"
         << "KbdInteractiveAuthentication " << (options_.answers.empty() ? "no" : "yes") << "\n"
         << "PasswordAuthentication " << (options_.password_authentication && options_.answers.empty() ? "yes" : "no")
         << "\n";
  // What the start-up files of the person who runs the tests do is none of theirs; it takes time, and locks.
  config << "SetEnv HOME=" << folder_ << "\n";
  if (options_.sftp) config << "Subsystem sftp internal-sftp\n";
  if (options_.sftp_only) config << "ForceCommand internal-sftp\n";
  for (const auto& line : options_.extra) config << line << "\n";
}

std::string SshServer::user() const {
  if (has_account()) return "tester";
  const auto* entry = getpwuid(geteuid());
  if (entry == nullptr) ssh_fail("the user who runs the tests has no name");
  return entry->pw_name;
}

std::string SshServer::private_key() const { return read_text(folder_ + "/user_key"); }

std::string SshServer::host_key_fingerprint() const {
  const auto out = folder_ + "/fingerprint";
  fs::remove(out);
  int status = 0;
  waitpid(spawn_program({find_program("ssh-keygen"), "-lf", folder_ + "/host_key.pub"}, out), &status, 0);
  std::istringstream words(read_text(out));
  std::string bits, fingerprint;
  words >> bits >> fingerprint;
  return fingerprint;
}

void SshServer::authorize(const std::string& public_line) {
  std::ofstream(folder_ + "/authorized_keys", std::ios::app) << public_line << "\n";
}

void SshServer::launch() {
  std::vector<std::string> command;
  if (has_account()) {
    const std::string pam_wrapper = options_.answers.empty() ? "" : ":libpam_wrapper.so";
    command = {find_program("env"), "LD_PRELOAD=libnss_wrapper.so" + pam_wrapper,
               "NSS_WRAPPER_PASSWD=" + folder_ + "/passwd", "NSS_WRAPPER_GROUP=" + folder_ + "/group",
               "NSS_WRAPPER_SHADOW=" + folder_ + "/shadow"};
    if (!options_.answers.empty()) {
      command.insert(command.end(), {"PAM_WRAPPER=1", "PAM_WRAPPER_SERVICE_DIR=" + folder_ + "/pam"});
    }
  }
  command.insert(command.end(), {find_program("sshd"), "-D", "-E", folder_ + "/log", "-f", folder_ + "/sshd_config"});
  pid_ = spawn_program(std::move(command), folder_ + "/log");
}

bool SshServer::wait_until_ready() {
  const auto deadline = std::chrono::steady_clock::now() + kSshStartDeadline;
  const auto address = loopback(port_);
  while (std::chrono::steady_clock::now() < deadline) {
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = -1;
      return false;
    }
    const int probe = open_socket();
    char first = 0;
    const bool answered = connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                          recv(probe, &first, 1, 0) == 1 && first == 'S';
    close(probe);
    if (answered) return true;
    std::this_thread::sleep_for(milliseconds(10));
  }
  return false;
}

void SshServer::start() {
  write_config();
  launch();
  if (!wait_until_ready()) ssh_fail("does not start again:\n" + log());
}

void SshServer::stop() {
  if (pid_ <= 0) return;
  const auto sessions = descendants(pid_);
  ::kill(pid_, SIGKILL);
  for (const auto session : sessions) ::kill(session, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
  if (!options_.answers.empty()) remove_pam_copies(folder_);
}

void SshServer::swap_host_key() {
  stop();
  make_host_key();
  start();
}

int SshServer::kill_sessions() {
  const auto sessions = descendants(pid_);
  for (const auto session : sessions) ::kill(session, SIGKILL);
  return static_cast<int>(sessions.size());
}

int SshServer::session_count() const { return static_cast<int>(descendants(pid_).size()); }

std::string SshServer::log() const { return read_text(folder_ + "/log"); }

void SshServer::clear_log() { fs::resize_file(folder_ + "/log", 0); }

ScriptedServer::ScriptedServer(Trouble trouble) : trouble_(trouble) {
  listener_ = bind_free_port(port_);
  if (trouble_ == Trouble::refused) return;  // bound, so that nobody else takes the port, but not listening
  listen(listener_, trouble_ == Trouble::full_backlog ? 0 : 16);
  if (trouble_ == Trouble::full_backlog) {
    fill_backlog();
  } else {
    thread_ = std::thread([this] { serve(); });
  }
}

ScriptedServer::~ScriptedServer() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
  for (const int filler : fillers_) close(filler);
  close(listener_);
}

void ScriptedServer::fill_backlog() {
  const auto address = loopback(port_);
  // One more than is queued never completes; a few more make sure.
  for (int i = 0; i < 4; ++i) {
    const int filler = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    (void)connect(filler, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    fillers_.push_back(filler);
  }
  std::this_thread::sleep_for(milliseconds(50));
}

void ScriptedServer::serve() {
  std::vector<int> connections;
  while (!stopping_) {
    pollfd entry{listener_, POLLIN, 0};
    if (poll(&entry, 1, 50) > 0) {
      const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (connection >= 0) connections.push_back(connection);
    }
    std::erase_if(connections, [this](int connection) {
      const bool is_over = !play(connection);
      if (is_over) close(connection);
      return is_over;
    });
  }
  for (const int connection : connections) close(connection);
}

bool ScriptedServer::play(int connection) const {
  const auto say = [connection](const std::string& text) {
    (void)send(connection, text.data(), text.size(), MSG_NOSIGNAL);
  };
  switch (trouble_) {
    case Trouble::dripping: say("S"); return true;
    case Trouble::babbling: say(std::string(4000, 'x') + "\r\n"); return true;
    case Trouble::drops_early: say("SSH-2.0-Short\r\n"); return false;
    default: return true;
  }
}

}  // namespace nexus::test
