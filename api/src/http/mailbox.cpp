#include "http/mailbox.h"

#include "http/connection.h"

#include <sys/eventfd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

namespace nexus::api::http {

Mailbox::Mailbox() : event_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (!event_) throw std::system_error(errno, std::generic_category(), "eventfd");
}

template <class Item>
bool Mailbox::put(std::vector<Item>& items, Item&& item) {
  bool was_empty = false;
  {
    const std::lock_guard lock(mutex_);
    if (!open_) return false;
    was_empty = accepted_.empty() && answers_.empty();
    items.push_back(std::move(item));
  }
  if (was_empty) wake();
  return true;
}

bool Mailbox::post(AcceptedSocket&& accepted) { return put(accepted_, std::move(accepted)); }

bool Mailbox::post(LateAnswer&& late) { return put(answers_, std::move(late)); }

void Mailbox::wake() noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(event_.get(), &one, sizeof one);
}

void Mailbox::take(std::vector<AcceptedSocket>& accepted, std::vector<LateAnswer>& answers) {
  const std::lock_guard lock(mutex_);
  accepted.swap(accepted_);
  answers.swap(answers_);
}

void Mailbox::close() {
  std::vector<AcceptedSocket> accepted;
  std::vector<LateAnswer> answers;
  const std::lock_guard lock(mutex_);
  open_ = false;
  accepted.swap(accepted_);
  answers.swap(answers_);
}

}  // namespace nexus::api::http
