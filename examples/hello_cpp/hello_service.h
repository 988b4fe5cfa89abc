// Rules of the example: what is greeted, what a note may say, and who is told of it.
#pragma once

#include "hello_store.h"

#include <mutex>
#include <string>
#include <string_view>

namespace hello {

// Published after a note was added; key and payload carry its id.
inline constexpr std::string_view kNotedTopic = "hello.noted/1";

// Thread-safe.
class HelloService {
 public:
  static constexpr const char* kDefaultGreeting = "Hello, World!";

  std::string greeting() const;
  void set_greeting(std::string greeting);

  // NX_E_NOT_FOUND where there is none.
  nexus::Result<Note> note(nexus::Call& call, std::int64_t id) const;
  // Written by the caller. 42201 for a text of nothing but white space.
  nexus::Result<Note> add_note(nexus::Call& call, std::string text) const;

 private:
  mutable std::mutex mutex_;
  std::string greeting_ = kDefaultGreeting;  // guarded by mutex_
};

}  // namespace hello
