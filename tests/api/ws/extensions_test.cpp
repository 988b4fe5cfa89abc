#include "ws/extensions.h"

#include <doctest/doctest.h>

using namespace nexus::api::ws;

namespace {

// What is answered to an offer; "malformed", or "" where it is declined.
std::string answer_to(std::string_view field) {
  const auto offers = parse_extensions(field);
  if (!offers) return "malformed";
  for (const auto& offer : *offers) {
    if (const auto terms = accepted_deflate(offer)) return deflate_answer(*terms);
  }
  return "";
}

const std::string kAnswer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

}  // namespace

TEST_CASE("a list of extensions is read by its grammar") {
  const auto offers = parse_extensions(R"( a ; b = "c" ;d=e , f;g="h\i")");
  REQUIRE(offers);
  REQUIRE(offers->size() == 2);
  CHECK(offers->at(0).name == "a");
  CHECK(offers->at(0).parameters.at(0).value == "c");
  CHECK(offers->at(0).parameters.at(1).name == "d");
  CHECK(offers->at(1).parameters.at(0).value == "hi");
  for (const auto* bad : {"", " ", ",", "a,", ",a", "a;", "a;=b", "a;b=", "a b", "a;b c", R"(a;b=")", R"(a;b="")",
                          R"(a;b="c)", R"(a;b="c d")", R"(a;b="c\)", "a@b", "a/b"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_extensions(bad));
  }
}

TEST_CASE("of several offers the first that can be met is taken") {
  CHECK(answer_to("permessage-deflate") == kAnswer);
  CHECK(answer_to("x, permessage-deflate;y, permessage-deflate;server_max_window_bits=10, permessage-deflate") ==
        kAnswer + "; server_max_window_bits=10");
  CHECK(answer_to(
            "permessage-deflate; client_max_window_bits=8; server_no_context_takeover; client_no_context_takeover") ==
        kAnswer);
  CHECK(answer_to("permessage-deflate; client_max_window_bits") == kAnswer);
}

TEST_CASE("an offer that breaks a rule is declined") {
  for (const auto* parameters : {"x", "server_max_window_bits", "server_max_window_bits=8", "server_max_window_bits=16",
                                 "server_max_window_bits=09", "server_max_window_bits=+9", "client_max_window_bits=7",
                                 "client_max_window_bits=", "client_max_window_bits; client_max_window_bits",
                                 "server_no_context_takeover=1", "client_no_context_takeover=1"}) {
    CAPTURE(parameters);
    const auto answer = answer_to(std::string("permessage-deflate;") + parameters);
    CHECK((answer.empty() || answer == "malformed"));
  }
  CHECK(answer_to("Permessage-Deflate").empty());
}
