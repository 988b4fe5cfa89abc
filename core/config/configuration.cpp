#include "core/config/configuration.h"

#include "core/config/yaml_reader.h"

#include <cstdlib>
#include <filesystem>

namespace nexus::core {
namespace {

std::string environment_name(std::string_view key) {
  std::string name = "NEXUS_";
  for (const char c : key) {
    name += c == '.' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  }
  return name;
}

Result<void> apply_text(Node& root, std::string_view key, std::string_view value, const std::string& source) {
  NEXUS_ASSIGN(Node node, read_yaml(value, source, false));
  return override_key(root, key, std::move(node), {source, 0, 0});
}

// A value that is text as it is, whatever it looks like in YAML ("[::1]:8080").
Result<void> apply_literal(Node& root, std::string_view key, const std::string& value, const std::string& source) {
  return override_key(root, key, Node{Node::Kind::scalar, {source, 0, 0}, value, true, {}, {}}, {source, 0, 0});
}

Result<void> apply_environment(Node& root) {
  for (const auto& key : host_keys()) {
    const auto name = environment_name(key);
    const char* value = std::getenv(name.c_str());
    if (value == nullptr || *value == '\0') continue;
    NEXUS_TRY(apply_text(root, key, value, "environment " + name));
  }
  return {};
}

Result<void> apply_command_line(Node& root, const ConfigSources& sources) {
  for (const auto& text : sources.overrides) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return Error(Status::invalid, "--set " + text + ": must be key=value, for example log.level=debug");
    }
    const auto key = text.substr(0, equals);
    NEXUS_TRY(apply_text(root, key, std::string_view(text).substr(equals + 1), "--set " + key));
  }
  if (sources.listen) NEXUS_TRY(apply_literal(root, "http.listen", *sources.listen, "--listen"));
  if (sources.data_dir) NEXUS_TRY(apply_literal(root, "data_dir", *sources.data_dir, "--data-dir"));
  return {};
}

const Node* find_dotted(const Node& root, const std::string& key) {
  const auto dot = key.find('.');
  if (dot == std::string::npos) return root.find(key);
  const auto* group = root.find(key.substr(0, dot));
  return group == nullptr ? nullptr : group->find(key.substr(dot + 1));
}

class PathResolver {
 public:
  PathResolver(const Node& root, const std::string& file)
      : root_(root), file_(file), folder_(std::filesystem::absolute(file.empty() ? "." : file).parent_path()) {}

  void resolve(const std::string& key, std::string& path) const {
    if (path.empty()) return;
    const auto* node = find_dotted(root_, key);
    const bool in_file = node != nullptr && !file_.empty() && node->at.source == file_;
    const auto base = in_file ? folder_ : std::filesystem::current_path();
    path = (base / path).lexically_normal().string();
  }

 private:
  const Node& root_;
  const std::string& file_;
  std::filesystem::path folder_;
};

void make_absolute(Settings& settings, const Node& root, const std::string& file) {
  const PathResolver paths(root, file);
  paths.resolve("data_dir", settings.data_dir);
  paths.resolve("log.file", settings.log_file);
  for (auto& folder : settings.plugin_folders) paths.resolve("plugins.path", folder);
}

}  // namespace

Result<void> override_key(Node& root, std::string_view key, Node value, const Position& at) {
  Node* group = &root;
  while (true) {
    if (group->kind == Node::Kind::null) group->kind = Node::Kind::mapping, group->at = at;
    if (group->kind != Node::Kind::mapping) {
      return Error(Status::invalid, at.text() + ": " + group->at.text() + " is not a mapping");
    }
    const auto dot = key.find('.');
    const auto name = key.substr(0, dot);
    if (name.empty()) return Error(Status::invalid, at.text() + ": a key has an empty part");
    auto* member = group->find(name);
    if (member == nullptr) {
      group->members.push_back({std::string(name), at, Node{Node::Kind::null, at, {}, false, {}, {}}});
      member = &group->members.back().value;
    }
    if (dot == std::string_view::npos) {
      *member = std::move(value);
      return {};
    }
    key.remove_prefix(dot + 1);
    group = member;
  }
}

Result<Settings> load_configuration(const ConfigSources& sources) {
  Node root;
  if (!sources.file.empty()) {
    NEXUS_ASSIGN(root, read_yaml_file(sources.file));
  }
  NEXUS_TRY(apply_environment(root));
  NEXUS_TRY(apply_command_line(root, sources));
  Problems problems;
  auto settings = read_settings(root, problems);
  if (!problems.empty()) return Error(Status::invalid, problems.text());
  make_absolute(settings, root, sources.file);
  return settings;
}

}  // namespace nexus::core
