#include "guessable.h"

#include <nexus/cpp/secrets.h>

#include <zxcvbn.h>

#include <array>
#include <cmath>
#include <string>

namespace nexus::users {
namespace {

// zxcvbn's time grows with the square of the length and worse where letters look like digits: 200 ms for 128 bytes of
// those, 10 ms for 40. Whoever must guess the whole must guess its hardest part, so the hardest part decides.
constexpr std::size_t kPartBytes = 40;

// An own word shorter than that is part of too much.
constexpr std::size_t kMinWordBytes = 3;

// What zxcvbn's English lists lack: this product, Chinese favourites, and walks that go up and down the keyboard.
constexpr std::array<const char*, 25> kLocalWords{
    "nexuspanel", "nexus",        "panel",        "sysadmin",  "superuser", "woaini", "5201314", "1314", "520",
    "112233",     "112233445566", "aabbcc",       "qaz",       "wsx",       "edc",    "1qaz",    "2wsx", "3edc",
    "1q2w3e",     "1q2w3e4r5t6y", "1qaz2wsx3edc", "qweasdzxc", "q1w2e3",    "qwe",    "qweasd"};

}  // namespace

bool is_guessable(std::string_view password, const std::vector<std::string_view>& own_words) {
  std::vector<std::string> owned;
  for (const auto word : own_words) {
    if (word.size() >= kMinWordBytes) owned.emplace_back(word);
  }
  std::vector<const char*> words;
  for (const auto& word : owned) words.push_back(word.c_str());
  words.insert(words.end(), kLocalWords.begin(), kLocalWords.end());
  words.push_back(nullptr);
  for (; !password.empty(); password.remove_prefix(std::min(kPartBytes, password.size()))) {
    const SecretString part(std::string(password.substr(0, kPartBytes)));
    // a std::string inside, so that a zero follows
    if (ZxcvbnMatch(part.view().data(), words.data(), nullptr) >= std::log2(kMinGuesses)) return false;
  }
  return true;
}

}  // namespace nexus::users
