#include "core/loader/prober.h"

#include <sys/wait.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <system_error>

namespace nexus::core {
namespace {

using Clock = std::chrono::steady_clock;

// A child that says more than this of its plugin is one that does not stop talking.
constexpr std::size_t kMostOutput = 64 * 1024;

struct Pipe {
  int read = -1;
  int write = -1;

  Pipe() {
    int ends[2] = {-1, -1};
    if (pipe2(ends, O_CLOEXEC) == 0) read = ends[0], write = ends[1];
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close_end(read);
    close_end(write);
  }
  static void close_end(int& end) {
    if (end >= 0) ::close(end);
    end = -1;
  }
};

// What the child needs to be like: own group (to end what it starts too), no blocked signals, its output in our pipes.
class SpawnPlan {
 public:
  SpawnPlan(const Pipe& output, const Pipe& errors) {
    posix_spawn_file_actions_init(&files_);
    posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files_, output.write, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files_, errors.write, STDERR_FILENO);
    posix_spawnattr_init(&attributes_);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    sigaddset(&signals, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&files_);
  }

  int run(pid_t& child, const std::string& program, const std::string& file) {
    std::array<std::string, 4> words{program, "plugin", "probe", file};
    std::array<char*, 5> arguments{words[0].data(), words[1].data(), words[2].data(), words[3].data(), nullptr};
    return posix_spawn(&child, program.c_str(), &files_, &attributes_, arguments.data(), environ);
  }

 private:
  posix_spawn_file_actions_t files_{};
  posix_spawnattr_t attributes_{};
};

// Appends what there is; false once the other end is closed.
bool drain(int descriptor, std::string& out) {
  std::array<char, 4096> chunk{};
  const auto got = ::read(descriptor, chunk.data(), chunk.size());
  if (got > 0 && out.size() < kMostOutput) out.append(chunk.data(), static_cast<std::size_t>(got));
  return got > 0 || (got < 0 && errno == EINTR);
}

// Reads both until they end; false at the deadline.
bool collect(Pipe& output, Pipe& errors, std::string& out, std::string& err, Clock::time_point deadline) {
  while (output.read >= 0 || errors.read >= 0) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    std::array<pollfd, 2> waits{pollfd{output.read, POLLIN, 0}, pollfd{errors.read, POLLIN, 0}};
    if (poll(waits.data(), waits.size(), static_cast<int>(left)) < 0 && errno != EINTR) return false;
    if (waits[0].revents != 0 && !drain(output.read, out)) Pipe::close_end(output.read);
    if (waits[1].revents != 0 && !drain(errors.read, err)) Pipe::close_end(errors.read);
  }
  return true;
}

std::string last_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  const auto start = text.rfind('\n');
  return start == std::string::npos ? text : text.substr(start + 1);
}

std::string how_it_ended(int status, const std::string& said) {
  const auto quoted = said.empty() ? std::string() : " (it said: " + last_line(said) + ')';
  if (WIFSIGNALED(status)) {
    return std::string("its static constructors ended the process that tried it with the signal ") +
           strsignal(WTERMSIG(status)) + quoted;
  }
  return "the process that tried it ended with status " + std::to_string(WEXITSTATUS(status)) + quoted;
}

}  // namespace

Result<PluginEntry> probe_in_child(const std::string& program, const std::string& file,
                                   std::chrono::milliseconds deadline) {
  Pipe output;
  Pipe errors;
  pid_t child = -1;
  if (const int failed = SpawnPlan(output, errors).run(child, program, file); failed != 0) {
    return Error(Status::unavailable,
                 "no process could be started to try it: " + std::generic_category().message(failed));
  }
  Pipe::close_end(output.write);
  Pipe::close_end(errors.write);
  std::string out;
  std::string err;
  const bool in_time = collect(output, errors, out, err, Clock::now() + deadline);
  // Whatever the plugin started goes too; the group still exists because the child was not waited for.
  kill(-child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!in_time) {
    return Error(Status::timeout,
                 "it did not finish loading within " +
                     std::to_string(std::chrono::duration_cast<std::chrono::seconds>(deadline).count()) +
                     " s: a static constructor does not return");
  }
  if (out.empty()) return Error(Status::invalid, how_it_ended(status, err));
  return decode_probe(out);
}

}  // namespace nexus::core
