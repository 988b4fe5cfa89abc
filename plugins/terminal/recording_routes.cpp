#include "permissions.h"
#include "routes.h"

#include <nexus/cpp/page.h>

#include <atomic>

namespace nexus::terminal {
namespace {

constexpr const char* kCastType = "application/x-asciicast";

Json recording_json(const SessionRow& row) {
  return {{"id", row.id},
          {"server_id", row.server_id},
          {"user_id", row.user_id},
          {"username", row.user_name},
          {"remote_address", row.remote_address},
          {"cols", row.cols},
          {"rows", row.rows},
          {"exit_code", json_or_null(row.exit_code)},
          {"end_reason", row.ended_us ? Json(row.end_reason) : Json(nullptr)},
          {"output_bytes", row.output_bytes},
          {"size_bytes", row.recording_bytes},
          {"truncated", row.is_cut},
          {"started_at", json_time(row.started_us)},
          {"ended_at", json_time(row.ended_us)}};
}

// One that the caller may see; those of others do not exist for him.
Result<SessionRow> visible_recording(const Request& request) {
  auto& call = request.call();
  NEXUS_ASSIGN(const auto id, request.id());
  NEXUS_ASSIGN(auto row, SessionStore(call).find_recording(id));
  if (!row || !may_see(call, row->user_id)) return Error(Status::not_found);
  return std::move(*row);
}

std::optional<std::int64_t> wanted_id(const Request& request, std::string_view name) {
  const auto id = request.query_number(name, 0);
  return id == 0 ? std::nullopt : std::optional(id);
}

Result<Response> list_recordings(Request& request) {
  auto& call = request.call();
  const auto page = Page::from(request);
  RecordingFilter filter{wanted_id(request, "user_id"), wanted_id(request, "server_id"), {}};
  if (!call.allowed(kManagePermission)) {
    if (filter.user_id.value_or(call.user_id()) != call.user_id()) return Error(Status::denied);
    filter.user_id = call.user_id();
  }
  if (const auto text = request.query("q"); text && !text->empty()) filter.text = std::string(*text);
  const SessionStore store(call);
  NEXUS_ASSIGN(const auto rows, store.list_recordings(filter, page.size, page.offset()));
  NEXUS_ASSIGN(const auto total, store.count_recordings(filter));
  Json list = Json::array();
  for (const auto& row : rows) list.push_back(recording_json(row));
  return Response::ok(dump({{"recordings", std::move(list)}, {"pagination", page.pagination(total)}}));
}

Result<Response> get_recording(Request& request) {
  NEXUS_ASSIGN(const auto row, visible_recording(request));
  return Response::ok(dump({{"recording", recording_json(row)}}));
}

// Recordings are unpacked in memory, so only a few at a time.
class Unpacking {
 public:
  Unpacking() : number_(count_.fetch_add(1)) {}
  ~Unpacking() { count_.fetch_sub(1); }
  Unpacking(const Unpacking&) = delete;
  Unpacking& operator=(const Unpacking&) = delete;

  bool has_room() const noexcept { return number_ < kMost; }

 private:
  static constexpr int kMost = 4;
  static inline std::atomic<int> count_{0};
  const int number_;
};

// Whoever reads what somebody else saw leaves a trace.
void note_reading(Call& call, const SessionRow& row) {
  if (call.user_id() == row.user_id) return;
  static_cast<void>(record_audit(call.host(), &call, "terminal.recording_read",
                                 "terminal/recordings/" + std::to_string(row.id),
                                 dump({{"user_id", row.user_id}, {"server_id", row.server_id}})));
}

Result<Response> get_content(Request& request, const SessionRegistry& sessions) {
  NEXUS_ASSIGN(const auto row, visible_recording(request));
  NEXUS_ASSIGN(auto content, read_file(sessions.recording_path(row.id)));
  note_reading(request.call(), row);
  const auto accepted = request.header("Accept-Encoding").value_or("");
  if (accepted.find("zstd") != std::string_view::npos) {
    return Response::raw(kCastType, std::move(content)).with_header("Content-Encoding", "zstd");
  }
  const Unpacking unpacking;
  if (!unpacking.has_room()) return Error(Status::busy, "other recordings are being unpacked");
  // A part more than the recording's limit, because the limit is looked at after a part.
  NEXUS_ASSIGN(auto lines, decompress(content, 2 * static_cast<std::size_t>(Recording::kLongest)));
  return Response::raw(kCastType, std::move(lines));
}

Result<Response> remove_recording(Request& request, const SessionRegistry& sessions) {
  NEXUS_ASSIGN(const auto row, visible_recording(request));
  if (!row.ended_us) return Error::api(code::kWrongState, "terminal.still_recorded");
  if (!sessions.remove_recording(row.id)) return Error(Status::internal, "the recording's file stays");
  NEXUS_TRY(SessionStore(request.call()).remove(row.id));
  const Json details = {{"server_id", row.server_id}, {"user_id", row.user_id}};
  return Response::done().with_audit({"terminal/recordings/" + std::to_string(row.id), dump(details)});
}

}  // namespace

void add_recording_routes(Registrar& registrar, SessionRegistry& sessions) {
  registrar.route("GET", "/api/v1/terminal/recordings", {.permission = kOpenPermission}, list_recordings);
  registrar.route("GET", "/api/v1/terminal/recordings/:id", {.permission = kOpenPermission}, get_recording);
  registrar.route("GET", "/api/v1/terminal/recordings/:id/content", {.permission = kOpenPermission},
                  [&sessions](Request& request) { return get_content(request, sessions); });
  registrar.route("DELETE", "/api/v1/terminal/recordings/:id", {.permission = kManagePermission, .needs_step_up = true},
                  [&sessions](Request& request) { return remove_recording(request, sessions); });
}

}  // namespace nexus::terminal
