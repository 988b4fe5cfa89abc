#include "core/runtime/http_request.h"

#include "core/runtime/values.h"

#include <nexus/cpp/str.h>

#include <span>

namespace nexus::core {
namespace {

void respond_error(api::Exchange& exchange, const Error& error) { exchange.respond(api::Response::from(error)); }

// Where the handler failed without an answer.
Error failure(nx_status status, const nx_call& call) {
  const Status reason = status < NX_E_INTERNAL || status > 0 ? Status::internal : Status{status};
  const bool known = reason == Status::not_found || reason == Status::conflict || reason == Status::busy ||
                     reason == Status::unavailable || reason == Status::timeout || reason == Status::denied ||
                     reason == Status::invalid;
  if (reason == Status::unavailable && call.storage_fault() != 0) return Error::api(call.storage_fault());
  return Error(known ? reason : Status::internal);
}

void log_failure(const Owner& owner, const nx_call& call, nx_status status) {
  const auto reason = call.error().empty() ? to_string(Status{status}) : std::string_view(call.error());
  owner.log(NX_LOG_ERROR, "a route failed without an answer", reason, call.request_id());
}

// The children of a deferred request's call may still meet a full disk, so they share its origin.
void run_handler(const RouteTarget& target, const std::shared_ptr<api::Exchange>& exchange) {
  nx_call call(*target.owner, target.is_inline ? Phase::inline_route : Phase::work, exchange);
  nx_http http{&target, &exchange, &call};
  const auto status =
      target.owner->call_down("route", call.request_id(), [&] { return target.fn(target.user_data, &call, &http); });
  if (http.answered) return;
  if (status == NX_OK && http.deferred != 0) return;
  log_failure(*target.owner, call, status == NX_OK ? NX_E_INTERNAL : status);
  if (http.deferred != 0 && target.deferred->take(http.deferred) == nullptr) return;
  if (http.deferred != 0) target.owner->deferred.fetch_sub(1);
  respond_error(*exchange, failure(status == NX_OK ? NX_E_INTERNAL : status, call));
}

}  // namespace

void run_route(const std::shared_ptr<const RouteTarget>& target, const std::shared_ptr<api::Exchange>& exchange) {
  run_in_turn(*target->owner, target, exchange,
              [](const auto& route, const auto& request) { run_handler(*route, request); });
}

void fail_route(const Owner& owner, api::Exchange& exchange, const nx_call& call, nx_status status) {
  log_failure(owner, call, status);
  respond_error(exchange, failure(status, call));
}

api::Response to_response(const nx_response& in, std::int32_t fault) {
  api::Response out;
  out.http_status = in.http_status;
  out.app_code = in.app_code;
  const bool bare = in.http_status == 0 && view(in.details_key).empty();
  if (in.app_code == code::kUnavailable && bare && fault != 0) out.app_code = fault;
  out.message_key = view(in.message_key);
  out.details_key = view(in.details_key);
  for (const auto& arg : std::span(in.args, in.args == nullptr ? 0 : in.arg_count)) {
    out.args.push_back({std::string(view(arg.key)), text_of(arg.value)});
  }
  for (const auto& header : std::span(in.headers, in.headers == nullptr ? 0 : in.header_count)) {
    out.headers.emplace_back(view(header.key), text_of(header.value));
  }
  out.data_json = view(in.data_json);
  out.extra_json = view(in.extra_json);
  out.content_type = view(in.content_type);
  out.body = view(in.body);
  out.field = view(in.field);
  out.rule = view(in.rule);
  out.audit_target = view(in.audit_target);
  out.audit_details = view(in.audit_details);
  out.audit_user = view(in.audit_user);
  return out;
}

nx_status complete_deferred(DeferredTable& table, Owner& owner, nx_handle request, const nx_response* response) {
  const auto deferred = table.take(request);
  if (deferred == nullptr) return NX_E_STALE;
  owner.deferred.fetch_sub(1);
  const bool taken =
      deferred->exchange->respond(to_response(copy_struct(response), deferred->origin->storage_fault.load()));
  return taken ? NX_OK : NX_E_STALE;
}

void abandon_deferred(DeferredTable& table, Owner& owner) {
  for (const auto& [handle, deferred] : table.take_owner(owner)) {
    owner.deferred.fetch_sub(1);
    respond_error(*deferred->exchange, Error(Status::unavailable));
  }
}

}  // namespace nexus::core
