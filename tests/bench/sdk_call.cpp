// What the SDK costs a request: from the edge's call of a route's handler, through the C ABI and the C++ face, to the
// answer, against a direct call that answers the same. The target is less than 1 us above the direct call.
#include "core/runtime/http_request.h"
#include "core/runtime/tables.h"

#include <nexus/cpp/plugin.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

namespace {

using namespace nexus;
using Clock = std::chrono::steady_clock;

constexpr int kCalls = 200'000;
constexpr int kRounds = 11;

class Exchange final : public api::Exchange {
 public:
  Exchange() {
    auto principal = std::make_shared<api::Principal>();
    principal->user_id = 7;
    principal->role = "user";
    who_ = std::move(principal);
  }
  std::string_view method() const noexcept override { return "GET"; }
  std::string_view path() const noexcept override { return "/api/v1/hello/7"; }
  std::optional<std::string_view> path_param(std::string_view) const noexcept override { return "7"; }
  std::optional<std::string_view> query(std::string_view) const noexcept override { return std::nullopt; }
  std::optional<std::string_view> header(std::string_view) const noexcept override { return std::nullopt; }
  std::string_view body() const noexcept override { return {}; }
  std::string_view request_id() const noexcept override { return "01J0000000000000000000000"; }
  std::string_view trace_parent() const noexcept override { return {}; }
  std::string_view locale() const noexcept override { return "en"; }
  std::string_view remote_address() const noexcept override { return "127.0.0.1"; }
  const std::shared_ptr<const api::Principal>& principal() const noexcept override { return who_; }
  api::Clock::time_point deadline() const noexcept override { return api::Clock::time_point::max(); }
  bool abandoned() const noexcept override { return false; }
  std::shared_ptr<api::WebSocketSession> websocket() override { return nullptr; }
  bool accept(std::shared_ptr<api::WebSocketHandler>) override { return false; }
  bool respond(api::Response response) override {
    bytes += response.data_json.size();
    return true;
  }
  std::size_t bytes = 0;

 private:
  std::shared_ptr<const api::Principal> who_;
};

// The host that a C++ plugin would fetch; only its routes are used.
Host make_host() {
  static nx_host raw{};
  raw.struct_size = sizeof raw;
  raw.get_interface = [](const nx_host*, nx_str id, std::uint32_t, const void** out) -> nx_status {
    static const nx_log_api kLog{};
    if (view(id) == NX_LOG_ID) return *out = &kLog, NX_OK;
    return core::find_interface(&raw, id, 0, out);
  };
  return Host::from(&raw).value();
}

std::string greeting(std::int64_t user) { return R"({"greeting":"hello","user":)" + std::to_string(user) + "}"; }

template <class Work>
double nanoseconds(Work&& work) {
  const auto start = Clock::now();
  for (int i = 0; i < kCalls; ++i) work();
  return std::chrono::duration<double, std::nano>(Clock::now() - start).count() / kCalls;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

int main() {
  const auto host = make_host();
  detail::Callback callback{};
  callback.host = &host;
  callback.route = [](nexus::Request& request) -> Result<Response> {
    NEXUS_ASSIGN(const auto id, request.id());
    return Response::ok(greeting(id + request.call().user_id()));
  };
  auto target = std::make_shared<core::RouteTarget>();
  target->owner = std::make_shared<core::Owner>("bench", core::OwnerParts{});
  target->owner->set_concurrent(true);
  target->fn = &detail::run_route;
  target->user_data = &callback;
  const std::shared_ptr<const core::RouteTarget> route = target;
  const auto own = std::make_shared<Exchange>();
  const std::shared_ptr<api::Exchange> exchange = own;

  std::vector<double> through_sdk, direct;
  for (int round = 0; round < kRounds; ++round) {
    through_sdk.push_back(nanoseconds([&] { core::run_route(route, exchange); }));
    direct.push_back(nanoseconds([&] {
      api::Response response;
      response.http_status = 200;
      response.data_json =
          greeting(std::stoll(std::string(*exchange->path_param("id"))) + exchange->principal()->user_id);
      exchange->respond(std::move(response));
    }));
  }
  const auto ours = median(through_sdk);
  const auto peer = median(direct);
  std::printf(R"({"row":"sdk_route","ours":%.1f,"peer":%.1f,"ratio":%.2f,"unit":"ns","above_ns":%.1f})"
              "\n",
              ours, peer, ours / peer, ours - peer);
  return own->bytes == 0 ? 1 : 0;
}
