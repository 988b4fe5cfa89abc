#include "import_json.h"

#include <nexus/cpp/json.h>

#include <algorithm>
#include <array>

namespace nexus::servers {
namespace {

// An array of objects with arrays in them.
constexpr int kMaxDepth = 3;

// Reads characters and counts lines, for the parser.
class CountedText {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountedText(const char* at, std::size_t* line) : at_(at), line_(line) {}
  reference operator*() const { return *at_; }
  CountedText& operator++() {
    if (*at_ == '\n') ++*line_;
    ++at_;
    return *this;
  }
  CountedText operator++(int) {
    auto before = *this;
    ++*this;
    return before;
  }
  bool operator==(const CountedText& other) const { return at_ == other.at_; }

 private:
  const char* at_;
  std::size_t* line_;
};

struct Document {
  Json value;
  std::vector<std::size_t> lines;  // where each element of the array begins
};

Result<Document> read(std::string_view content) {
  Document document;
  std::size_t line = 1;
  bool too_deep = false;
  // Elements are the values at depth 1; objects are there when their brace has been read.
  const auto note = [&](int depth, Json::parse_event_t event, Json&) {
    const bool opens = event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start;
    if (opens && depth >= kMaxDepth) too_deep = true;
    const bool begins_element = (opens || event == Json::parse_event_t::value) && depth == 1;
    if (begins_element && document.lines.size() <= kMaxImportEntries) document.lines.push_back(line);
    return !too_deep;
  };
  document.value =
      Json::parse(CountedText(content.data(), &line), CountedText(content.data() + content.size(), &line), note, false);
  if (too_deep || !document.value.is_array()) return import_refused("format", "servers.import_no_array");
  return document;
}

bool all_of(const Json& value, bool (Json::*fits)() const noexcept) {
  return value.is_array() && std::all_of(value.begin(), value.end(), [fits](const Json& one) { return (one.*fits)(); });
}

using Take = bool (*)(ImportEntry&, const Json&);

template <class Field>
bool take_text(Field& field, const Json& value) {
  if (value.is_string()) field = value.get<std::string>();
  return value.is_string();
}

template <class Field>
bool take_number(Field& field, const Json& value) {
  if (value.is_number_integer()) field = std::optional(value.get<std::int64_t>());
  return value.is_number_integer();
}

bool take_password(ImportEntry& entry, const Json& value) {
  if (value.is_string()) entry.change.password.emplace().emplace(value.get<std::string>());
  return value.is_string();
}

bool take_jump(ImportEntry& entry, const Json& value) { return take_text(entry.jumps.emplace_back(), value); }

template <class Field>
bool take_texts(Field& field, const Json& value) {
  const bool fits = all_of(value, &Json::is_string);
  if (fits) field = value.get<std::vector<std::string>>();
  return fits;
}

bool take_group_ids(ImportEntry& entry, const Json& value) {
  const bool fits = all_of(value, &Json::is_number_integer);
  if (fits) entry.change.group_ids = value.get<std::vector<std::int64_t>>();
  return fits;
}

struct Member {
  std::string_view name;
  Take take;
};

constexpr std::array<Member, 12> kMembers{{
    {"name", [](ImportEntry& e, const Json& v) { return take_text(e.change.name, v); }},
    {"host", [](ImportEntry& e, const Json& v) { return take_text(e.change.host, v); }},
    {"port", [](ImportEntry& e, const Json& v) { return take_number(e.change.port, v); }},
    {"ssh_user", [](ImportEntry& e, const Json& v) { return take_text(e.change.ssh_user, v); }},
    {"ssh_key_id", [](ImportEntry& e, const Json& v) { return take_number(e.change.ssh_key_id, v); }},
    {"jump_server_id", [](ImportEntry& e, const Json& v) { return take_number(e.change.jump_server_id, v); }},
    {"jump_server", [](ImportEntry& e, const Json& v) { return take_jump(e, v); }},
    {"password", take_password},
    {"tags", [](ImportEntry& e, const Json& v) { return take_texts(e.change.tags, v); }},
    {"group_ids", take_group_ids},
    {"groups", [](ImportEntry& e, const Json& v) { return take_texts(e.groups, v); }},
    {"description", [](ImportEntry& e, const Json& v) { return take_text(e.change.description, v); }},
}};

std::optional<Error> take_members(ImportEntry& entry, const Json& object) {
  if (!object.is_object()) return Error::api(code::kValidation, "servers.import_no_object");
  for (const auto& item : object.items()) {
    const auto& name = item.key();
    const auto& value = item.value();
    const auto* found =
        std::find_if(kMembers.begin(), kMembers.end(), [&](const Member& one) { return one.name == name; });
    if (found == kMembers.end()) return Error::field(name, "unknown", "servers.import_member_unknown");
    if (!value.is_null() && !found->take(entry, value)) {
      return Error::field(name, "type", "servers.import_member_type");
    }
  }
  return std::nullopt;
}

}  // namespace

Result<ImportEntries> parse_json_servers(std::string_view content) {
  NEXUS_ASSIGN(const auto document, read(content));
  if (document.value.size() > kMaxImportEntries) return import_refused("maxItems", "servers.import_too_many");
  ImportEntries entries;
  for (std::size_t i = 0; i < document.value.size(); ++i) {
    ImportEntry entry{document.lines[i], ""};
    entry.problem = take_members(entry, document.value[i]);
    entry.name = entry.change.name.value_or("");
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace nexus::servers
