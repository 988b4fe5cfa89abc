// A plugin's functions as the C ABI calls them: the one place where exceptions of plugin code end.
#pragma once

#include <nexus/cpp/events.h>
#include <nexus/cpp/identity.h>
#include <nexus/cpp/services.h>
#include <nexus/cpp/ws.h>

#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace nexus {

using RouteHandler = std::function<Result<Response>(Request&)>;
// Answers through `reply`, now or later; the request's views die with the handler.
using DeferredHandler = std::function<void(Request&, Reply reply)>;
using EventHandler = std::function<void(Call&, const Event&)>;
using ServiceHandler = std::function<void(Call&, std::string_view method, std::string_view payload, Question)>;
// The events of the provider's side, or the refusal. May send at once.
using StreamHandler = std::function<Result<std::shared_ptr<StreamEvents>>(Call&, std::string_view method,
                                                                          std::string_view payload, const Stream&)>;
using ConfigHandler = std::function<Result<void>(Call&)>;
// Appends what the operator is told to `out`, as lines of text.
using CommandHandler = std::function<Result<void>(Call&, std::span<const std::string_view> args, std::string& out)>;

namespace detail {

// What a plugin's callbacks are wrapped in. Lives as long as the plugin.
struct Callback {
  const Host* host = nullptr;
  RouteHandler route;
  DeferredHandler deferred;
  EventHandler event;
  ServiceHandler service;
  StreamHandler stream;
  WsOpenHandler ws_open;
  IdentityHandler identity;
  ConfigHandler config;
  CommandHandler command;
};

inline nx_status failed(Call& call, const Error& error) noexcept {
  call.set_error(error.what());
  return static_cast<nx_status>(error.status());
}

// The one place where exceptions of plugin code end.
template <class Work>
nx_status guard(Call& call, Work&& work) noexcept {
  try {
    return work();
  } catch (const Error& error) {
    return failed(call, error);
  } catch (const std::exception& error) {
    call.set_error(error.what());
  } catch (...) {
    call.set_error("unknown exception");
  }
  return NX_E_EXCEPTION;
}

inline nx_status run_route(void* user_data, nx_call* raw_call, nx_http* raw_http) noexcept {
  const auto& callback = *static_cast<const Callback*>(user_data);
  Call call(*callback.host, raw_call);
  return guard(call, [&]() -> nx_status {
    Request request(call, raw_http);
    if (callback.deferred) {
      auto reply = request.defer();
      if (!reply.ok()) return failed(call, reply.error());
      try {
        callback.deferred(request, *reply);
      } catch (const Error& error) {
        call.set_error(error.what());
        reply->send(error);
      }
      return NX_OK;
    }
    const auto answer = [&]() -> Result<Response> {
      try {
        return callback.route(request);
      } catch (const Error& error) {
        return error;
      }
    }();
    if (!answer.ok()) call.set_error(answer.error().what());
    const auto sent = request.reply(answer.ok() ? answer.value() : Response::from(answer.error()));
    if (sent.ok()) return NX_OK;
    failed(call, sent.error());
    return NX_E_INTERNAL;  // an answer that the host refuses is this plugin's mistake, not the client's
  });
}

inline void run_event(void* user_data, nx_call* raw_call, const nx_event* event) noexcept {
  const auto& callback = *static_cast<const Callback*>(user_data);
  Call call(*callback.host, raw_call);
  guard(call, [&]() -> nx_status {
    callback.event(call, Event(*event));
    return NX_OK;
  });
}

inline nx_status run_service(void* self, nx_call* raw_call, nx_handle request, nx_str method, nx_str payload) noexcept {
  const auto& callback = *static_cast<const Callback*>(self);
  Call call(*callback.host, raw_call);
  bool asked = false;
  const auto status = guard(call, [&]() -> nx_status {
    const Question question(*callback.host, request);
    asked = true;
    try {
      callback.service(call, view(method), view(payload), question);
    } catch (const Error& error) {
      question.answer(error);
    }
    return NX_OK;
  });
  return asked ? NX_OK : status;  // once there is a question, its last copy answers, whatever happens
}

inline nx_status run_stream(void* self, nx_call* raw_call, nx_handle stream, nx_str method, nx_str payload,
                            nx_stream_events* events, void** user_data) noexcept {
  const auto& callback = *static_cast<const Callback*>(self);
  Call call(*callback.host, raw_call);
  return guard(call, [&]() -> nx_status {
    auto taken = callback.stream(call, view(method), view(payload), Stream(*callback.host, stream));
    if (!taken.ok()) return failed(call, taken.error());
    *events = StreamBox::table();
    *user_data = std::make_unique<StreamBox>(StreamBox{std::move(*taken)}).release();  // closed frees it
    return NX_OK;
  });
}

// A socket's session as it crosses the ABI; freed after closed.
struct WsSessionBox {
  const Host* host;
  std::shared_ptr<WsSession> session;

