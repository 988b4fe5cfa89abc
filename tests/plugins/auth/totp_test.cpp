// One-time passwords, their alphabet, and recovery codes.
#include "totp.h"

#include "base32.h"
#include "recovery_codes.h"

#include <doctest/doctest.h>

#include <array>
#include <set>

using namespace nexus::auth;

namespace {

constexpr std::string_view kRfcSecret = "12345678901234567890";

std::int64_t step_of(std::string_view code, std::int64_t now, std::int64_t last = 0) {
  return find_totp_step(kRfcSecret, code, now, last).value_or(-1);
}

}  // namespace

TEST_CASE("the values of RFC 4226, appendix D") {
  constexpr std::array kCodes{"755224", "287082", "359152", "969429", "338314",
                              "254676", "287922", "162583", "399871", "520489"};
  for (std::size_t i = 0; i < kCodes.size(); ++i) CHECK(hotp_code(kRfcSecret, i) == kCodes[i]);
}

TEST_CASE("the values of RFC 6238, appendix B, of which six digits are ours") {
  struct Row {
    std::int64_t seconds;
    const char* code;
  };
  constexpr std::array<Row, 6> kRows{{{59, "287082"},
                                      {1111111109, "081804"},
                                      {1111111111, "050471"},
                                      {1234567890, "005924"},
                                      {2000000000, "279037"},
                                      {20000000000, "353130"}}};
  for (const auto& row : kRows) CHECK(step_of(row.code, row.seconds) == row.seconds / 30);
}

TEST_CASE("a code is good one step early and one late, and no further") {
  constexpr std::int64_t kNow = 1'700'000'010;  // at a step's first second
  static_assert(kNow % 30 == 0);
  const auto code = [](std::int64_t steps) {
    return hotp_code(kRfcSecret, static_cast<std::uint64_t>(kNow / 30 + steps));
  };
  CHECK(step_of(code(-1), kNow) == kNow / 30 - 1);
  CHECK(step_of(code(1), kNow) == kNow / 30 + 1);
  CHECK(step_of(code(-2), kNow) == -1);
  CHECK(step_of(code(2), kNow) == -1);
  CHECK(step_of(code(0), kNow + 59) == kNow / 30);
  CHECK(step_of(code(0), kNow + 60) == -1);
  CHECK(step_of(code(0), kNow - 30) == kNow / 30);
  CHECK(step_of(code(0), kNow - 31) == -1);
}

TEST_CASE("a step that was taken, and those before it, are not taken again") {
  constexpr std::int64_t kNow = 1'700'000'010;
  const auto code = hotp_code(kRfcSecret, kNow / 30);
  CHECK(step_of(code, kNow, kNow / 30 - 1) == kNow / 30);
  CHECK(step_of(code, kNow, kNow / 30) == -1);
  CHECK(step_of(code, kNow, kNow / 30 + 1) == -1);
}

TEST_CASE("what is no code of six digits") {
  for (const auto* text : {"", "28708", "2870822", "28708 ", "28708\xff"}) CHECK(step_of(text, 59) == -1);
  CHECK(step_of(std::string_view("28708\0", 6), 59) == -1);
}

TEST_CASE("base 32 of RFC 4648, section 10, there and back") {
  constexpr std::array<std::pair<const char*, const char*>, 7> kRows{{{"", ""},
                                                                      {"f", "MY"},
                                                                      {"fo", "MZXQ"},
                                                                      {"foo", "MZXW6"},
                                                                      {"foob", "MZXW6YQ"},
                                                                      {"fooba", "MZXW6YTB"},
                                                                      {"foobar", "MZXW6YTBOI"}}};
  for (const auto& [bytes, text] : kRows) {
    CHECK(base32_encode(bytes) == text);
    CHECK(base32_decode(text) == bytes);
  }
  CHECK(base32_decode("mzxw6") == "foo");
  CHECK(base32_encode(std::string(20, '\xff')) == std::string(32, '7'));
  for (const auto* wrong : {"M", "MZ1", "MY======", "MZXW6YT", "MZ"}) CHECK_FALSE(base32_decode(wrong).has_value());
}

TEST_CASE("the address for the app names the panel and the user, whatever the user is called") {
  CHECK(otpauth_uri("johndoe", kRfcSecret) ==
        "otpauth://totp/NexusPanel:johndoe?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=NexusPanel&algorithm=SHA1"
        "&digits=6&period=30");
  CHECK(otpauth_uri("a b&c=张", kRfcSecret).find("NexusPanel:a%20b%26c%3D%E5%BC%A0?") != std::string::npos);
}

TEST_CASE("recovery codes are ten, all different, and read back however they are typed") {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    for (const auto& code : make_recovery_codes()) {
      CHECK(code.size() == 11);
      CHECK(code[5] == '-');
      CHECK(fold_recovery_code(code).has_value());
      seen.insert(code);
    }
  }
  CHECK(seen.size() == 100 * kRecoveryCodes);
  CHECK(fold_recovery_code("7K3QF 9d2mx") == "7k3qf9d2mx");
  for (const auto* wrong : {"", "123456", "7k3qf-9d2m", "7k3qf-9d2mxx", "7k3qf-9d2ml", "7k3qf_9d2mx"}) {
    CHECK_FALSE(fold_recovery_code(wrong).has_value());
  }
}

TEST_CASE("what is kept of a recovery code depends on the factor's secret") {
  const auto hash = recovery_code_hash("one", "7k3qf9d2mx");
  CHECK(hash.size() == 64);
  CHECK(hash == recovery_code_hash("one", "7k3qf9d2mx"));
  CHECK(hash != recovery_code_hash("two", "7k3qf9d2mx"));
  CHECK(hash != recovery_code_hash("one", "7k3qf9d2my"));
}
