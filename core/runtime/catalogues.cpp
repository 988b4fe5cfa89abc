#include "core/runtime/catalogues.h"

#include "core/runtime/call.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <mutex>

namespace nexus::core {
namespace {

constexpr std::array<std::string_view, 2> kLanguages{"zh-CN", "en"};

const std::string* find(const TextsByLocale& texts, std::string_view locale, std::string_view key) {
  const auto language = texts.find(locale);
  if (language == texts.end()) return nullptr;
  const auto text = language->second.find(key);
  return text == language->second.end() ? nullptr : &text->second;
}

}  // namespace

Result<Texts> parse_catalogue(std::string_view json) {
  const auto parsed = nlohmann::json::parse(json, nullptr, false);
  if (!parsed.is_object()) return Error(Status::invalid, "a catalogue is not a JSON object");
  Texts texts;
  for (const auto& [key, text] : parsed.items()) {
    if (!text.is_string()) return Error(Status::invalid, "the catalogue text " + key + " is not a string");
    texts.emplace(key, text.get<std::string>());
  }
  return texts;
}

Result<void> check_languages(const TextsByLocale& catalogues) {
  for (const auto& [locale, texts] : catalogues) {
    for (const auto& [key, text] : texts) {
      for (const auto language : kLanguages) {
        if (find(catalogues, language, key) != nullptr) continue;
        return Error(Status::invalid, "the catalogue text " + key + " is missing in " + std::string(language));
      }
    }
  }
  return {};
}

std::string replace_names(std::string_view text, std::span<const TextValue> values) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto open = text.find('{');
    out.append(text.substr(0, open));
    if (open == std::string_view::npos) break;
    text.remove_prefix(open);
    const auto close = text.find('}');
    const auto name = close == std::string_view::npos ? std::string_view{} : text.substr(1, close - 1);
    const auto value = std::find_if(values.begin(), values.end(), [&](const auto& each) { return each.name == name; });
    if (name.empty() || value == values.end()) {
      out.push_back('{');
      text.remove_prefix(1);
    } else {
      out.append(value->value);
      text.remove_prefix(close + 1);
    }
  }
  return out;
}

Catalogues::Catalogues() : snapshot_(std::make_shared<const TextsByLocale>()) {}

void Catalogues::add(const std::string& owner, TextsByLocale texts) {
  const std::unique_lock lock(mutex_);
  by_owner_[owner] = std::move(texts);
  rebuild();
}

void Catalogues::remove(const std::string& owner) {
  const std::unique_lock lock(mutex_);
  if (by_owner_.erase(owner) != 0) rebuild();
}

void Catalogues::rebuild() {
  auto all = std::make_shared<TextsByLocale>();
  for (const auto& [owner, catalogues] : by_owner_) {
    for (const auto& [locale, texts] : catalogues) (*all)[locale].insert(texts.begin(), texts.end());
  }
  snapshot_ = std::move(all);
}

std::string Catalogues::translate(std::string_view locale, std::string_view key,
                                  std::span<const TextValue> values) const {
  std::shared_ptr<const TextsByLocale> texts;
  {
    const std::shared_lock lock(mutex_);
    texts = snapshot_;
  }
  const auto* text = find(*texts, locale, key);
  if (text == nullptr) text = find(*texts, kDefaultLocale, key);
  return text == nullptr ? std::string(key) : replace_names(*text, values);
}

}  // namespace nexus::core
