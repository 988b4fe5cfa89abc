// nexus.log, nexus.i18n, nexus.config and nexus.secrets of a FakeHost.
#pragma once

#include <nexus/testing/world.h>

namespace nexus::testing::detail {

inline std::string to_text(const nx_value& value) {
  switch (value.type) {
    case NX_V_NULL: return "null";
    case NX_V_F64: return std::to_string(value.u.f);
    case NX_V_TEXT:
    case NX_V_BLOB: return text(value.u.s);
    case NX_V_BOOL: return value.u.i != 0 ? "true" : "false";
    default: return std::to_string(value.u.i);
  }
}

class FakeTexts {
 public:
  explicit FakeTexts(World& world) : world_(world) {
    world.texts = this;
    log_table.struct_size = sizeof log_table;
    log_table.threshold = &world.threshold;
    log_table.write = &write;
    i18n_table.struct_size = sizeof i18n_table;
    i18n_table.add_catalogue = &add_catalogue;
    i18n_table.translate = &translate;
    config_table.struct_size = sizeof config_table;
    config_table.declare_schema = &declare_schema;
    config_table.on_change = &on_change;
    config_table.section = &section;
    secrets_table.struct_size = sizeof secrets_table;
    secrets_table.seal = &seal;
    secrets_table.open = &open;
  }

  // The text of `key`. A key of the plugin's own that no catalogue has is a failure; the panel's own are left as they
  // are.
  std::string text_of(const std::string& locale, const std::string& key, const nx_kv* args, std::uint32_t count) {
    const auto guard = world_.lock();
    const auto& catalogue = catalogues[locale];
    const auto found = catalogue.find(key);
    if (found == catalogue.end()) {
      if (key.starts_with(world_.plugin_id + ".")) world_.fail("no text for \"" + key + "\" in " + locale);
      return key;
    }
    std::string result = found->second;
    for (std::uint32_t i = 0; i < count; ++i) {
      const auto place = "{" + text(args[i].key) + "}";
      const auto value = to_text(args[i].value);
      for (auto at = result.find(place); at != std::string::npos; at = result.find(place, at + value.size())) {
        result.replace(at, place.size(), value);
      }
    }
    return result;
  }

  // Fills in the defaults of the schema's top-level properties and refuses unknown keys, as the panel does.
  Result<void> set_section(const std::string& json) {
    NEXUS_ASSIGN(Json value, parse_json(json));
    const Json known = schema.is_object() ? schema.value("properties", Json::object()) : Json::object();
    for (const auto& [key, unused] : value.items()) {
      if (!known.contains(key)) return Error(Status::invalid, "unknown configuration key " + key);
    }
    for (const auto& [key, property] : known.items()) {
      if (!value.contains(key) && property.contains("default")) value[key] = property["default"];
    }
    const auto guard = world_.lock();
    current_section = dump(value);
    return {};
  }

  nx_log_api log_table{};
  nx_i18n_api i18n_table{};
  nx_config_api config_table{};
  nx_secrets_api secrets_table{};

  std::vector<LogLine> lines;
  std::map<std::string, std::map<std::string, std::string>> catalogues;  // locale, key
  Json schema;                                                           // null where none was declared
  std::string current_section = "{}";
  nx_config_fn config_fn = nullptr;
  void* config_user_data = nullptr;

  bool add(const std::string& locale, std::string_view json) {
    const auto parsed = Json::parse(json, nullptr, false);
    if (!parsed.is_object()) return false;
    for (const auto& [key, value] : parsed.items()) catalogues[locale][key] = value.get<std::string>();
    return true;
  }

 private:
  static void write(const nx_host* host, const nx_call* raw, std::int32_t level, nx_str message, const nx_kv* fields,
                    std::uint32_t count) noexcept {
    auto& world = World::of(host);
    const auto guard = world.lock();
    LogLine line{level, text(message), {}, {}};
    for (std::uint32_t i = 0; i < count; ++i) line.fields[text(fields[i].key)] = to_text(fields[i].value);
    if (raw != nullptr && world.live(raw, "log.write") != nullptr) line.request_id = FakeCall::of(raw)->request_id;
    world.texts->lines.push_back(std::move(line));
  }

