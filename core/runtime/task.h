// Work that can be moved but not copied.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace nexus::core {

// A callable without arguments or result; empty after it was moved from.
class Task {
 public:
  Task() = default;
  template <class Work>
  // NOLINTNEXTLINE(bugprone-forwarding-reference-overload): it does not know `requires`
  requires(!std::is_same_v<std::decay_t<Work>, Task>) Task(Work&& work)
      : body_(std::make_unique<Body<std::decay_t<Work>>>(std::forward<Work>(work))) {}

  void operator()() { body_->run(); }
  explicit operator bool() const noexcept { return body_ != nullptr; }

 private:
  struct Base {
    virtual ~Base() = default;
    virtual void run() = 0;
  };
  template <class Work>
  struct Body final : Base {
    explicit Body(Work&& its_work) : work(std::move(its_work)) {}
    explicit Body(const Work& its_work) : work(its_work) {}
    void run() override { work(); }
    Work work;
  };
  std::unique_ptr<Base> body_;
};

}  // namespace nexus::core
