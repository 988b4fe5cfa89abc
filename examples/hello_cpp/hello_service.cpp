#include "hello_service.h"

namespace hello {

std::string HelloService::greeting() const {
  const std::lock_guard lock(mutex_);
  return greeting_;
}

void HelloService::set_greeting(std::string greeting) {
  const std::lock_guard lock(mutex_);
  greeting_ = std::move(greeting);
}

nexus::Result<Note> HelloService::note(nexus::Call& call, std::int64_t id) const {
  NEXUS_ASSIGN(auto note, find_note(nexus::Sql(call), id));
  if (!note) return nexus::Error::api(nexus::code::kNotFound, "hello.no_such_note");
  return std::move(*note);
}

nexus::Result<Note> HelloService::add_note(nexus::Call& call, std::string text) const {
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) {
    return nexus::Error::field("text", "not_blank", "hello.text_blank");
  }
  Note note;
  note.text = std::move(text);
  note.author = nexus::view(call.principal().user_name);
  note.created_us = call.host().now_us();
  NEXUS_ASSIGN(note.id, insert_note(nexus::Sql(call), note));
  const auto id = std::to_string(note.id);
  NEXUS_TRY(call.host().publish(&call, kNotedTopic, id, R"({"id":)" + id + "}"));
  return note;
}

}  // namespace hello
