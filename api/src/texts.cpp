#include "texts.h"

#include "text.h"

#include <nexus/api/server.h>

#include <nlohmann/json.hpp>

namespace nexus::api {
namespace {

// The q-value in thousandths; -1 where it is malformed.
int quality(std::string_view parameters) noexcept {
  const auto text = trimmed(parameters);
  if (text.empty()) return 1000;
  if (text.size() < 3 || !equals_ignoring_case(text.substr(0, 2), "q=")) return -1;
  const auto value = parse_number(text.substr(2));
  return value && *value >= 0 && *value <= 1 ? static_cast<int>(*value * 1000) : -1;
}

}  // namespace

std::string_view shipped_locale(std::string_view tag) noexcept {
  const auto language = tag.substr(0, tag.find('-'));
  if (equals_ignoring_case(language, "zh")) return kDefaultLocale;
  return equals_ignoring_case(language, "en") ? kEnglishLocale : std::string_view{};
}

std::string_view negotiated_locale(std::string_view accept_language) noexcept {
  std::string_view best = kDefaultLocale;
  int best_quality = 0;
  while (!accept_language.empty()) {
    const std::size_t comma = std::min(accept_language.find(','), accept_language.size());
    const auto item = accept_language.substr(0, comma);
    accept_language.remove_prefix(std::min(comma + 1, accept_language.size()));
    const std::size_t semicolon = std::min(item.find(';'), item.size());
    const auto tag = trimmed(item.substr(0, semicolon));
    const auto locale = tag == "*" ? kDefaultLocale : shipped_locale(tag);
    const int wanted = quality(item.substr(std::min(semicolon + 1, item.size())));
    if (locale.empty() || wanted <= best_quality) continue;
    best = locale;
    best_quality = wanted;
  }
  return best;
}

Texts::Texts(Hooks& hooks)
    : hooks_(hooks),
      chinese_(nlohmann::json::parse(catalogue(kDefaultLocale)).get<Catalogue>()),
      english_(nlohmann::json::parse(catalogue(kEnglishLocale)).get<Catalogue>()) {}

const std::string* Texts::own(std::string_view locale, std::string_view key) const noexcept {
  const auto& texts = locale == kEnglishLocale ? english_ : chinese_;
  const auto found = texts.find(key);
  return found == texts.end() ? nullptr : &found->second;
}

std::string Texts::get(std::string_view locale, std::string_view key, std::span<const TextArg> args) const {
  const auto* text = own(locale, key);
  return text != nullptr ? filled(*text, args) : hooks_.translate(locale, key, args);
}

}  // namespace nexus::api
