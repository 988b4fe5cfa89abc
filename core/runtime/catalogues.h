// Texts for people, by language and key.
#pragma once

#include <nexus/base.h>
#include <nexus/cpp/result.h>

#include <functional>
#include <map>
#include <memory>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

namespace nexus::core {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};

using Texts = std::unordered_map<std::string, std::string, TextHash, std::equal_to<>>;
using TextsByLocale = std::map<std::string, Texts, std::less<>>;

// A flat JSON object of texts. Fails with a reason.
Result<Texts> parse_catalogue(std::string_view json);
// Fails with the first key that is not in both languages that the panel ships.
Result<void> check_languages(const TextsByLocale& catalogues);

// A value for {name}; both borrowed.
struct TextValue {
  std::string_view name;
  std::string_view value;
};
// Replaces each {name} that has a value; others stay as they are. Values are not looked into. Pure.
std::string replace_names(std::string_view text, std::span<const TextValue> values);

// Readers take a snapshot, so a plugin that comes or goes never holds a translation up. Thread-safe.
class Catalogues {
 public:
  Catalogues();
  void add(const std::string& owner, TextsByLocale texts);
  void remove(const std::string& owner);

  // In `locale`, else in zh-CN, else the key itself.
  std::string translate(std::string_view locale, std::string_view key, std::span<const TextValue> values) const;

 private:
  void rebuild();

  mutable std::shared_mutex mutex_;
  std::map<std::string, TextsByLocale> by_owner_;
  std::shared_ptr<const TextsByLocale> snapshot_;
};

}  // namespace nexus::core
