#include "core/app/option_order.h"

#include <doctest/doctest.h>

using nexus::core::options_first;
using Words = std::vector<std::string>;

TEST_CASE("a plugin's command keeps its own options, wherever the program's stand") {
  CHECK(options_first({"user", "unlock", "li"}) == Words{"--", "user", "unlock", "li"});
  CHECK(options_first({"--config", "a.yaml", "user", "add", "--force", "-v"}) ==
        Words{"--config", "a.yaml", "--", "user", "add", "--force", "-v"});
  CHECK(options_first({"user", "add", "--data-dir=/x", "li", "--set", "a=b"}) ==
        Words{"--data-dir=/x", "--set", "a=b", "--", "user", "add", "li"});
  CHECK(options_first({"user", "add", "--", "--config", "li"}) == Words{"--", "user", "add", "--config", "li"});
  CHECK(options_first({"user", "--help"}) == Words{"--help", "--", "user"});
  CHECK(options_first({"user", "add", "--config"}) == Words{"--config", "--", "user", "add"});
}

TEST_CASE("other command lines stay as they are") {
  for (const auto& words : {Words{}, Words{"serve", "--colour"}, Words{"--help"}, Words{"--config", "x", "serve"},
                            Words{"plugin", "list", "--set", "a=b"}, Words{"--colour", "user"}}) {
    CHECK(options_first(words) == words);
  }
}
