#include "core/config/yaml_reader.h"

#include <sys/stat.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <sstream>
#include <system_error>

namespace nexus::core {
namespace {

struct Refusal {
  Position at;
  std::string sentence;
};

// Builds the tree from the parser's events; throws Refusal.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(const std::string& source, bool with_lines) : source_(source), with_lines_(with_lines) {}

  Node take() { return std::move(root_); }
  Position position(const YAML::Mark& mark) const {
    if (!with_lines_ || mark.is_null()) return {source_, 0, 0};
    return {source_, mark.line + 1, mark.column + 1};
  }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    place(Node{Node::Kind::null, position(mark), {}, false, {}, {}}, mark);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw Refusal{position(mark), "aliases (*name) are not allowed; write the value again"};
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_anchor(mark, anchor);
    if (tag != "?" && tag != "!" && !tag.empty()) throw Refusal{position(mark), "tags (" + tag + ") are not allowed"};
    if (value.size() > kLongestScalar) {
      throw Refusal{position(mark), "a value is longer than " + std::to_string(kLongestScalar) + " bytes"};
    }
    place(Node{Node::Kind::scalar, position(mark), value, tag == "!", {}, {}}, mark);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(Node::Kind::sequence, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(Node::Kind::mapping, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Level {
    Node node;
    bool has_key = false;
    std::string key;
    Position key_at;
  };

  void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) const {
    if (anchor != YAML::NullAnchor) throw Refusal{position(mark), "anchors (&name) are not allowed"};
  }

  void open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    refuse_anchor(mark, anchor);
    if (tag != "?" && tag != "!" && !tag.empty()) throw Refusal{position(mark), "tags (" + tag + ") are not allowed"};
    if (levels_.size() >= static_cast<std::size_t>(kDeepestConfig)) {
      throw Refusal{position(mark), "nested deeper than " + std::to_string(kDeepestConfig) + " levels"};
    }
    if (!levels_.empty() && levels_.back().node.kind == Node::Kind::mapping && !levels_.back().has_key) {
      throw Refusal{position(mark), "a key must be a plain word"};
    }
    levels_.push_back({Node{kind, position(mark), {}, false, {}, {}}, false, {}, {}});
  }

  void close() {
    Node done = std::move(levels_.back().node);
    levels_.pop_back();
    place(std::move(done), YAML::Mark::null_mark());
  }

  void place(Node node, const YAML::Mark& mark) {
    if (levels_.empty()) {
      root_ = std::move(node);
      return;
    }
    auto& level = levels_.back();
    if (level.node.kind == Node::Kind::sequence) {
      level.node.items.push_back(std::move(node));
    } else if (!level.has_key) {
      take_key(level, node, mark);
    } else {
      level.node.members.push_back({std::move(level.key), std::move(level.key_at), std::move(node)});
      level.has_key = false;
    }
  }

  void take_key(Level& level, const Node& node, const YAML::Mark& mark) const {
    if (node.kind != Node::Kind::scalar) throw Refusal{position(mark), "a key must be a plain word"};
    for (const auto& member : level.node.members) {
      if (member.key == node.text) {
        throw Refusal{node.at, "\"" + node.text + "\" is there twice; first at " + member.at.text()};
      }
    }
    level.has_key = true;
    level.key = node.text;
    level.key_at = node.at;
  }

  std::string source_;
  bool with_lines_;
  Node root_;
  std::vector<Level> levels_;
};

Error refusal(const Position& at, const std::string& sentence) {
  return Error(Status::invalid, at.text() + ": " + sentence);
}

}  // namespace

Result<Node> read_yaml(std::string_view text, const std::string& source, bool with_lines) {
  const Position start{source, with_lines ? 1 : 0, 1};
  if (text.size() > kLargestConfig) {
    return refusal(start, "larger than " + std::to_string(kLargestConfig / 1024) + " KiB");
  }
  if (const auto zero = text.find('\0'); zero != std::string_view::npos) {
    return refusal(start, "holds a NUL byte, so it is no YAML text");
  }
  TreeBuilder builder(source, with_lines);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    parser.HandleNextDocument(builder);
    TreeBuilder second(source, with_lines);
    if (parser.HandleNextDocument(second)) return refusal(start, "holds more than one document (---)");
  } catch (const Refusal& refused) {
    return refusal(refused.at, refused.sentence);
  } catch (const YAML::Exception& error) {
    return refusal(builder.position(error.mark), "not valid YAML: " + error.msg);
  }
  return builder.take();
}

Result<Node> read_yaml_file(const std::string& path) {
  const auto failed = [&](const std::string& why) {
    return Error(Status::invalid, "the configuration file " + path + " cannot be read: " + why);
  };
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return failed(std::generic_category().message(errno));
  struct stat status {};
  fstat(file, &status);
  std::string text;
  std::array<char, 16 * 1024> chunk{};
  ssize_t got = S_ISREG(status.st_mode) ? 1 : 0;
  while (got > 0 && text.size() <= kLargestConfig) {
    got = ::read(file, chunk.data(), chunk.size());
    if (got > 0) text.append(chunk.data(), static_cast<std::size_t>(got));
  }
  ::close(file);
  if (!S_ISREG(status.st_mode)) return failed("it is not a regular file");
  if (got < 0) return failed("input/output error");
  return read_yaml(text, path);
}

}  // namespace nexus::core
