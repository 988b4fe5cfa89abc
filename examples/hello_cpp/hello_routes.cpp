#include "hello_routes.h"

#include <nexus/cpp/json.h>

namespace hello {
namespace {

using nexus::Json;
using nexus::Request;
using nexus::Response;
using nexus::Result;

std::string encode(const Note& note) {
  return nexus::dump(
      {{"id", note.id}, {"text", note.text}, {"author", note.author}, {"created_at", nexus::iso8601(note.created_us)}});
}

Result<Response> greet(const HelloService& service, Request& request) {
  const auto user = nexus::view(request.call().principal().user_name);
  return Response::ok(nexus::dump({{"message", service.greeting()}, {"user", user}}));
}

Result<Response> show_note(const HelloService& service, Request& request) {
  NEXUS_ASSIGN(const auto id, request.id());
  NEXUS_ASSIGN(const auto note, service.note(request.call(), id));
  return Response::ok(encode(note));
}

Result<Response> add_note(const HelloService& service, Request& request) {
  NEXUS_ASSIGN(const auto body, nexus::parse_json(request.body()));
  NEXUS_ASSIGN(const auto note, service.add_note(request.call(), body.value("text", "")));
  return Response::created(encode(note), "hello.note_added")
      .with_header("Location", "/api/v1/hello/notes/" + std::to_string(note.id));
}

}  // namespace

void add_routes(nexus::Registrar& registrar, HelloService& service) {
  const auto bind = [&service](auto handler) {
    return [&service, handler](Request& request) { return handler(service, request); };
  };
  registrar.route("GET", "/api/v1/hello", {}, bind(greet));
  registrar.route("GET", "/api/v1/hello/notes/:id", {}, bind(show_note));
  registrar.route("POST", "/api/v1/hello/notes", {.permission = "hello.write"}, bind(add_note));
}

}  // namespace hello
