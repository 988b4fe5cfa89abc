// What an account may be called.
#include "account_names.h"

#include "unicode_text.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace nexus::users;
using namespace std::string_literals;

namespace {

std::string key(std::string_view name) {
  const auto read = read_username(name);
  return read.ok() ? read->key : "refused";
}

bool is_refused(std::string_view name, UsernameFlaw flaw) {
  const auto read = read_username(name);
  return !read.ok() && read.error() == flaw;
}

std::string utf8(char32_t code_point) {
  std::string text;
  const auto tail = [&](int shift) { text += static_cast<char>(0x80 | ((code_point >> shift) & 0x3F)); };
  if (code_point < 0x80) return {static_cast<char>(code_point)};
  if (code_point < 0x800) {
    text = {static_cast<char>(0xC0 | (code_point >> 6))};
  } else if (code_point < 0x10000) {
    text = {static_cast<char>(0xE0 | (code_point >> 12))};
    tail(6);
  } else {
    text = {static_cast<char>(0xF0 | (code_point >> 18))};
    tail(12);
    tail(6);
  }
  tail(0);
  return text;
}

}  // namespace

TEST_CASE("user names of letters and digits of any script are taken") {
  for (const auto* name : {"johndoe", "abc",   "a.b-c_d",    "7up",      "张三",     "管理员01", "Ab9",
                           "José",    "Зоя",   "Αλέξανδρος", "さくら",   "カタカナ", "김철수",   "محمد",
                           "עברית",   "हिन्दी", "ไทย",        "Đặng_Thị", "Straße",   "user١٢٣",  "张三-ops"}) {
    CAPTURE(name);
    CHECK(key(name) != "refused");
  }
  CHECK(key(std::string(kMaxUsernameBytes, 'a')) == std::string(kMaxUsernameBytes, 'a'));
}

TEST_CASE("a name that is too short or too long says so, as given and as key") {
  CHECK(is_refused("", UsernameFlaw::too_short));
  CHECK(is_refused("ab", UsernameFlaw::too_short));
  CHECK(is_refused("ａ", UsernameFlaw::too_short));  // three bytes, but "a"
  CHECK(is_refused(std::string(kMaxUsernameBytes + 1, 'a'), UsernameFlaw::too_long));
  std::string arabic;  // U+FDF2 is three bytes and becomes eight
  for (int i = 0; i < 10; ++i) arabic += "ﷲ";
  CHECK(is_refused(arabic, UsernameFlaw::too_long));
}

TEST_CASE("one name in several spellings is one name") {
  struct Row {
    const char* one;
    const char* other;
  };
  const Row rows[] = {{"Jos\u00E9", "Jose\u0301"}, {"ADMIN", "admin"},   {"ＡＤＭＩＮ", "admin"}, {"𝐚𝐝𝐦𝐢𝐧", "admin"},
                      {"STRASSE", "straße"},       {"ﬁona", "fiona"},    {"Σίσυφος", "ΣΊΣΥΦΟΣ"},  {"ﾊﾝｶｸ", "ハンカク"},
                      {"Ǆungla", "ǆungla"},        {"가나다", "가나다"}, {"ÅSA", "åsa"}};
  for (const auto& row : rows) {
    CAPTURE(row.one);
    CHECK(key(row.one) != "refused");
    CHECK(key(row.one) == key(row.other));
  }
  CHECK(read_username("Jose\u0301")->shown == "Jos\u00E9");
  CHECK(read_username("ADMIN")->shown == "ADMIN");
  CHECK(key("jose") != key("josé"));
}

