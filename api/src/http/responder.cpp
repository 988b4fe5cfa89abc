#include "http/field_rules.h"

#include <nexus/api/http_engine.h>

#include <utility>

namespace nexus::api {

std::string_view RequestMessage::field(std::string_view name) const noexcept {
  for (const HeaderField& field : fields)
    if (http::equals_ignoring_case(field.name, name)) return field.value;
  return {};
}

namespace {

void drop(Responder::Target* target) noexcept {
  if (target == nullptr) return;
  try {
    target->dropped();
  } catch (...) {
    // It could not even take that; nobody is left to tell.
  }
}

}  // namespace

Responder& Responder::operator=(Responder&& other) noexcept {
  if (this == &other) return *this;
  drop(target_.get());
  target_ = std::move(other.target_);
  return *this;
}

Responder::~Responder() { drop(target_.get()); }

void Responder::send(AnswerMessage answer) {
  if (const auto target = std::exchange(target_, nullptr)) target->answer(std::move(answer));
}

bool Responder::abandoned() const noexcept { return target_ == nullptr || target_->abandoned(); }

}  // namespace nexus::api
