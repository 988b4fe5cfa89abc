#include "expression.h"

#include <regex>

namespace nexus::api {

struct Expression::Compiled {
  std::regex regex;
};

std::optional<Expression> Expression::compile(const std::string& pattern) {
  try {
    return Expression(std::make_shared<const Compiled>(Compiled{std::regex(pattern, std::regex::ECMAScript)}));
  } catch (const std::regex_error&) {
    return std::nullopt;
  }
}

bool Expression::matches(std::string_view text) const {
  return std::regex_search(text.begin(), text.end(), compiled_->regex);
}

}  // namespace nexus::api
