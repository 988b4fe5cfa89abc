#include "support/mariadb_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <mysql.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <vector>

namespace nexus::test {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* kUser = "nexus";
constexpr seconds kStartDeadline{20};
constexpr seconds kStopDeadline{10};
constexpr int kPortAttempts = 5;

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error("MariaDB for tests: " + what); }

std::mt19937_64& random_source() {
  static std::mt19937_64 source{std::random_device{}()};
  return source;
}

// Everything is prepared before the fork: the child of a process with threads may only call what is safe in a signal
// handler.
pid_t spawn(std::vector<std::string> arguments, const std::string& log) {
  std::vector<char*> raw;
  for (std::string& argument : arguments) raw.push_back(argument.data());
  raw.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) fail("fork");
  if (child > 0) return child;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  dup2(out, STDOUT_FILENO);
  dup2(out, STDERR_FILENO);
  // Sockets of the test must not live on in the server.
  close_range(3, ~0U, 0);
  if (getppid() == parent) execv(raw[0], raw.data());
  _exit(127);
}

std::string user_option() { return geteuid() == 0 ? "--user=root" : "--skip-symbolic-links"; }

std::string program(const char* name) {
  for (const char* folder : {"/usr/sbin/", "/usr/bin/", "/usr/local/sbin/", "/usr/local/bin/"}) {
    if (access((std::string(folder) + name).c_str(), X_OK) == 0) return std::string(folder) + name;
  }
  fail(std::string(name) + " is not installed");
}

void make_template(const fs::path& target) {
  const fs::path made = target.string() + "." + std::to_string(getpid());
  const std::string log = made.string() + ".log";
  std::vector<std::string> command = {program("mariadb-install-db"),
                                      "--no-defaults",
                                      "--datadir=" + made.string(),
                                      "--auth-root-authentication-method=normal",
                                      "--skip-test-db",
                                      "--skip-name-resolve",
                                      "--innodb-log-file-size=4M"};
  if (geteuid() == 0) command.emplace_back("--user=root");
  int status = 0;
  waitpid(spawn(std::move(command), log), &status, 0);
  if (status != 0) fail("mariadb-install-db failed, see " + log);
  fs::remove(log);
  fs::rename(made, target);
}

