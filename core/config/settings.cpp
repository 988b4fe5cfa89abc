#include "core/config/settings.h"

#include "core/config/suggestion.h"

#include <nexus/log.h>

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <limits>
#include <map>

namespace nexus::core {
namespace {

// A plugin's id; what else stands at the top is a mistyped key of ours.
bool is_plugin_id(std::string_view text) {
  if (text.empty() || text.size() > 32 || text.front() < 'a' || text.front() > 'z') return false;
  return std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

// What kind of thing stands there, for "must be text, not a list".
std::string describe(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null: return "nothing";
    case Node::Kind::sequence: return "a list";
    case Node::Kind::mapping: return "a mapping";
    case Node::Kind::scalar: return '"' + node.text + '"';
  }
  return {};
}

class Reader {
 public:
  Reader(Settings& out, Problems& problems) : out_(out), problems_(problems) {}

  void text(const std::string& key, const Node& node, std::string& out) {
    if (node.kind != Node::Kind::scalar || node.text.empty()) return wrong(key, node, "must be text");
    out = node.text;
  }

  void texts(const std::string& key, const Node& node, std::vector<std::string>& out) {
    if (node.kind != Node::Kind::sequence) return wrong(key, node, "must be a list");
    for (const auto& item : node.items) {
      std::string value;
      text(key, item, value);
      if (!value.empty()) out.push_back(std::move(value));
    }
  }

  void count(const std::string& key, const Node& node, std::uint32_t& out) {
    constexpr std::uint32_t kMost = 1'000'000;
    std::uint32_t value = 0;
    const auto* end = node.text.data() + node.text.size();
    const auto [stop, error] = std::from_chars(node.text.data(), end, value);
    const bool zero_led = node.text.size() > 1 && node.text.front() == '0';
    if (node.kind != Node::Kind::scalar || node.quoted || error != std::errc{} || stop != end || zero_led ||
        value > kMost) {
      return wrong(key, node, "must be a whole number from 0 (unlimited) to " + std::to_string(kMost));
    }
    out = value;
  }

  void listen(const std::string& key, const Node& node) {
    const auto endpoint = node.kind == Node::Kind::scalar ? parse_endpoint(node.text) : std::nullopt;
    if (!endpoint) return wrong(key, node, "must be HOST:PORT, for example 127.0.0.1:8080 or [::1]:8080");
    out_.listen = *endpoint;
  }

  void proxies(const std::string& key, const Node& node) {
    texts(key, node, out_.trusted_proxies);
    for (const auto& item : node.items) {
      if (item.kind == Node::Kind::scalar && !is_network(item.text)) {
        wrong(key, item, "must be an address or a network, for example 10.0.0.0/8");
      }
    }
  }

  void level(const std::string& key, const Node& node) {
    static const std::map<std::string, std::int32_t, std::less<>> kLevels{
        {"debug", NX_LOG_DEBUG}, {"error", NX_LOG_ERROR}, {"info", NX_LOG_INFO}, {"warning", NX_LOG_WARNING}};
    const auto found = kLevels.find(node.text);
    if (node.kind != Node::Kind::scalar || found == kLevels.end()) {
      static const std::vector<std::string> kNames{"debug", "info", "warning", "error"};
      return wrong(key, node, "must be one of debug, info, warning, error" + near(node, kNames));
    }
    out_.log_level = found->second;
  }

  void storage(const std::string& key, const Node& node) {
    text(key, node, out_.storage_url);
    const auto& url = out_.storage_url;
    if (url.starts_with("sqlite:///") || url.starts_with("mysql://")) return;
    // The value may hold a password, so it is not repeated.
    problems_.add(node.at, key + " must be sqlite:///path/to/file or mysql://user:password@host:port/database");
  }

  void enabled(const std::string& key, const Node& node) {
    out_.enabled.emplace();
    if (node.kind != Node::Kind::sequence) return wrong(key, node, "must be a list of plugin ids");
    for (const auto& item : node.items) {
      if (item.kind != Node::Kind::scalar || !is_plugin_id(item.text)) {
        wrong(key, item, "must be a plugin's id (a-z, 0-9, _)");
      } else if (is_enabled(item.text)) {
        problems_.add(item.at, key + ": \"" + item.text + "\" is there twice");
      } else {
        out_.enabled->push_back({item.text, item.at});
      }
    }
  }

 private:
  void wrong(const std::string& key, const Node& node, const std::string& rule) {
    problems_.add(node.at, key + ' ' + rule + ", not " + describe(node));
  }

  static std::string near(const Node& node, const std::vector<std::string>& names) {
    const auto hint = suggestion(node.text, names);
    return hint.starts_with("; did") ? " (" + hint.substr(2) + ')' : std::string();
  }

  bool is_enabled(const std::string& id) const {
    return std::ranges::find(*out_.enabled, id, &Settings::Enabled::id) != out_.enabled->end();
  }

