// A configuration as a plain tree in which every value knows where it was written.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nexus::core {

struct Position {
  std::string source;  // file, "--set http.listen" or "environment NEXUS_HTTP_LISTEN"
  int line = 0;        // from 1; 0: the source is no file
  int column = 0;

  // "panel.yaml:3:7", or the source alone.
  std::string text() const;
};

struct Node {
  enum class Kind { null, scalar, sequence, mapping };
  struct Member;

  Kind kind = Kind::null;
  Position at;
  std::string text;     // of a scalar
  bool quoted = false;  // a scalar that is text whatever it looks like
  std::vector<Node> items;
  std::vector<Member> members;  // in the order of the file, keys unique

  const Node* find(std::string_view key) const noexcept;
  Node* find(std::string_view key) noexcept;
};

struct Node::Member {
  std::string key;
  Position at;  // of the key
  Node value;
};

// Takes what a file got wrong, one sentence each, so that a person sees all of it at once.
class Problems {
 public:
  void add(const Position& at, const std::string& sentence) { lines_.push_back(at.text() + ": " + sentence); }
  bool empty() const noexcept { return lines_.empty(); }
  // One line for each.
  std::string text() const;

 private:
  std::vector<std::string> lines_;
};

}  // namespace nexus::core
