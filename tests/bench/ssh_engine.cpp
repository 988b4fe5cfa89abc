// Our SSH engine beside a plain libssh2 client, driven by ssh_rows.py: one command a line on stdin, one line of JSON
// on stdout each. Arguments: PORT USER KEY_FILE. Targets are 127.0.9.1, 127.0.9.2, ...: one sshd under many addresses.
#include "ssh/engine.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <libssh2.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <mutex>
#include <sstream>

namespace {

using namespace nexus::servers::ssh;
using Seconds = std::chrono::duration<double>;

constexpr const char* kCommand = "cat /proc/stat /proc/meminfo /proc/loadavg /proc/net/dev";
constexpr std::chrono::seconds kPatience{120};
constexpr std::int64_t kMostServers = 1'000;

class TrustAll : public HostKeyGate {
 public:
  Outcome<std::vector<std::string>> trusted_types() override { return std::vector<std::string>{}; }
  Outcome<HostKeyReport> judge(const HostKey& key, Trust) override { return HostKeyReport{key.type, "", "known"}; }
};

class Nobody : public EngineObserver {
 public:
  void connected(std::int64_t) override {}
  void alive(std::int64_t) override {}
  void disconnected(std::int64_t server_id, const Failure& failure) override {
    std::fprintf(stderr, "%ld: %s\n", static_cast<long>(server_id), failure.reason.c_str());
  }
};

struct Account {
  std::uint16_t port = 0;
  std::string user;
  std::string key_text;
};

std::string address(std::int64_t number) {
  return "127.0." + std::to_string(9 + number / 250) + "." + std::to_string(1 + number % 250);
}

Target target(const Account& account, const PrivateKey& key, std::int64_t number) {
  Target out;
  out.server_id = number + 1;
  out.revision = 1;
  out.host = address(number);
  out.port = account.port;
  out.host_keys = std::make_shared<TrustAll>();
  out.credentials = [user = account.user, key]() -> Outcome<Credentials> {
    Credentials credentials;
    credentials.user = user;
    credentials.key = key;
    return credentials;
  };
  return out;
}

// Runs the command on `count` servers at once; the time until the last answer, or a negative one where one failed.
double fan_out(Engine& engine, const Account& account, const PrivateKey& key, std::int64_t count) {
  std::mutex mutex;
  std::condition_variable changed;
  std::int64_t left = count;
  bool failed = false;
  const auto begin = Clock::now();
  for (std::int64_t i = 0; i < count; ++i) {
    engine.run_command(target(account, key, i), kCommand, 64 * 1024, {Priority::task, begin + kPatience},
                       [&](const Outcome<CommandResult>& done) {
                         const std::lock_guard lock(mutex);
                         failed = failed || !done.ok() || done.value().out.find("MemTotal") == std::string::npos;
                         if (--left == 0) changed.notify_all();
                       });
  }
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return left == 0; });
  return failed ? -1 : Seconds(Clock::now() - begin).count();
}

void forget_all(Engine& engine) {
  for (std::int64_t i = 0; i < kMostServers; ++i) engine.forget(i + 1);
  while (engine.figures().connections != 0) ::usleep(1000);
}

// Connect, log in and run one command with blocking libssh2, as a plain client does it (TCP_NODELAY, nothing else).
double plain_client(const Account& account) {
  const auto begin = Clock::now();
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(account.port);
  ::inet_pton(AF_INET, address(0).c_str(), &to.sin_addr);
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) return -1;
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  auto* session = libssh2_session_init();
  bool good = libssh2_session_handshake(session, socket) == 0 &&
              libssh2_userauth_publickey_frommemory(session, account.user.c_str(), account.user.size(), nullptr, 0,
                                                    account.key_text.data(), account.key_text.size(), nullptr) == 0;
  auto* channel = good ? libssh2_channel_open_session(session) : nullptr;
  std::string out;
  if (channel != nullptr && libssh2_channel_exec(channel, kCommand) == 0) {
    char buffer[32 * 1024];
    for (ssize_t size = 0; (size = libssh2_channel_read(channel, buffer, sizeof buffer)) > 0;) out.append(buffer, size);
    libssh2_channel_close(channel);
    libssh2_channel_free(channel);
  }
  const double seconds = Seconds(Clock::now() - begin).count();
  libssh2_session_disconnect(session, "done");
  libssh2_session_free(session);
  ::close(socket);
  return out.find("MemTotal") == std::string::npos ? -1 : seconds;
}

double processor_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

long resident_kb() {
  std::ifstream status("/proc/self/statm");
  long pages = 0;
  status >> pages >> pages;
  return pages * (::sysconf(_SC_PAGESIZE) / 1024);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  Account account{static_cast<std::uint16_t>(std::stoi(argv[1])), argv[2], {}};
  std::ifstream file(argv[3]);
  std::stringstream text;
  text << file.rdbuf();
  account.key_text = text.str();
  auto loaded = PrivateKey::load(account.key_text, std::nullopt);
  if (!std::holds_alternative<PrivateKey>(loaded)) return 2;
  const auto key = std::get<PrivateKey>(loaded);
  Nobody nobody;
  EngineLimits limits;
  limits.keepalive = std::chrono::seconds(600);
  limits.silence = std::chrono::seconds(1200);
  Engine engine(limits, nobody);
  const long base_kb = resident_kb();
  std::string word;
  std::int64_t count = 0;
  while (std::cin >> word >> count) {
    const double cpu = processor_seconds();
    double seconds = 0;
    if (word == "cold") {
      forget_all(engine);
      seconds = fan_out(engine, account, key, count);
    } else if (word == "warm") {
      seconds = fan_out(engine, account, key, count);
    } else if (word == "plain") {
      seconds = plain_client(account);
    }
    std::printf("{\"seconds\": %.6f, \"cpu\": %.6f, \"connections\": %zu, \"grown_kb\": %ld}\n", seconds,
                processor_seconds() - cpu, engine.figures().connections, resident_kb() - base_kb);
    std::fflush(stdout);
  }
}
