#include "http/phases.h"

namespace nexus::api::http {

PhaseLists::PhaseLists() {
  for (Head& head : heads_) head.previous_ = head.next_ = &head;
}

void PhaseLists::enter(PhaseMember& member, Phase phase, Clock::time_point now) noexcept {
  leave(member);
  PhaseMember& end = head(phase);
  member.phase_ = phase;
  member.since_ = now;
  member.previous_ = end.previous_;
  member.next_ = &end;
  end.previous_->next_ = &member;
  end.previous_ = &member;
}

void PhaseLists::leave(PhaseMember& member) noexcept {
  if (!member.in_phase()) return;
  member.previous_->next_ = member.next_;
  member.next_->previous_ = member.previous_;
  member.previous_ = member.next_ = nullptr;
}

PhaseMember* PhaseLists::oldest(Phase phase) noexcept {
  PhaseMember& end = head(phase);
  return end.next_ == &end ? nullptr : end.next_;
}

PhaseMember* PhaseLists::after(const PhaseMember& member) noexcept {
  return member.next_ == &head(member.phase_) ? nullptr : member.next_;
}

}  // namespace nexus::api::http
