// The SSH engine: one connection for each server, kept open, shared by everything that works on the server.
//
// A connection belongs to one loop thread and never moves. Work for it is queued by priority and takes a channel when
// there is one: never more than the server's MaxSessions, which the engine learns from the first refusal. Names,
// credentials and pinned host keys are asked for on threads of their own, because that may block.
#pragma once

#include "ssh/channel.h"
#include "ssh/command_result.h"
#include "ssh/file_systems.h"
#include "ssh/target.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace nexus::servers::ssh {

// Who gets a channel first.
enum class Priority : std::uint8_t { terminal, task, metrics };

struct EngineLimits {
  unsigned threads = 2;             // loops; each serves hundreds of connections
  std::size_t connections = 2'000;  // of all servers; the one that was idle longest makes room, else the work is `busy`
  std::size_t logins = 32;          // under way at once, so that a fleet that comes back does not come all at once
  std::size_t queued_per_server = 64;
  std::size_t queued = 10'000;
  std::chrono::seconds keepalive{15};   // between signs of life of an idle connection
  std::chrono::seconds silence{45};     // without any byte after which a connection counts as lost
  std::chrono::seconds first_pause{1};  // after a lost connection or a failed attempt, doubling with jitter
  std::chrono::seconds last_pause{300};
};

struct WorkOptions {
  Priority priority = Priority::task;
  Clock::time_point deadline = Clock::time_point::max();  // waiting for the connection and a channel included
};

// Ends work early; harmless where it is done. Copyable, thread-safe. Its callback still runs, with Fault::cancelled.
class Ticket {
 public:
  Ticket() = default;
  explicit Ticket(std::function<void()> cancel) : cancel_(std::move(cancel)) {}
  void cancel() const {
    if (cancel_) cancel_();
  }

 private:
  std::function<void()> cancel_;
};

// What a person's test of a connection shows.
struct Tested {
  milliseconds login_time{0};
  HostKeyReport host_key;
};

// Hears of connections. On loop threads: must not block or throw.
class EngineObserver {
 public:
  virtual ~EngineObserver() = default;
  virtual void connected(std::int64_t server_id) = 0;
  // The server showed a sign of life; about every keepalive.
  virtual void alive(std::int64_t server_id) = 0;
  // An attempt failed or the connection is lost; not when it was given up on purpose.
  virtual void disconnected(std::int64_t server_id, const Failure& failure) = 0;
};

struct EngineFigures {
  std::size_t connections = 0;
  std::size_t channels = 0;
  std::size_t queued = 0;
  std::uint64_t logins = 0;  // since the start
};

// Thread-safe. Each `done` runs exactly once, on a loop thread (or on the caller's where the engine has stopped), and
// must not block. Failures are described in outcome.h.
//
// A target with another revision than the kept connection's replaces it: work under way ends with Fault::dropped. A
// lost connection comes back by itself, after a pause that doubles and has jitter. After refused credentials or a host
// key that is not trusted it does not: work is answered with that failure until the revision changes, `retry` or a
// person's test. A failure of a jump host is the failure of whatever goes through it, with Failure::jump_host.
class Engine {
 public:
  Engine(const EngineLimits& limits, EngineObserver& observer);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine();
  // Ends all work (Fault::cancelled) and every connection, and joins the threads. More than once is harmless.
  void stop();

  // A command that is wrapped as in command.h. Where its time is up or it is cancelled, the remote process group gets
  // TERM, then KILL after 5 s. At most `output_limit` bytes of each stream are kept.
  Ticket run_command(const Target& target, std::string command, std::size_t output_limit, const WorkOptions& options,
                     std::function<void(Outcome<CommandResult>)> done);
  // Whole files, at most `limit` bytes of each; nullopt for one that is absent or unreadable. Handles of files below
  // /proc and /sys stay open and are read again. Over one kept SFTP channel with pipelined requests, or by a command
  // where the server has no SFTP.
  using Files = std::vector<std::optional<std::string>>;
  Ticket read_files(const Target& target, std::vector<std::string> paths, std::size_t limit, const WorkOptions& options,
                    std::function<void(Outcome<Files>)> done);
  Ticket stat_file_systems(const Target& target, std::vector<std::string> paths, const WorkOptions& options,
                           std::function<void(Outcome<std::vector<std::optional<Space>>>)> done);

  // A login shell on a terminal.
  std::shared_ptr<Channel> open_shell(const Target& target, const ShellOptions& shell, const WorkOptions& options,
                                      std::shared_ptr<ChannelEvents> events);
  // A remote file's bytes as the channel's output; opened() tells size and mode.
  std::shared_ptr<Channel> get_file(const Target& target, std::string path, const WorkOptions& options,
                                    std::shared_ptr<ChannelEvents> events);
  // What is written becomes the file when send_eof() was called: first beside it, then renamed. `mode` 0: 0644, or what
  // it had.
  std::shared_ptr<Channel> put_file(const Target& target, std::string path, std::uint32_t mode,
                                    const WorkOptions& options, std::shared_ptr<ChannelEvents> events);

  // A new connection in any case, on a person's word: an unknown host key may be trusted now (the gate decides), and
  // pauses and stops of earlier failures do not count, except that credentials refused five times wait (Backoff). It
  // takes the place of the kept one where it succeeds, which then ends when its work is done.
  Ticket test(const Target& target, const WorkOptions& options, const std::function<void(Outcome<Tested>)>& done);

  // The server is gone, or its host key was judged anew: its connection ends, and what was remembered of failures.
  void forget(std::int64_t server_id);
  // The last failure no longer stands in the way of a new attempt (a host key was accepted, for example).
  void retry(std::int64_t server_id);
  bool is_connected(std::int64_t server_id) const;
  EngineFigures figures() const;

 private:
  class Implementation;
  std::shared_ptr<Implementation> implementation_;  // tickets may outlive the engine
};

}  // namespace nexus::servers::ssh
