// What an account may be called.
#include "account_names.h"

#include <doctest/doctest.h>

#include <string>

using namespace nexus::users;

TEST_CASE("user names of letters, digits and Chinese characters are taken") {
  for (const auto* name : {"johndoe", "abc", "a.b-c_d", "7up", "张三", "管理员01", "Ab9"}) {
    CAPTURE(name);
    CHECK(check_username(name) == UsernameFlaw::none);
  }
  CHECK(check_username(std::string(kMaxUsernameBytes, 'a')) == UsernameFlaw::none);
}

TEST_CASE("a name that is too short or too long says so") {
  CHECK(check_username("") == UsernameFlaw::too_short);
  CHECK(check_username("ab") == UsernameFlaw::too_short);
  CHECK(check_username(std::string(kMaxUsernameBytes + 1, 'a')) == UsernameFlaw::too_long);
}

TEST_CASE("a name cannot be an address, an option, a line break or a second spelling of another") {
  using namespace std::string_literals;
  for (const auto& name : {"a@b.c"s, "-abc"s, ".abc"s, "_abc"s, "ab c"s, "abc\n"s, "a\0bc"s, "abc\x1b[0m"s, "ab/../c"s,
                           "Ａｂｃ"s,                    // full-width letters fold to "abc" in NFKC
                           "e\xCC\x81llo"s,              // a letter and a combining accent
                           "\xEF\xA4\x80\xE4\xB8\x80"s,  // a compatibility ideograph
                           "\xF0\x9F\x98\x80\xF0\x9F\x98\x80"s, "abc\xFF"s, "abc\xE4\xB8"s, "%_!"s}) {
    CAPTURE(name);
    CHECK(check_username(name) == UsernameFlaw::characters);
  }
}

TEST_CASE("e-mail addresses have a local part and a host name") {
  for (const auto* email : {"john@example.com", "admin@localhost", "a+b.c@x-y.example", "o'neil@example.org"}) {
    CAPTURE(email);
    CHECK(is_email(email));
  }
  for (const auto* email : {"", "@", "john", "@example.com", "john@", "john@@example.com", "jo hn@example.com",
                            "john@exa mple.com", "john@-example.com", "john@example-.com", "john@example..com",
                            "john@.com", "john@example.com.", ".john@example.com", "john.@example.com",
                            "jo..hn@example.com", "john@example.com\n", "<john@example.com>", "\"j\"@example.com"}) {
    CAPTURE(email);
    CHECK_FALSE(is_email(email));
  }
  CHECK_FALSE(is_email(std::string(65, 'a') + "@example.com"));
  CHECK_FALSE(is_email("a@" + std::string(64, 'b') + ".com"));
}

TEST_CASE("names are equal without regard to case") {
  CHECK(fold("JohnDoe@Example.COM") == "johndoe@example.com");
  CHECK(fold("张三Z") == "张三z");
}
