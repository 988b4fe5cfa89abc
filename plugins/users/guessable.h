// Whether a password is among the first that somebody would try. A pure function.
#pragma once

#include <string_view>
#include <vector>

namespace nexus::users {

// zxcvbn's boundary of "somewhat guessable": below it a password falls within a million tries. At the hundred an hour
// that an account allows (guess_counter.h), those take a year.
inline constexpr double kMinGuesses = 1e6;

// Knows common passwords, words, names, dates, keyboard walks and repetitions, in whatever case and with digits for
// letters. `own_words` are the account's name and address. The password has no NUL.
bool is_guessable(std::string_view password, const std::vector<std::string_view>& own_words);

}  // namespace nexus::users
