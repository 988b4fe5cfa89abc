#include "core/audit/appender.h"

#include <nexus/log.h>

#include <nlohmann/json.hpp>

#include <array>

namespace nexus::core::audit {
namespace {

// Longer than the client library waits for a frozen server, so that it is the one who gives up.
constexpr std::chrono::seconds kWriteDeadline{4};
// SQLite's one writer waits for others meanwhile: some ten milliseconds.
constexpr std::int64_t kPrunedAtOnce = 1000;
// Numbers that no trail reaches, and behind which there might be no next one.
constexpr std::int64_t kFar = std::int64_t{1} << 62;

void log(Logger& logger, std::int32_t level, std::string_view message, std::string_view reason) noexcept {
  const std::array fields{nx_kv{to_abi("reason"), to_value(reason)}};
  logger.write(level, "host", message, fields);
}

}  // namespace

Appender::Appender(Logger& logger, storage::Database& database, const MasterKey& master, const std::string& data_dir)
    : logger_(&logger), database_(&database), chain_(master), data_dir_(data_dir), file_(data_dir) {}

// The file is never ahead of the database, whichever process wrote it, so what it says can be asked for at any time.
void Appender::learn() {
  if (file_is_evidence_) return;
  const auto read = HeadFile::read(data_dir_);
  if (read.ok() && *read && (!known_ || (*read)->sequence > known_->sequence)) known_ = *read;
  if (read.ok() || read.error().status() != Status::denied) return;
  log(*logger_, NX_LOG_ERROR, "somebody has changed the audit trail's head file", read.error().what());
  file_is_evidence_ = true;
}

// Whether what is known to have been written is still there; what was pruned since then is.
Result<std::string> Appender::fault_of_known(const ChangingStore& store, const Place& place) const {
  if (!known_ || *known_ == place.head.last || known_->sequence <= place.head.before_first.sequence)
    return std::string();
  NEXUS_ASSIGN(const auto hash, store.hash_at(known_->sequence));
  if (hash && *hash == known_->hash) return std::string();
  const auto number = std::to_string(known_->sequence);
  return "entry " + number + (hash ? " is not the one that was written" : " is missing");
}

// Where the head and the rows contradict each other, the chain goes on behind whatever is newest: somebody who changes
// the database must not be able to stop the trail.
Result<Appender::Place> Appender::find_place(const ChangingStore& store, const std::optional<Head>& head) const {
  NEXUS_ASSIGN(const auto newest, store.newest());
  Place place{head.value_or(Head()), head.has_value(), {}};
  auto& last = place.head.last;
  const auto found = newest.value_or(place.head.before_first);
  if (!head) place.fault = "the head is missing";
  if (head && found != last) place.fault = "the head is not the newest entry";
  if (found.sequence > last.sequence && found.sequence < kFar) last = found;
  if (last.sequence < 0 || last.sequence >= kFar) last = known_.value_or(Mark());
  if (!place.fault.empty()) return place;
  NEXUS_ASSIGN(place.fault, fault_of_known(store, place));
  return place;
}

Result<bool> Appender::was_committed(const ChangingStore& store) const {
  if (!unsure_) return false;
  NEXUS_ASSIGN(const auto hash, store.hash_at(unsure_->sequence));
  return hash && *hash == unsure_->hash;
}

Result<void> Appender::write(const ChangingStore& store, Place& place, std::span<const Entry> entries) {
  for (const auto& entry : entries) {
    const auto mark = chain_.next(place.head.last, entry);
    NEXUS_TRY(store.insert(mark, entry));
    place.head.last = mark;
  }
  NEXUS_TRY(store.set_head(place.head, place.has_head));
  place.has_head = true;
  return {};
}

Result<void> Appender::append(std::span<const Entry> entries) {
  learn();
  NEXUS_ASSIGN(const auto transaction, database_->begin(storage::Clock::now() + kWriteDeadline));
  const ChangingStore store(*transaction, database_->dialect());
  // Before anything else is read: what was read before the lock would be older than it.
  NEXUS_ASSIGN(const auto head, store.lock_head());
  NEXUS_ASSIGN(const bool committed, was_committed(store));
  if (committed) {
    remember(*std::exchange(unsure_, std::nullopt));
    return {};
  }
  NEXUS_ASSIGN(auto place, find_place(store, head));
  const bool is_news = !place.fault.empty() && !file_is_evidence_;
  if (is_news) {
    const nlohmann::json details{{"reason", place.fault}};
    const std::array report{own_entry("auditBroken", kFailed, details.dump())};
    NEXUS_TRY(write(store, place, report));
  }
  NEXUS_TRY(write(store, place, entries));
  unsure_ = place.head.last;
  NEXUS_TRY(transaction->commit());
  unsure_.reset();
  if (is_news) {
    log(*logger_, NX_LOG_ERROR, "somebody has changed the audit trail in the database", place.fault);
    file_is_evidence_ = true;
  }
  remember(place.head.last);
  return {};
}

// The file stays as it is where it proves that something was taken away; an operator who has seen to it removes it.
void Appender::remember(const Mark& mark) {
  known_ = mark;
  if (file_is_evidence_ && !file_.was_removed()) return;
  file_is_evidence_ = false;
  if (const auto written = file_.write(mark); !written.ok()) {
    log(*logger_, NX_LOG_ERROR, "the audit trail's head file cannot be written", written.error().what());
  }
}

// Moves the start of `head` behind what is old, and proves each entry on the way: what the panel removes by itself is
// gone without a trace, so nobody else may decide what that is.
Result<Appender::Pruned> Appender::choose_old(const ChangingStore& store, Head& head, std::int64_t before_us) const {
  const bool is_proved = head.before_first.sequence == 0 || head.seal == chain_.seal_of_start(head.before_first);
  if (!is_proved) return Error(Status::denied, "the start of the trail is not the one that was left");
  NEXUS_ASSIGN(const auto old, store.oldest(kPrunedAtOnce));
  Pruned pruned;
  for (const auto& [mark, entry] : old) {
    if (entry.time_us >= before_us || mark.sequence >= head.last.sequence) break;
    if (chain_.next(head.before_first, entry) != mark) {
      return Error(Status::denied,
                   "entry " + std::to_string(head.before_first.sequence + 1) + " is not as it was written");
    }
    if (pruned.first == 0) pruned.first = mark.sequence;
    pruned.last = mark.sequence;
    head.before_first = mark;
  }
  return pruned;
}

Result<Appender::Pruned> Appender::prune(std::int64_t before_us) {
  NEXUS_ASSIGN(const auto transaction, database_->begin(storage::Clock::now() + kWriteDeadline));
  const ChangingStore store(*transaction, database_->dialect());
  NEXUS_ASSIGN(auto head, store.lock_head());
  if (!head) return Pruned();
  NEXUS_ASSIGN(const auto pruned, choose_old(store, *head, before_us));
  if (pruned.first == 0) return pruned;
  head->seal = chain_.seal_of_start(head->before_first);
  NEXUS_TRY(store.set_head(*head, true));
  NEXUS_TRY(store.remove_up_to(pruned.last));
  NEXUS_TRY(transaction->commit());
  return pruned;
}

}  // namespace nexus::core::audit
