#include "core/runtime/http_request.h"
#include "core/runtime/tables.h"

#include <nexus/cpp/str.h>

namespace nexus::core {
namespace {

nx_str decoded(const std::optional<std::string_view>& text) noexcept {
  // A value that is present and empty must not look absent.
  if (!text) return {nullptr, 0};
  return text->data() == nullptr ? nx_str{"", 0} : to_abi(*text);
}

nx_status add_route(nx_reg* reg, const nx_route* route) {
  if (reg == nullptr || route == nullptr) return NX_E_INVALID;
  return answer([&] { return reg->plugin->add_route(*reg, copy_struct(route)); });
}

nx_status add_schemas(nx_reg* reg, nx_str schemas_json) {
  if (reg == nullptr) return NX_E_INVALID;
  return answer([&] { return reg->plugin->add_schemas(*reg, view(schemas_json)); });
}

nx_str method(const nx_http* http) { return to_abi((*http->exchange)->method()); }
nx_str path(const nx_http* http) { return to_abi((*http->exchange)->path()); }
nx_str path_param(const nx_http* http, nx_str name) { return decoded((*http->exchange)->path_param(view(name))); }
nx_str query(const nx_http* http, nx_str name) { return decoded((*http->exchange)->query(view(name))); }
nx_str header(const nx_http* http, nx_str name) { return decoded((*http->exchange)->header(view(name))); }
nx_str body(const nx_http* http) {
  const auto bytes = (*http->exchange)->body();
  return bytes.empty() ? nx_str{nullptr, 0} : to_abi(bytes);
}

nx_status reply(nx_http* http, const nx_response* response) {
  if (http == nullptr || response == nullptr) return NX_E_INVALID;
  if (http->answered || http->deferred != 0) return NX_E_PHASE;
  if (response->flags != 0) return NX_E_UNSUPPORTED;
  return answer([&] {
    auto out = to_response(copy_struct(response), http->call->storage_fault());
    http->answered = true;
    // Where the edge was faster (a deadline), the handler has done its part all the same.
    (*http->exchange)->respond(std::move(out));
    return NX_OK;
  });
}

nx_status defer(nx_http* http, nx_handle* out) {
  if (http == nullptr || out == nullptr) return NX_E_INVALID;
  if (!http->may_defer || http->answered || http->deferred != 0) return NX_E_PHASE;
  return answer([&]() -> nx_status {
    auto& owner = *http->target->owner;
    if (owner.deferred.fetch_add(1) >= kMostDeferred) {
      owner.deferred.fetch_sub(1);
      return NX_E_BUSY;
    }
    auto deferred = std::make_shared<Deferred>(Deferred{*http->exchange, http->call->origin()});
    http->deferred = http->target->deferred->insert(owner, std::move(deferred));
    if (http->deferred == 0) {
      owner.deferred.fetch_sub(1);
      return NX_E_BUSY;
    }
    *out = http->deferred;
    return NX_OK;
  });
}

nx_status complete(const nx_host* host, nx_handle request, const nx_response* response) {
  if (host == nullptr || response == nullptr) return NX_E_INVALID;
  if (response->flags != 0) return NX_E_UNSUPPORTED;
  auto& plugin = plugin_of(host);
  return answer([&] { return complete_deferred(plugin.deferred(), plugin.owner(), request, response); });
}

}  // namespace

const nx_http_api kHttpTable = {sizeof(nx_http_api),
                                0,
                                add_route,
                                add_schemas,
                                method,
                                path,
                                path_param,
                                query,
                                header,
                                body,
                                reply,
                                defer,
                                complete};

}  // namespace nexus::core
