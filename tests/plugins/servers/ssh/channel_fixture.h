// What the tests of channels share.
#pragma once

#include "engine_fixture.h"

namespace nexus::test {

// Remembers what a channel tells, and consumes at once unless told to hold.
class Listener : public ssh::ChannelEvents {
 public:
  void opened(const ssh::Opened& what) override {
    note([&] { opened_as = what; });
  }
  void data(std::string_view bytes) override {
    std::shared_ptr<ssh::Channel> to;
    std::function<void()> next;
    note([&] {
      received += bytes.size();
      if (keeps) text += bytes;
      if (!holds) to = channel;
      if (holds) held += bytes.size();
      next = on_data;
    });
    if (to) to->consumed(bytes.size());
    if (next) next();
  }
  void writable() override {
    note([&] { ++writables; });
  }
  void exited(std::int64_t its_status, std::string_view its_signal) override {
    note([&] {
      status = its_status;
      signal = its_signal;
    });
  }
  void closed(const ssh::Failure* failure) override {
    note([&] {
      ++closings;
      if (failure != nullptr) end = *failure;
    });
  }

  bool wait(const std::function<bool()>& holds_now, milliseconds time = kPatience) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, time, holds_now);
  }
  bool wait_for(const std::string& part) {
    return wait([&] { return text.find(part) != std::string::npos; });
  }
  bool wait_closed() {
    return wait([&] { return closings != 0; });
  }
  void forget_text() {
    note([&] { text.clear(); });
  }
  // With each piece of data from now on, on the loop's thread.
  void then(std::function<void()> what) {
    note([&] { on_data = std::move(what); });
  }
  // So much of what was held is consumed.
  void consume(std::size_t bytes) {
    note([&] { held -= bytes; });
    channel->consumed(bytes);
  }
  // What was held is consumed, and no more is held.
  void let_go() {
    std::size_t bytes = 0;
    note([&] {
      holds = false;
      bytes = std::exchange(held, 0);
    });
    channel->consumed(bytes);
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::shared_ptr<ssh::Channel> channel;
  std::string text;
  std::size_t received = 0;
  std::size_t held = 0;
  std::optional<ssh::Opened> opened_as;
  std::optional<ssh::Failure> end;
  std::int64_t status = -1;
  std::string signal;
  int writables = 0;
  int closings = 0;
  bool keeps = true;
  bool holds = false;

 private:
  template <class Change>
  void note(Change change) {
    const std::lock_guard lock(mutex);
    change();
    changed.notify_all();
  }

  std::function<void()> on_data;
};

// The channel must be known before its first byte is consumed, so opening holds the listener's lock.
template <class Open>
std::shared_ptr<Listener> listen(Open open, bool holds = false) {
  auto listener = std::make_shared<Listener>();
  listener->holds = holds;
  const std::lock_guard lock(listener->mutex);
  listener->channel = open(listener);
  return listener;
}

inline std::string noise(std::size_t size) {
  std::string out;
  unsigned random = 1;
  for (std::size_t i = 0; i < size; ++i, random = random * 1664525 + 1013904223) out += static_cast<char>(random >> 24);
  return out;
}

}  // namespace nexus::test
