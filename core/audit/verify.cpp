#include "core/audit/verify.h"

#include "core/audit/store.h"

namespace nexus::core::audit {
namespace {

constexpr std::int64_t kWalkedAtOnce = 1000;
constexpr std::chrono::seconds kWalkDeadline{30};

std::string entry(std::int64_t sequence) { return "entry " + std::to_string(sequence); }

class Walk {
 public:
  Walk(storage::Database& database, const Chain& chain, const std::optional<Mark>& outside)
      : database_(database), chain_(chain), outside_(outside) {}

  Result<Verdict> run() {
    NEXUS_ASSIGN(const auto ends, store().ends());
    check_ends(ends);
    before_ = ends.head.before_first;
    while (verdict_.fault.empty() && before_.sequence < ends.head.last.sequence) NEXUS_TRY(step(ends.head.last));
    // A walk that a pass of the panel has taken further than that ended well.
    const bool is_other = before_.sequence == ends.head.last.sequence && before_ != ends.head.last;
    if (verdict_.fault.empty() && is_other) fail("the head is not the mark of " + entry(before_.sequence));
    if (verdict_.fault.empty()) check_outside(ends.head);
    return verdict_;
  }

 private:
  ReadingStore store() const { return {database_, storage::Clock::now() + kWalkDeadline}; }
  void fail(std::string fault) { verdict_.fault = std::move(fault); }

  bool is_proved(const Head& head) const {
    const auto& start = head.before_first;
    return start.sequence == 0 ? start == Mark() : head.seal == chain_.seal_of_start(start);
  }

  void check_ends(const Ends& ends) {
    const auto& [last, before, seal] = ends.head;
    const bool is_empty = ends.newest == 0 && ends.oldest == 0;
    if (!ends.has_head) return fail("the head is missing");
    if (!is_proved(ends.head)) {
      return fail("the start of the trail, behind " + entry(before.sequence) + ", is not the one that the panel left");
    }
    if (is_empty && last != before) return fail(entry(before.sequence + 1) + " is missing, and all behind it");
    if (!is_empty && ends.oldest <= before.sequence)
      return fail(entry(ends.oldest) + " stands before the start of the trail");
    if (ends.newest > last.sequence) return fail(entry(last.sequence + 1) + " stands behind the head of the trail");
  }

  // A pass of the panel may remove what would come next; then the walk goes on at the new start.
  Result<bool> was_pruned() {
    NEXUS_ASSIGN(const auto ends, store().ends());
    if (ends.head.before_first.sequence <= before_.sequence || !is_proved(ends.head)) return false;
    before_ = ends.head.before_first;
    verdict_.first = 0;
    return true;
  }

  Result<void> step(const Mark& last) {
    NEXUS_ASSIGN(const auto rows, store().after(before_.sequence, kWalkedAtOnce));
    const bool is_gap = rows.empty() || rows.front().mark.sequence != before_.sequence + 1;
    if (is_gap) {
      NEXUS_ASSIGN(const bool pruned, was_pruned());
      if (!pruned) fail(entry(before_.sequence + 1) + " is missing");
      return {};
    }
    for (const auto& row : rows) {
      if (before_.sequence == last.sequence || !verdict_.fault.empty()) break;
      check(row);
    }
    return {};
  }

  void check(const StoredEntry& row) {
    const auto wanted = chain_.next(before_, row.entry);
    if (row.mark.sequence != wanted.sequence) return fail(entry(wanted.sequence) + " is missing");
    if (row.mark != wanted) return fail(entry(wanted.sequence) + " is not as it was written");
    if (outside_ && outside_->sequence == wanted.sequence && outside_->hash != wanted.hash) {
      return fail(entry(wanted.sequence) + " is not the one that the file audit-head remembers");
    }
    before_ = wanted;
    if (verdict_.first == 0) verdict_.first = wanted.sequence;
    verdict_.last = wanted.sequence;
  }

  // What lies before the start was removed by the panel itself.
  void check_outside(const Head& head) {
    if (outside_ && outside_->sequence > head.last.sequence) {
      fail(entry(head.last.sequence + 1) + " is missing: the file audit-head remembers " + entry(outside_->sequence));
    }
  }

  storage::Database& database_;
  const Chain& chain_;
  const std::optional<Mark>& outside_;
  Mark before_;
  Verdict verdict_;
};

}  // namespace

Result<Verdict> verify(storage::Database& database, const Chain& chain, const std::optional<Mark>& outside) {
  return Walk(database, chain, outside).run();
}

}  // namespace nexus::core::audit
