// A regular expression of the `pattern` keyword (ECMAScript, found anywhere in a text). The standard library's, which
// recurses for each character: callers keep texts within kMaxPatternLength.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace nexus::api {

// Immutable and cheap to copy.
class Expression {
 public:
  // Nullopt where `pattern` is none.
  static std::optional<Expression> compile(const std::string& pattern);
  bool matches(std::string_view text) const;

 private:
  struct Compiled;
  explicit Expression(std::shared_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}
  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace nexus::api
