#include "json_document.h"

#include <nlohmann/json.hpp>

#include <iterator>
#include <vector>

namespace nexus::api {
namespace {

using nlohmann::json;

// Tells how far the parser has read, which its events do not.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, const char** furthest) : at_(at), furthest_(furthest) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    *furthest_ = ++at_;
    return *this;
  }
  CountingIterator operator++(int) {
    auto before = *this;
    ++*this;
    return before;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  const char** furthest_;
};

// Builds the document from the parser's events, which come without recursion.
class DocumentBuilder {
 public:
  explicit DocumentBuilder(json& root) : root_(root) {}

  const JsonProblem& problem() const { return problem_; }

  bool null() { return add(nullptr); }
  bool boolean(bool value) { return add(value); }
  bool number_integer(json::number_integer_t value) { return add(value); }
  bool number_unsigned(json::number_unsigned_t value) { return add(value); }
  bool number_float(json::number_float_t value, const json::string_t&) { return add(value); }
  bool string(json::string_t& value) { return add(std::move(value)); }
  bool binary(json::binary_t&) { return false; }
  bool start_object(std::size_t) { return open(json::object()); }
  bool start_array(std::size_t) { return open(json::array()); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool key(json::string_t& name) {
    const auto [position, is_new] = open_.back()->get_ref<json::object_t&>().try_emplace(name);
    if (!is_new) problem_ = {"error.40000.json_duplicate", 0, name};
    member_ = &position->second;
    return is_new;
  }

  bool parse_error(std::size_t position, const std::string&, const json::exception&) {
    problem_ = {"error.40000.json", position, {}};
    return false;
  }

 private:
  template <class Value>
  bool add(Value&& value) {
    place(json(std::forward<Value>(value)));
    return true;
  }

  json* place(json value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    if (open_.back()->is_object()) {
      *member_ = std::move(value);
      return member_;
    }
    open_.back()->push_back(std::move(value));
    return &open_.back()->back();
  }

  bool open(json container) {
    if (open_.size() == kMaxJsonDepth) {
      problem_ = {"error.40000.json_depth", 0, {}};
      return false;
    }
    open_.push_back(place(std::move(container)));
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  json& root_;
  std::vector<json*> open_;  // the containers around the next value; none grows while a deeper one is open
  json* member_ = nullptr;   // where the next value of the innermost object goes
  JsonProblem problem_;
};

}  // namespace

std::optional<JsonProblem> parse_json_document(std::string_view text, json& out) {
  const char* furthest = text.data();
  DocumentBuilder builder(out);
  const CountingIterator first(text.data(), &furthest);
  const CountingIterator last(text.data() + text.size(), &furthest);
  if (json::sax_parse(first, last, &builder)) return std::nullopt;
  auto problem = builder.problem();
  if (problem.position == 0) problem.position = static_cast<std::size_t>(furthest - text.data());
  return problem;
}

}  // namespace nexus::api
