#include <nexus/storage/migrations.h>

#include <algorithm>
#include <cctype>

namespace nexus::storage {
namespace {

bool is_word(char character) {
  return std::isalnum(static_cast<unsigned char>(character)) != 0 || character == '_' || character == '$';
}

bool is_space(char character) { return std::isspace(static_cast<unsigned char>(character)) != 0; }

class Splitter {
 public:
  explicit Splitter(std::string_view script) : script_(script) {}

  std::vector<std::string> run() {
    while (at_ < script_.size()) step();
    end_statement();
    return std::move(statements_);
  }

 private:
  void step() {
    const char character = script_[at_];
    if (is_space(character)) {
      ++at_;
    } else if (skips_comment()) {
      return;
    } else if (character == ';' && depth_ == 0) {
      end_statement();
      ++at_;
    } else {
      begin_statement();
      if (character == '\'' || character == '"' || character == '`') {
        skip_quoted(character);
      } else if (is_word(character)) {
        read_word();
      } else {
        ++at_;
      }
      end_ = at_;
    }
  }

  // A backslash is an ordinary character, as the standard has it: a quote inside a string is written twice.
  void skip_quoted(char quote) {
    const auto close = script_.find(quote, at_ + 1);
    at_ = close == std::string_view::npos ? script_.size() : close + 1;
  }

  bool skips_comment() {
    const std::string_view rest = script_.substr(at_);
    std::size_t length = 0;
    if (rest.starts_with("--") || rest.starts_with('#')) {
      length = rest.find('\n');
    } else if (rest.starts_with("/*")) {
      const auto close = rest.find("*/", 2);
      length = close == std::string_view::npos ? close : close + 2;
    } else {
      return false;
    }
    at_ = length == std::string_view::npos ? script_.size() : at_ + length;
    return true;
  }

  void read_word() {
    const auto start = at_;
    while (at_ < script_.size() && is_word(script_[at_])) ++at_;
    if (start > 0 && script_[start - 1] == '.') return;  // NEW.end is a column
    std::string word(script_.substr(start, at_ - start));
    std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return std::toupper(c); });
    follow(word);
    previous_ = std::move(word);
  }

  void follow(const std::string& word) {
    if (previous_.empty()) creates_ = word == "CREATE";
    if (creates_ && (word == "TRIGGER" || word == "PROCEDURE" || word == "FUNCTION" || word == "EVENT")) body_ = true;
    if (!body_) return;
    if (previous_ == "END") {
      // END IF, END LOOP, ... close what was not counted; END CASE closes its CASE, which END did already.
      if (word == "IF" || word == "LOOP" || word == "WHILE" || word == "REPEAT") ++depth_;
      if (word == "CASE") return;
    }
    if (word == "BEGIN" || word == "CASE") ++depth_;
    if (word == "END" && depth_ > 0) --depth_;
  }

  void begin_statement() {
    if (begin_ == std::string_view::npos) begin_ = at_;
  }

  void end_statement() {
    if (begin_ != std::string_view::npos) statements_.emplace_back(script_.substr(begin_, end_ - begin_));
    begin_ = std::string_view::npos;
    depth_ = 0;
    creates_ = body_ = false;
    previous_.clear();
  }

  std::string_view script_;
  std::size_t at_ = 0;
  std::size_t begin_ = std::string_view::npos;  // of the statement, behind comments that lead to it
  std::size_t end_ = 0;                         // behind its last token
  int depth_ = 0;                               // of BEGIN and CASE in a body
  bool creates_ = false;
  bool body_ = false;
  std::string previous_;  // word of this statement
  std::vector<std::string> statements_;
};

}  // namespace

std::vector<std::string> split_statements(std::string_view script) { return Splitter(script).run(); }

}  // namespace nexus::storage