TEST_CASE("a name cannot be an address, an option, a line break, a picture or something that is not seen") {
  for (const auto& name :
       {"a@b.c"s,      "-abc"s,         ".abc"s,          "_abc"s,        "ab c"s,      "abc\n"s,      "a\0bc"s,
        "abc\x1b[0m"s, "ab/../c"s,      "abc\xFF"s,       "abc\xE4\xB8"s, "%_!"s,       "😀😀"s,         "abc😀"s,
        "a＠b.c"s,     "abc\u200B"s,    "ab\u200Dc"s,     "abc\u2060"s,   "abc\uFEFF"s, "ab\u00ADc"s,  "abc\u202Ecba"s,
        "abc\uFE0F"s,  "\u3164\u3164"s, "abc\u034F"s,     "abc\uE000"s,   "abc\u0378"s, "½abc"s,       "ⓐdmin"s,
        "Ⅻabc"s,       "abc½"s,         "abc²"s,          "\u0301abc"s,   "1\u0301bc"s, "a.\u0301bc"s, "ab\u00A0c"s,
        "abﷺ"s,        "\u037Aabc"s,    "abc\U000E0041"s, "abc\uFFFD"s,   "abc\uFFFF"s}) {
    CAPTURE(name);
    CHECK(is_refused(name, UsernameFlaw::characters));
  }
  std::string emoji;
  for (int i = 0; i < 300; ++i) emoji += "😀";
  CHECK(is_refused(emoji, UsernameFlaw::too_long));
}

TEST_CASE("letters that look alike are not mixed") {
  for (const auto* name : {"pаypal", "аdmin", "admιn", "Αdmin", "ΑБВ", "µabc", "ＡdminЖ", "𝐚Б123"}) {
    CAPTURE(name);
    CHECK(is_refused(name, UsernameFlaw::mixed_scripts));
  }
  for (const auto* name : {"张三abc", "abc１２３", "Жук99", "λόγος_1", "東京tokyo", "さくらsan"}) {
    CAPTURE(name);
    CHECK(key(name) != "refused");
  }
}

TEST_CASE("of all code points: what a name takes is folded for good, and its key is a name again") {
  std::vector<char32_t> odd;
  int taken = 0;
  for (char32_t code_point = 1; code_point <= 0x10FFFF; ++code_point) {
    if (code_point >= 0xD800 && code_point <= 0xDFFF) continue;
    const auto name = utf8(code_point) + "1234";
    const auto read = read_username(name);
    if (!read.ok()) continue;
    ++taken;
    const auto again = read_username(read->key);
    if (!again.ok() || again->key != read->key || folded(read->shown) != read->key) odd.push_back(code_point);
  }
  CHECK(taken > 100'000);
  CHECK(odd.size() == 0);
  if (!odd.empty()) MESSAGE("first: " << static_cast<std::uint32_t>(odd.front()));
}

TEST_CASE("e-mail addresses have a local part and a host name") {
  for (const auto* email : {"john@example.com", "admin@localhost", "a+b.c@x-y.example", "o'neil@example.org"}) {
    CAPTURE(email);
    CHECK(is_email(email));
  }
  for (const auto* email : {"",
                            "@",
                            "john",
                            "@example.com",
                            "john@",
                            "john@@example.com",
                            "jo hn@example.com",
                            "john@exa mple.com",
                            "john@-example.com",
                            "john@example-.com",
                            "john@example..com",
                            "john@.com",
                            "john@example.com.",
                            ".john@example.com",
                            "john.@example.com",
                            "jo..hn@example.com",
                            "john@example.com\n",
                            "<john@example.com>",
                            "\"j\"@example.com",
                            "josé@example.com",
                            "john@exämple.com",
                            "john@example.com "}) {
    CAPTURE(email);
    CHECK_FALSE(is_email(email));
  }
  CHECK_FALSE(is_email(std::string(65, 'a') + "@example.com"));
  CHECK_FALSE(is_email("a@" + std::string(64, 'b') + ".com"));
  CHECK(email_key("JohnDoe@Example.COM") == "johndoe@example.com");
}

TEST_CASE("an avatar is the address of a picture and nothing that runs") {
  CHECK(is_avatar("https://example.com/avatar.jpg?size=64"));
  CHECK(is_avatar("http://10.0.0.1/a.png"));
  for (const auto* url :
       {"", "javascript:alert(1)", "JAVASCRIPT:x", "data:text/html,x", "//example.com/a", "/etc/passwd",
        "https://x/\"onload=", "https://x/<b>", "https://x/ y", "https://x/\n", "https://ex\u00E4.com/"}) {
    CAPTURE(url);
    CHECK_FALSE(is_avatar(url));
  }
  CHECK_FALSE(is_avatar("https://example.com/" + std::string(kMaxAvatarBytes, 'a')));
}
