#include "session_registry.h"

#include "asciicast.h"
#include "permissions.h"

#include <nexus/cpp/contracts/ssh.h>

namespace nexus::terminal {
namespace {

// How late a session may end that is idle, or whose client does not come back.
constexpr std::int64_t kRoundUs = 1'000'000;
constexpr std::chrono::seconds kDatabaseTime{10};

Json event_of(const About& about) {
  return {{"session_id", about.id}, {"server_id", about.server_id}, {"user_id", about.user_id}};
}

std::string target_of(const About& about) { return "servers/" + std::to_string(about.server_id); }

SessionRow row_of(const SessionEnd& end, std::int64_t now_us) {
  SessionRow row;
  row.id = end.about.id;
  row.ended_us = now_us;
  row.end_reason = end.exit.reason;
  row.exit_code = end.exit.code;
  row.cols = end.size.cols;
  row.rows = end.size.rows;
  row.output_bytes = end.output_bytes;
  if (end.recording) {
    row.recording_bytes = end.recording->file_size;
    row.is_cut = end.recording->is_cut;
  }
  return row;
}

}  // namespace

SessionRegistry::SessionRegistry(const Host& host, Binding ssh)
    : host_(host), ssh_(ssh), rounds_(host, "ending idle sessions", [this](Call& call) { return check_times(call); }) {}

void SessionRegistry::start() {
  recorder_ = std::make_unique<Recorder>(std::string(host_.data_dir()) + "/recordings");
  rounds_.start(kRoundUs);
}

void SessionRegistry::set(const Settings& settings) {
  const std::lock_guard lock(mutex_);
  settings_ = settings;
}

Settings SessionRegistry::settings() const {
  const std::lock_guard lock(mutex_);
  return settings_;
}

void SessionRegistry::stop() {
  rounds_.stop();
  const std::lock_guard lock(mutex_);
  stopping_ = true;
}

// -- beginning

Result<std::int64_t> SessionRegistry::reserve(Call& call, const About& about, const Size& size, bool is_recorded) {
  SessionRow row;
  row.server_id = about.server_id;
  row.user_id = about.user_id;
  row.user_name = about.user_name;
  row.remote_address = about.remote_address;
  row.started_us = about.started_us;
  row.cols = size.cols;
  row.rows = size.rows;
  row.is_recorded = is_recorded;
  return SessionStore(call).insert(row);
}

Result<std::shared_ptr<Session>> SessionRegistry::open(Call& call, std::int64_t server_id, const Size& size,
                                                       std::string_view term) {
  About about{0,
              server_id,
              call.user_id(),
              std::string(view(call.principal().user_name)),
              std::string(call.remote_address()),
              host_.now_us()};
  const bool is_recorded = settings().is_recording;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return Error(Status::unavailable, "the plugin is stopping");
    const auto held = counts_.find(about.user_id);
    const bool has_many = held != counts_.end() && held->second >= kMostOfUser;
    if (has_many || count_ >= kMost) return Error::api(code::kRateLimited, "terminal.too_many");
    ++counts_[about.user_id];
    ++count_;
  }
  const auto reserved = reserve(call, about, size, is_recorded);
  if (!reserved.ok()) {
    release(about.user_id);
    return reserved.error();
  }
  about.id = *reserved;
  auto session = std::make_shared<Session>(host_, about, size, [this](const SessionEnd& end) { ended(end); });
  if (const auto begun = begin(call, session, size, term, is_recorded); !begun.ok()) {
    forget(about);
    remove_recording(about.id);
    static_cast<void>(SessionStore(call).remove(about.id));
    return begun.error();
  }
  static_cast<void>(record_audit(host_, &call, "terminal.open", target_of(about), dump({{"session_id", about.id}})));
  static_cast<void>(host_.publish(&call, kOpenedTopic, std::to_string(about.server_id), dump(event_of(about))));
  return session;
}