  static nx_status add_catalogue(nx_reg* reg, nx_str locale, nx_str json) noexcept {
    auto& world = World::of(reg);
    if (const auto status = world.enter_registration("i18n.add_catalogue"); status != NX_OK) return status;
    if (world.texts->add(text(locale), view(json))) return NX_OK;
    world.fail("the catalogue of " + text(locale) + " is no JSON object");
    return NX_E_INVALID;
  }
  static nx_status translate(const nx_call* raw, nx_str key, const nx_kv* args, std::uint32_t count,
                             nx_sink out) noexcept {
    auto& world = *FakeCall::of(raw)->world;
    if (const auto status = world.enter("i18n.translate"); status != NX_OK) return status;
    const auto* call = world.live(raw, "i18n.translate");
    if (call == nullptr) return NX_E_STALE;
    const auto result = world.texts->text_of(call->locale, text(key), args, count);
    return out.write(out.ctx, to_abi(result));
  }

  static nx_status declare_schema(nx_reg* reg, nx_str json) noexcept {
    auto& world = World::of(reg);
    if (const auto status = world.enter_registration("config.declare_schema"); status != NX_OK) return status;
    world.texts->schema = Json::parse(view(json), nullptr, false);
    if (world.texts->schema.is_object()) return NX_OK;
    world.fail("the configuration schema is no JSON object");
    return NX_E_INVALID;
  }
  static nx_status on_change(nx_reg* reg, nx_config_fn fn, void* user_data) noexcept {
    auto& world = World::of(reg);
    if (const auto status = world.enter_registration("config.on_change"); status != NX_OK) return status;
    world.texts->config_fn = fn;
    world.texts->config_user_data = user_data;
    return NX_OK;
  }
  static nx_status section(const nx_host* host, nx_sink out) noexcept {
    auto& world = World::of(host);
    if (const auto status = world.enter("config.section"); status != NX_OK) return status;
    if (world.phase == Phase::registering) {
      world.fail("config.section was called before register_all returned");
      return NX_E_PHASE;
    }
    const auto guard = world.lock();
    return out.write(out.ctx, to_abi(world.texts->current_section));
  }

  // Looks like the panel's seal (magic, nonce, ciphertext, tag) and keeps its rules, but is no cryptography.
  static constexpr std::string_view kMagic = "FAKE1";
  static constexpr std::size_t kNonce = 8, kTag = 8;

  static std::uint64_t hash(std::string_view bytes, std::uint64_t seed) {
    for (const unsigned char c : bytes) seed = (seed ^ c) * 0x100000001B3u;
    return seed;
  }
  static std::string bytes_of(std::uint64_t number) {
    return std::string(reinterpret_cast<const char*>(&number), sizeof number);
  }
  // The same function both ways.
  static std::string mask(std::string bytes, std::uint64_t key) {
    for (auto& c : bytes) {
      key = key * 6364136223846793005u + 1442695040888963407u;
      c = static_cast<char>(c ^ static_cast<char>(key >> 56));
    }
    return bytes;
  }
  static std::string tag_of(std::string_view sealed, std::string_view context, std::uint64_t key) {
    return bytes_of(hash(context, hash(sealed, key)));
  }
  static nx_status seal(const nx_host* host, nx_str plaintext, nx_str context, nx_sink out) noexcept {
    auto& world = World::of(host);
    if (const auto status = world.enter("secrets.seal"); status != NX_OK) return status;
    constexpr std::uint64_t kLargest = 1u << 20;
    if (plaintext.len > kLargest) return NX_E_LIMIT;
    const auto nonce = bytes_of(hash("nonce", world.calls_made));
    const auto key = hash(nonce, hash(world.plugin_id, 1));
    auto sealed = std::string(kMagic) + nonce + mask(text(plaintext), key);
    sealed += tag_of(sealed, view(context), key);
    return out.write(out.ctx, to_abi(sealed));
  }
  static nx_status open(const nx_host* host, nx_str given, nx_str context, nx_sink out) noexcept {
    auto& world = World::of(host);
    if (const auto status = world.enter("secrets.open"); status != NX_OK) return status;
    const auto sealed = view(given);
    if (sealed.size() < kMagic.size() + kNonce + kTag || !sealed.starts_with(kMagic)) return NX_E_DENIED;
    const auto key = hash(sealed.substr(kMagic.size(), kNonce), hash(world.plugin_id, 1));
    const auto untagged = sealed.substr(0, sealed.size() - kTag);
    if (tag_of(untagged, view(context), key) != sealed.substr(untagged.size())) return NX_E_DENIED;
    const auto plaintext = mask(std::string(untagged.substr(kMagic.size() + kNonce)), key);
    return out.write(out.ctx, to_abi(plaintext));
  }

  World& world_;
};

}  // namespace nexus::testing::detail
