#include "ssh/engine.h"

#include "ssh/command_work.h"
#include "ssh/engine_core.h"
#include "ssh/file_work.h"
#include "ssh/reader_work.h"
#include "ssh/shell_work.h"

#include <utility>

namespace nexus::servers::ssh {

Engine::Engine(const EngineLimits& limits, EngineObserver& observer)
    : implementation_(std::make_shared<Implementation>(limits, observer)) {}

Engine::~Engine() { stop(); }

void Engine::stop() { implementation_->stop(); }

Ticket Engine::run_command(const Target& target, std::string command, std::size_t output_limit,
                           const WorkOptions& options, std::function<void(Outcome<CommandResult>)> done) {
  return implementation_->submit(target, make_command_work(std::move(command), output_limit, std::move(done)), options,
                                 Need::channel);
}

Ticket Engine::read_files(const Target& target, std::vector<std::string> paths, std::size_t limit,
                          const WorkOptions& options, std::function<void(Outcome<Files>)> done) {
  return implementation_->submit(target, make_read_files_work(std::move(paths), limit, std::move(done)), options,
                                 Need::reader);
}

Ticket Engine::stat_file_systems(const Target& target, std::vector<std::string> paths, const WorkOptions& options,
                                 std::function<void(Outcome<std::vector<std::optional<Space>>>)> done) {
  return implementation_->submit(target, make_stat_work(std::move(paths), std::move(done)), options, Need::reader);
}

std::shared_ptr<Channel> Engine::open_shell(const Target& target, const ShellOptions& shell, const WorkOptions& options,
                                            std::shared_ptr<ChannelEvents> events) {
  auto work = make_shell_work(implementation_->loop_of(target.server_id), shell, std::move(events));
  return implementation_->open_channel(target, std::move(work), options);
}

std::shared_ptr<Channel> Engine::get_file(const Target& target, std::string path, const WorkOptions& options,
                                          std::shared_ptr<ChannelEvents> events) {
  auto work = make_get_work(implementation_->loop_of(target.server_id), std::move(path), std::move(events));
  return implementation_->open_channel(target, std::move(work), options);
}

std::shared_ptr<Channel> Engine::put_file(const Target& target, std::string path, std::uint32_t mode,
                                          const WorkOptions& options, std::shared_ptr<ChannelEvents> events) {
  auto work = make_put_work(implementation_->loop_of(target.server_id), std::move(path), mode, std::move(events));
  return implementation_->open_channel(target, std::move(work), options);
}

Ticket Engine::test(const Target& target, const WorkOptions& options,
                    const std::function<void(Outcome<Tested>)>& done) {
  return implementation_->test(target, options, done);
}

void Engine::forget(std::int64_t server_id) { implementation_->forget(server_id); }

void Engine::retry(std::int64_t server_id) { implementation_->retry(server_id); }

bool Engine::is_connected(std::int64_t server_id) const { return implementation_->is_connected(server_id); }

EngineFigures Engine::figures() const { return implementation_->figures(); }

}  // namespace nexus::servers::ssh