  static bool is_network(const std::string& text) {
    const auto slash = text.find('/');
    const auto address = text.substr(0, slash);
    unsigned char bytes[16];
    const bool four = inet_pton(AF_INET, address.c_str(), bytes) == 1;
    if (!four && inet_pton(AF_INET6, address.c_str(), bytes) != 1) return false;
    if (slash == std::string::npos) return true;
    unsigned prefix = 0;
    const auto* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + slash + 1, end, prefix);
    return error == std::errc{} && stop == end && prefix <= (four ? 32u : 128u);
  }

  Settings& out_;
  Problems& problems_;
};

using Apply = std::function<void(Reader&, Settings&, const std::string& key, const Node&)>;

// Every key of the host and how it is read.
const std::map<std::string, Apply>& readers() {
  static const std::map<std::string, Apply> kReaders{
      {"audit.retention_days",
       [](Reader& r, Settings& s, const std::string& k, const Node& n) { r.count(k, n, s.audit_retention_days); }},
      {"data_dir", [](Reader& r, Settings& s, const std::string& k, const Node& n) { r.text(k, n, s.data_dir); }},
      {"http.listen", [](Reader& r, Settings&, const std::string& k, const Node& n) { r.listen(k, n); }},
      {"http.trusted_proxies", [](Reader& r, Settings&, const std::string& k, const Node& n) { r.proxies(k, n); }},
      {"log.file", [](Reader& r, Settings& s, const std::string& k, const Node& n) { r.text(k, n, s.log_file); }},
      {"log.level", [](Reader& r, Settings&, const std::string& k, const Node& n) { r.level(k, n); }},
      {"plugins.enabled", [](Reader& r, Settings&, const std::string& k, const Node& n) { r.enabled(k, n); }},
      {"plugins.path",
       [](Reader& r, Settings& s, const std::string& k, const Node& n) { r.texts(k, n, s.plugin_folders); }},
      {"rate_limits.auth_per_minute",
       [](Reader& r, Settings& s, const std::string& k, const Node& n) { r.count(k, n, s.auth_per_minute); }},
      {"rate_limits.general_per_minute",
       [](Reader& r, Settings& s, const std::string& k, const Node& n) { r.count(k, n, s.general_per_minute); }},
      {"rate_limits.websockets_per_user",
       [](Reader& r, Settings& s, const std::string& k, const Node& n) { r.count(k, n, s.websockets_per_user); }},
      {"storage.url", [](Reader& r, Settings&, const std::string& k, const Node& n) { r.storage(k, n); }},
  };
  return kReaders;
}

// The last words of the host's keys under `group` ("http": listen, trusted_proxies).
std::vector<std::string> keys_under(const std::string& group) {
  std::vector<std::string> out;
  for (const auto& key : host_keys()) {
    if (key.starts_with(group + '.')) out.push_back(key.substr(group.size() + 1));
  }
  return out;
}

void read_group(const Node::Member& group, Reader& reader, Settings& out, Problems& problems) {
  if (group.value.kind == Node::Kind::null) return;  // "http:" with every line below it commented out
  if (group.value.kind != Node::Kind::mapping) {
    return problems.add(group.value.at, group.key + " must be a mapping, not " + describe(group.value));
  }
  for (const auto& member : group.value.members) {
    const auto key = group.key + '.' + member.key;
    const auto found = readers().find(key);
    if (found == readers().end()) {
      problems.add(member.at, "unknown key \"" + key + '"' + suggestion(member.key, keys_under(group.key)));
    } else {
      found->second(reader, out, key, member.value);
    }
  }
}

}  // namespace

std::string Endpoint::text() const {
  const bool six = host.find(':') != std::string::npos;
  return (six ? '[' + host + ']' : host) + ':' + std::to_string(port);
}

const std::vector<std::string>& host_keys() {
  static const auto kKeys = [] {
    std::vector<std::string> keys;
    for (const auto& [key, apply] : readers()) keys.push_back(key);
    return keys;
  }();
  return kKeys;
}

std::optional<Endpoint> parse_endpoint(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  auto host = text.substr(0, colon);
  const auto port_text = text.substr(colon + 1);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host.empty() || (!bracketed && host.find(':') != std::string_view::npos)) return std::nullopt;
  if (host.find_first_of(" /@\t\r\n") != std::string_view::npos) return std::nullopt;
  std::uint16_t port = 0;
  const auto* end = port_text.data() + port_text.size();
  const auto [stop, error] = std::from_chars(port_text.data(), end, port);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return Endpoint{std::string(host), port};
}

Settings read_settings(const Node& root, Problems& problems) {
  Settings out;
  if (root.kind == Node::Kind::null) return out;
  if (root.kind != Node::Kind::mapping) {
    problems.add(root.at, "the configuration must be a mapping, not " + describe(root));
    return out;
  }
  Reader reader(out, problems);
  for (const auto& member : root.members) {
    if (const auto found = readers().find(member.key); found != readers().end()) {
      found->second(reader, out, member.key, member.value);
    } else if (!keys_under(member.key).empty()) {
      read_group(member, reader, out, problems);
    } else if (is_plugin_id(member.key)) {
      out.sections.push_back(member);
    } else {
      problems.add(member.at, "unknown key \"" + member.key + "\", which cannot be a plugin's section either");
    }
  }
  return out;
}

}  // namespace nexus::core