// Of whoever runs the tests: a server started by another user could not write a copy of it.
fs::path template_folder() {
  const fs::path target = std::string(NEXUS_MARIADB_TEMPLATE) + "-" + std::to_string(geteuid());
  fs::create_directories(target.parent_path());
  const int lock = open((target.string() + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0 || flock(lock, LOCK_EX) != 0) fail("cannot lock " + target.string());
  if (!fs::exists(target / "mysql")) make_template(target);
  close(lock);
  return target;
}

// Below the range that the kernel hands out for outgoing connections.
unsigned free_port() {
  std::uniform_int_distribution<unsigned> any(20000, 31999);
  for (;;) {
    const unsigned port = any(random_source());
    const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    const bool is_free = bind(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    close(probe);
    if (is_free) return port;
  }
}

std::string random_password() {
  std::string password;
  for (int count = 0; count < 20; ++count) password += static_cast<char>('a' + random_source()() % 26);
  return password;
}

// A session of the test itself, as the owner of the server.
void admin(const std::string& socket_path, const std::string& password, const std::string& sql) {
  MYSQL* session = mysql_init(nullptr);
  const bool done =
      mysql_real_connect(session, nullptr, kUser, password.c_str(), nullptr, 0, socket_path.c_str(), 0) != nullptr &&
      mysql_query(session, sql.c_str()) == 0;
  const std::string reason = mysql_error(session);
  mysql_close(session);
  if (!done) fail(reason);
}

// Whether every thread of the process has stopped.
bool is_stopped(pid_t pid) {
  for (const auto& thread : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
    std::ifstream file(thread.path() / "stat");
    std::string stat;
    std::getline(file, stat);
    const auto name_end = stat.rfind(") ");
    if (name_end != std::string::npos && stat[name_end + 2] != 'T') return false;
  }
  return true;
}

}  // namespace

MariadbServer::MariadbServer() : password_(random_password()) {
  std::string name = fs::temp_directory_path() / "nexus-mariadb-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) fail("cannot make a folder");
  folder_ = name;
  socket_path_ = folder_ + "/socket";
  fs::copy(template_folder(), folder_ + "/data", fs::copy_options::recursive);
  // Read by the server at each start.
  std::ofstream init(folder_ + "/init.sql");
  for (const char* host : {"localhost", "127.0.0.1"}) {
    const std::string account = std::string("'") + kUser + "'@'" + host + "'";
    init << "CREATE OR REPLACE USER " << account << " IDENTIFIED BY '" << password_ << "';\n"
         << "GRANT ALL ON *.* TO " << account << ";\n";
  }
  init.close();
  for (int attempt = 1;; ++attempt) {
    port_ = free_port();
    launch();
    if (wait_until_ready()) return;
    const std::string tail = log_tail();
    kill();
    if (attempt < kPortAttempts && tail.find("Address already in use") != std::string::npos) continue;
    fs::remove_all(folder_);
    fail("does not start:\n" + tail);
  }
}

MariadbServer::~MariadbServer() {
  kill();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

MariadbServer& MariadbServer::shared() {
  static MariadbServer server;
  return server;
}

std::string MariadbServer::url(const std::string& database) const {
  return std::string("mysql://") + kUser + ":" + password_ + "@127.0.0.1:" + std::to_string(port_) + "/" + database;
}

std::string MariadbServer::create_database() {
  const std::string name = "test_" + std::to_string(++databases_);
  admin(socket_path_, password_, "CREATE DATABASE " + name + " CHARACTER SET utf8mb4");
  return url(name);
}

void MariadbServer::start() {
  launch();
  if (!wait_until_ready()) fail("does not start again:\n" + log_tail());
}

void MariadbServer::launch() {
  // Small buffers: a test has little data and wants a fast start.
  pid_ = spawn({program("mariadbd"),
                "--no-defaults",
                user_option(),
                "--datadir=" + folder_ + "/data",
                "--socket=" + socket_path_,
                "--pid-file=" + folder_ + "/pid",
                "--port=" + std::to_string(port_),
                "--bind-address=127.0.0.1",
                "--init-file=" + folder_ + "/init.sql",
                "--skip-name-resolve",
                "--innodb-buffer-pool-size=16M",
                "--innodb-log-file-size=4M",
                "--innodb-fast-shutdown=1",
                "--innodb-buffer-pool-load-at-startup=0",
                "--innodb-buffer-pool-dump-at-shutdown=0",
                "--key-buffer-size=1M",
                "--aria-pagecache-buffer-size=1M",
                "--performance-schema=0",
                "--max-connections=100",
                "--skip-log-bin",
                "--tmpdir=" + folder_},
               folder_ + "/log");
}

bool MariadbServer::wait_until_ready() {
  const auto deadline = std::chrono::steady_clock::now() + kStartDeadline;
  while (std::chrono::steady_clock::now() < deadline) {
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = -1;
      return false;
    }
    try {
      admin(socket_path_, password_, "DO 1");
      return true;
    } catch (const std::runtime_error&) {
      std::this_thread::sleep_for(milliseconds(20));
    }
  }
  return false;
}

void MariadbServer::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  reap();
}

void MariadbServer::stop() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGTERM);
  const auto deadline = std::chrono::steady_clock::now() + kStopDeadline;
  while (std::chrono::steady_clock::now() < deadline) {
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = -1;
      return;
    }
    std::this_thread::sleep_for(milliseconds(20));
  }
  kill();
  fail("does not stop:\n" + log_tail());
}

// The signal reaches a thread that runs only when it enters the kernel: until then it would still answer.
void MariadbServer::freeze() {
  ::kill(pid_, SIGSTOP);
  for (int tries = 0; tries < 1000 && !is_stopped(pid_); ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

void MariadbServer::thaw() { ::kill(pid_, SIGCONT); }

void MariadbServer::reap() {
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

std::string MariadbServer::log_tail() const {
  std::ifstream log(folder_ + "/log");
  std::ostringstream all;
  all << log.rdbuf();
  constexpr std::size_t kTail = 3000;
  const std::string text = all.str();
  return text.size() > kTail ? text.substr(text.size() - kTail) : text;
}

}  // namespace nexus::test