Result<void> SessionRegistry::begin(Call& call, const std::shared_ptr<Session>& session, const Size& size,
                                    std::string_view term, bool is_recorded) {
  const auto& about = session->about();
  if (is_recorded) {
    const auto title = about.user_name + ", server " + std::to_string(about.server_id);
    auto on_room = [weak = std::weak_ptr(session)] {
      if (const auto full = weak.lock()) full->drained_recording();
    };
    NEXUS_ASSIGN(auto recording, recorder_->begin(about.id, cast_header(size, about.started_us, title, term),
                                                  about.started_us, std::move(on_room)));
    session->record(std::move(recording));
  }
  {
    const std::lock_guard lock(mutex_);
    sessions_[about.id] = session;
  }
  contracts::ShellRequest request;
  request.server_id = about.server_id;
  request.term = term;
  request.cols = size.cols;
  request.rows = size.rows;
  NEXUS_ASSIGN(const auto stream,
               ssh_.open_stream(call, "shell", contracts::to_cbor(contracts::to_json(request)), session));
  session->begin(stream);
  return {};
}

Result<std::shared_ptr<Session>> SessionRegistry::find(const Call& call, std::int64_t id) const {
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return Error(Status::not_found);
  if (!may_see(call, found->second->about().user_id)) return Error(Status::not_found);
  return found->second;
}

std::vector<SessionState> SessionRegistry::list(const Call& call) const {
  std::vector<std::shared_ptr<Session>> sessions;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, session] : sessions_) sessions.push_back(session);
  }
  std::vector<SessionState> states;
  for (const auto& session : sessions) {
    if (may_see(call, session->about().user_id)) states.push_back(session->state());
  }
  return states;
}

// -- the end

void SessionRegistry::release(std::int64_t user_id) {
  const std::lock_guard lock(mutex_);
  --count_;
  if (--counts_[user_id] == 0) counts_.erase(user_id);
}

void SessionRegistry::forget(const About& about) {
  {
    const std::lock_guard lock(mutex_);
    sessions_.erase(about.id);
  }
  release(about.user_id);
}

void SessionRegistry::ended(const SessionEnd& end) {
  forget(end.about);
  auto call = OwnedCall::background(host_, "a session has ended", kDatabaseTime);
  if (!call.ok()) return Log(host_).error("the end of a session is not kept", {{"session", end.about.id}});
  const auto row = row_of(end, host_.now_us());
  const auto kept = SessionStore(**call).set_ended(row, end.recording ? end.recording->text : std::string());
  if (!kept.ok()) {
    Log(host_).error("the end of a session is not kept", {{"session", end.about.id}, {"reason", kept.error().what()}});
  }
  const Json details = {{"session_id", end.about.id},
                        {"user_id", end.about.user_id},
                        {"reason", end.exit.reason},
                        {"seconds", (*row.ended_us - end.about.started_us) / kMicrosecondsPerSecond},
                        {"output_bytes", end.output_bytes}};
  static_cast<void>(record_audit(host_, nullptr, "terminal.close", target_of(end.about), dump(details)));
  auto event = event_of(end.about);
  event["reason"] = end.exit.reason;
  static_cast<void>(host_.publish(nullptr, kClosedTopic, std::to_string(end.about.server_id), dump(event)));
}

std::int64_t SessionRegistry::check_times(Call&) {
  std::vector<std::shared_ptr<Session>> sessions;
  Settings settings;
  {
    const std::lock_guard lock(mutex_);
    settings = settings_;
    for (const auto& [id, session] : sessions_) sessions.push_back(session);
  }
  for (const auto& session : sessions) session->check_time(host_.now_us(), settings);
  return kRoundUs;
}

std::string SessionRegistry::recording_path(std::int64_t id) const { return recorder_->path_of(id); }

bool SessionRegistry::remove_recording(std::int64_t id) const { return recorder_->remove(id); }

}  // namespace nexus::terminal