  static void message(void* session_data, nx_call* raw_call, nx_handle, std::uint32_t kind, nx_str data) noexcept {
    const auto& box = *static_cast<const WsSessionBox*>(session_data);
    Call call(*box.host, raw_call);
    guard(call, [&]() -> nx_status {
      box.session->message(call, {kind == NX_WS_BINARY, view(data)});
      return NX_OK;
    });
  }
  static void drained(void* session_data, nx_handle) noexcept {
    try {
      static_cast<const WsSessionBox*>(session_data)->session->drained();
    } catch (...) {
      // There is no call that could carry the reason.
    }
  }
  static void closed(void* session_data, nx_call* raw_call, nx_handle, std::uint32_t code, nx_str reason) noexcept {
    const std::unique_ptr<const WsSessionBox> box(static_cast<const WsSessionBox*>(session_data));
    Call call(*box->host, raw_call);
    guard(call, [&]() -> nx_status {
      box->session->closed(call, static_cast<std::uint16_t>(code), view(reason));
      return NX_OK;
    });
  }
};

inline nx_status run_ws_open(void* user_data, nx_call* raw_call, nx_http* raw_http, nx_ws_opening* opening) noexcept {
  const auto& callback = *static_cast<const Callback*>(user_data);
  Call call(*callback.host, raw_call);
  return guard(call, [&]() -> nx_status {
    Request request(call, raw_http);
    auto session = [&]() -> Result<std::shared_ptr<WsSession>> {
      try {
        return callback.ws_open(request, WebSocket(*callback.host, opening->session), view(opening->subprotocol));
      } catch (const Error& error) {
        return error;
      }
    }();
    if (session.ok()) {
      auto box = std::make_unique<WsSessionBox>(WsSessionBox{callback.host, std::move(*session)});
      opening->session_data = box.release();  // closed frees it
      return NX_OK;
    }
    call.set_error(session.error().what());
    const auto refused = request.reply(Response::from(session.error()));
    return refused.ok() ? NX_OK : failed(call, refused.error());
  });
}

inline nx_status run_identity(void* self, nx_call* raw_call, nx_handle request, std::uint32_t kind,
                              nx_str credential) noexcept {
  const auto& callback = *static_cast<const Callback*>(self);
  if (kind != NX_CREDENTIAL_BEARER && kind != NX_CREDENTIAL_TICKET) return NX_E_UNSUPPORTED;
  Call call(*callback.host, raw_call);
  return guard(call, [&]() -> nx_status {
    callback.identity(call, Credential{kind, view(credential)}, IdentityReply(*callback.host, request));
    return NX_OK;
  });
}

inline nx_status run_config(void* user_data, nx_call* raw_call) noexcept {
  const auto& callback = *static_cast<const Callback*>(user_data);
  Call call(*callback.host, raw_call);
  return guard(call, [&]() -> nx_status {
    const auto taken = callback.config(call);
    return taken.ok() ? NX_OK : failed(call, taken.error());
  });
}

inline nx_status run_command(void* user_data, nx_call* raw_call, const nx_str* args, std::uint32_t count,
                             nx_sink out) noexcept {
  const auto& callback = *static_cast<const Callback*>(user_data);
  Call call(*callback.host, raw_call);
  return guard(call, [&]() -> nx_status {
    std::vector<std::string_view> words;
    for (std::uint32_t i = 0; i < count; ++i) words.push_back(view(args[i]));
    std::string text;
    const auto done = callback.command(call, words, text);
    if (!text.empty()) out.write(out.ctx, to_abi(text));
    return done.ok() ? NX_OK : failed(call, done.error());
  });
}

}  // namespace detail

}  // namespace nexus
