// Words and numbers out of the kernel's text files, which may come from any machine.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace nexus::monitoring {

// Takes the next line off `text`; nullopt at its end.
std::optional<std::string_view> next_line(std::string_view& text) noexcept;
// Takes the next word off `line`, parted by blanks; empty at its end.
std::string_view next_word(std::string_view& line) noexcept;
// A whole number without a sign that fits into 63 bits; nullopt for anything else.
std::optional<std::int64_t> whole_number(std::string_view word) noexcept;
// Sum of two numbers that are not negative; the largest number where it does not fit.
std::int64_t saturated_sum(std::int64_t a, std::int64_t b) noexcept;
// 100 * part / whole between 0 and 100, to one decimal; 0 where the whole is 0.
double percent(std::int64_t part, std::int64_t whole) noexcept;

}  // namespace nexus::monitoring
