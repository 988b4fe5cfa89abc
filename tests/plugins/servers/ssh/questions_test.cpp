// What a server that asks gets.
#include "ssh/questions.h"

#include <doctest/doctest.h>

#include <utility>

using nexus::servers::ssh::Questions;
using Reply = Questions::Reply;

TEST_CASE("the password is for one hidden question, and for no further one") {
  Questions questions;
  CHECK(questions.next(0, false) == Reply::nothing);
  CHECK(questions.next(1, true) == Reply::password);
  CHECK(questions.next(0, false) == Reply::nothing);
  CHECK(questions.next(1, true) == Reply::give_up);
}

TEST_CASE("what is not clearly the question for the password gets no answer") {
  for (const auto& [count, hidden] : {std::pair{1, false}, std::pair{2, true}}) {
    Questions questions;
    CHECK(questions.next(count, hidden) == Reply::give_up);
    CHECK(questions.next(1, true) == Reply::give_up);
  }
}

TEST_CASE("a server that says something without end is not listened to without end") {
  Questions questions;
  for (int i = 0; i < Questions::kMostNotices; ++i) CHECK(questions.next(0, false) == Reply::nothing);
  CHECK(questions.next(0, false) == Reply::give_up);
}
