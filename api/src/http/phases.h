// What a connection waits for, and since when. A phase has one time limit, so a list in order of arrival is also in
// order of expiry: finding who is late costs nothing while nobody is. Used by one thread.
#pragma once

#include <nexus/api/http_engine.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace nexus::api::http {

enum class Phase : std::uint8_t {
  idle,      // between two requests
  header,    // the first byte of a request came, its header is not complete
  body,      // the header is complete, the body is not
  handling,  // the handler has it; no limit of ours
  writing,   // an answer waits for the client to read
  lingering  // all was written and our side is shut; waits for the client's end so that it can read the answer
};
inline constexpr std::size_t kPhases = 6;

// Base of what stands in a list.
class PhaseMember {
 public:
  PhaseMember() = default;
  PhaseMember(const PhaseMember&) = delete;
  PhaseMember& operator=(const PhaseMember&) = delete;

  bool in_phase() const noexcept { return next_ != nullptr; }
  Phase phase() const noexcept { return phase_; }
  Clock::time_point since() const noexcept { return since_; }

 protected:
  ~PhaseMember() = default;

 private:
  friend class PhaseLists;
  PhaseMember* previous_ = nullptr;
  PhaseMember* next_ = nullptr;
  Clock::time_point since_{};
  Phase phase_ = Phase::idle;
};

class PhaseLists {
 public:
  PhaseLists();

  // Puts a member at the end of a list, taking it from where it was.
  void enter(PhaseMember& member, Phase phase, Clock::time_point now) noexcept;
  void leave(PhaseMember& member) noexcept;
  // Who is longest in that phase; null where nobody is.
  PhaseMember* oldest(Phase phase) noexcept;
  // Who came after; null at the end.
  PhaseMember* after(const PhaseMember& member) noexcept;

 private:
  struct Head : PhaseMember {};
  Head& head(Phase phase) noexcept { return heads_[static_cast<std::size_t>(phase)]; }

  std::array<Head, kPhases> heads_;
};

}  // namespace nexus::api::http
