// Texts of answers by key and language.
#pragma once

#include <nexus/api/hooks.h>

#include <map>
#include <span>
#include <string>
#include <string_view>

namespace nexus::api {

// The languages that the panel ships; the first is the default.
inline constexpr std::string_view kDefaultLocale = "zh-CN";
inline constexpr std::string_view kEnglishLocale = "en";

// The shipped locale for a language tag ("zh-Hans" -> "zh-CN", "en-GB" -> "en"); empty where there is none.
std::string_view shipped_locale(std::string_view tag) noexcept;

// The best shipped locale for an Accept-Language header; the default where it names none.
std::string_view negotiated_locale(std::string_view accept_language) noexcept;

// Immutable, so safe from any thread.
class Texts {
 public:
  explicit Texts(Hooks& hooks);

  // The edge's own keys are answered from its own catalogues, every other one by the hooks.
  std::string get(std::string_view locale, std::string_view key, std::span<const TextArg> args) const;
  // Null where `key` is not one of the edge's own.
  const std::string* own(std::string_view locale, std::string_view key) const noexcept;

 private:
  using Catalogue = std::map<std::string, std::string, std::less<>>;

  Hooks& hooks_;
  Catalogue chinese_;
  Catalogue english_;
};

}  // namespace nexus::api
