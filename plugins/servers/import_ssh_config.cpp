#include "import_ssh_config.h"

#include "input_rules.h"
#include "jump_chain.h"

#include <algorithm>
#include <map>
#include <set>

namespace nexus::servers {
namespace {

// Every one is held against every name.
constexpr std::size_t kMostPatterns = 100;
constexpr std::size_t kMostBlocks = 4000;

using Settings = std::map<std::string, std::string>;  // keyword in lower case to value

struct Block {
  std::size_t line = 0;
  std::vector<std::string> names;     // of which none is a pattern
  std::vector<std::string> patterns;  // also with '!'
  Settings settings = {};
};

struct Config {
  std::vector<Block> blocks;
  ImportEntries apart;  // lines that cannot be read, or are passed over
};

bool is_pattern(std::string_view word) { return word.find_first_of("*?!") != std::string_view::npos; }

Block block_of(std::size_t line, const std::vector<std::string>& words) {
  Block block{line, {}, {}};
  for (const auto& word : words) (is_pattern(word) ? block.patterns : block.names).push_back(word);
  return block;
}

bool applies(const Block& block, std::string_view name) {
  bool yes = std::find(block.names.begin(), block.names.end(), name) != block.names.end();
  for (std::string_view pattern : block.patterns) {
    const bool negated = pattern.starts_with('!');
    if (negated) pattern.remove_prefix(1);
    if (!matches_host_pattern(pattern, name)) continue;
    if (negated) return false;
    yes = true;
  }
  return yes;
}

ImportEntry apart(std::size_t line, std::string name, bool ignored, const char* text_key) {
  return {line, std::move(name), {}, {}, {}, Error::api(code::kValidation, text_key), ignored};
}

void take_line(Config& config, std::size_t number, std::string_view line) {
  if (line.size() > kMaxImportLine) {
    config.apart.push_back(apart(number, "", false, "servers.import_line_too_long"));
    return;
  }
  auto words = ssh_config_words(line);
  if (!words) {
    config.apart.push_back(apart(number, "", false, "servers.import_quote_open"));
    return;
  }
  if (words->empty()) return;
  const auto keyword = lower_case(words->front());
  words->erase(words->begin());
  const auto first = words->empty() ? std::string() : words->front();
  if (keyword == "host") {
    config.blocks.push_back(block_of(number, *words));
  } else if (keyword == "match") {
    const bool all = words->size() == 1 && lower_case(first) == "all";
    config.blocks.push_back(block_of(number, {all ? "*" : "!*"}));
    if (!all) config.apart.push_back(apart(number, "Match", true, "servers.import_match_ignored"));
  } else if (keyword == "include") {
    config.apart.push_back(apart(number, "Include", true, "servers.import_include_ignored"));
  } else if (!first.empty()) {
    config.blocks.back().settings.emplace(keyword, first);
  }
}

Config read_lines(std::string_view content) {
  Config config;
  config.blocks.push_back(block_of(0, {"*"}));
  for (std::size_t number = 1; !content.empty(); ++number) {
    const auto end = content.find('\n');
    auto line = content.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    take_line(config, number, line);
    if (end == std::string_view::npos) break;
    content.remove_prefix(end + 1);
  }
  return config;
}

// What ssh would use, of the keywords that are asked for here.
Settings settings_for(const std::vector<Block>& blocks, std::string_view name) {
  Settings found;
  for (const auto& block : blocks) {
    if (applies(block, name)) found.insert(block.settings.begin(), block.settings.end());
  }
  return found;
}

// %h is the name, %% a percent sign.
std::string with_tokens(std::string_view text, std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto next = text[i] == '%' && i + 1 < text.size() ? text[i + 1] : '\0';
    if (next == 'h' || next == '%') ++i;
    next == 'h' ? out.append(name) : out.append(1, text[i]);
  }
  return out;
}

std::vector<std::string> hops_of(std::string_view text) {
  std::vector<std::string> hops;
  while (!text.empty()) {
    const auto end = std::min(text.find(','), text.size());
    hops.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return hops;
}

ImportEntry host_entry(const std::vector<Block>& blocks, std::size_t line, const std::string& name) {
  ImportEntry entry{line, name};
  // No server has it, and it is not held against patterns.
  if (!is_name(name)) {
    entry.problem = Error::field("name", "format", "servers.name_invalid");
    return entry;
  }
  const auto settings = settings_for(blocks, name);
  const auto value = [&](const char* keyword) {
    const auto found = settings.find(keyword);
    return found == settings.end() ? std::string() : found->second;
  };
  const auto host_name = value("hostname");
  entry.change.name = name;
  entry.change.host = host_name.empty() ? name : with_tokens(host_name, name);
  entry.change.ssh_user = value("user");
  if (const auto port = value("port"); !port.empty()) entry.change.port = import_number(port).value_or(0);
  if (const auto jump = value("proxyjump"); lower_case(jump) != "none") entry.jumps = hops_of(jump);
  if (entry.jumps.size() > kMostJumps) entry.problem = bad_jump("length", "servers.jump_too_long");
  return entry;
}

using EntriesByName = std::map<std::string, ImportEntry*>;

ImportEntry* entry_named(const EntriesByName& entries, const std::string& name) {
  const auto found = entries.find(name);
  return found == entries.end() ? nullptr : found->second;
}

// Entries by "host:port".
using EntriesByAddress = std::multimap<std::string, const ImportEntry*>;

std::int64_t port_of(const ImportEntry& entry) { return entry.change.port.value_or(Server().port); }

std::string address_key(std::string_view host, std::int64_t port) {
  return lower_case(host) + ":" + std::to_string(port);
}

bool fits_user(const ImportEntry& entry, const JumpAddress& hop) {
  return hop.user.empty() || hop.user == entry.change.ssh_user;
}

// The entry that the address is of, other than `entry`; null where there is none, or several accounts of one machine.
const ImportEntry* entry_at(const EntriesByAddress& entries, const JumpAddress& hop, const ImportEntry& entry) {
  const ImportEntry* found = nullptr;
  const auto [begin, end] = entries.equal_range(address_key(hop.host, hop.port.value_or(Server().port)));
  for (auto one = begin; one != end; ++one) {
    const auto* candidate = one->second;
    if (candidate == &entry || !fits_user(*candidate, hop)) continue;
    if (found != nullptr && found->change.ssh_user != candidate->change.ssh_user) return nullptr;
    if (found == nullptr) found = candidate;
  }
  return found;
}

// An entry is called by its name, or by where it is; with another user or port than its own it is another place.
const ImportEntry* entry_meant(const EntriesByName& by_name, const EntriesByAddress& by_address,
                               const std::string& text, const ImportEntry& entry) {
  if (const auto* named = entry_named(by_name, text)) return named;
  const auto hop = jump_address(text);
  const auto* alias = entry_named(by_name, hop.host);
  if (alias == nullptr) return entry_at(by_address, hop, entry);
  return fits_user(*alias, hop) && hop.port.value_or(port_of(*alias)) == port_of(*alias) ? alias : nullptr;
}

// Hops that are entries by their names alone, so that it does not matter which stands first.
void name_hops(ImportEntries& entries, const EntriesByName& by_name) {
  EntriesByAddress by_address;
  for (const auto& [name, entry] : by_name) {
    by_address.emplace(address_key(entry->change.host.value_or(""), port_of(*entry)), entry);
  }
  for (auto& entry : entries) {
    for (auto& jump : entry.jumps) {
      if (const auto* meant = entry_meant(by_name, by_address, jump, entry)) jump = meant->name;
    }
  }
}

// Whether the way to the entry of that name goes through `hop`, or is it.
bool leads_through(const EntriesByName& entries, const std::string& name, const std::string& hop) {
  const auto* entry = entry_named(entries, name);
  for (std::size_t hops = 0; hops <= kMostJumps; ++hops) {
    if (entry == nullptr) return false;
    if (entry->name == hop) return true;
    entry = entry->jumps.empty() ? nullptr : entry_named(entries, entry->jumps.back());
  }
  return true;
}

// A hop that has no way of its own is reached through the one before it, which is what a list of hops says of it. ssh
// may go to one machine by several ways; a server of ours has one, so the first list counts.
void give_ways(const ImportEntries& entries, const EntriesByName& by_name) {
  for (const auto& entry : entries) {
    if (entry.problem) continue;
    for (std::size_t i = 1; i < entry.jumps.size(); ++i) {
      auto* hop = entry_named(by_name, entry.jumps[i]);
      const auto& before = entry.jumps[i - 1];
      if (hop != nullptr && hop->jumps.empty() && !leads_through(by_name, before, hop->name)) hop->jumps = {before};
    }
  }
}

void resolve_hops(ImportEntries& entries) {
  EntriesByName by_name;
  for (auto& entry : entries) {
    if (!entry.problem) by_name.emplace(entry.name, &entry);
  }
  name_hops(entries, by_name);
  give_ways(entries, by_name);
}

}  // namespace

Result<ImportEntries> parse_ssh_config(std::string_view content) {
  auto config = read_lines(content);
  std::size_t patterns = 0;
  for (const auto& block : config.blocks) patterns += block.patterns.size();
  if (patterns > kMostPatterns || config.blocks.size() > kMostBlocks) {
    return import_refused("maxItems", "servers.import_too_many");
  }
  auto entries = std::move(config.apart);
  std::set<std::string_view> seen;
  for (const auto& block : config.blocks) {
    for (const auto& name : block.names) {
      if (!seen.insert(name).second) continue;
      if (entries.size() > kMaxImportEntries) return import_refused("maxItems", "servers.import_too_many");
      entries.push_back(host_entry(config.blocks, block.line, name));
    }
  }
  resolve_hops(entries);
  std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.line < b.line; });
  return entries;
}

std::optional<std::vector<std::string>> ssh_config_words(std::string_view line) {
  constexpr std::string_view kBlanks = " \t\f\v\r";
  const auto is_blank = [&](char c) { return kBlanks.find(c) != std::string_view::npos; };
  std::vector<std::string> words;
  std::size_t at = 0;
  for (;;) {
    while (at < line.size() && is_blank(line[at])) ++at;
    // One '=' may stand between the keyword and its value.
    if (words.size() == 1 && at < line.size() && line[at] == '=') {
      ++at;
      while (at < line.size() && is_blank(line[at])) ++at;
    }
    if (at == line.size() || line[at] == '#') return words;
    std::string word;
    char quote = '\0';
    for (; at < line.size(); ++at) {
      const char c = line[at];
      const bool escapes = c == '\\' && at + 1 < line.size() &&
                           std::string_view(quote == '\0' ? "\"'\\ " : "\"'\\").find(line[at + 1]) != std::string::npos;
      if (escapes) {
        word += line[++at];
      } else if (quote != '\0') {
        c == quote ? void(quote = '\0') : void(word += c);
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (is_blank(c) || (words.empty() && c == '=')) {
        break;
      } else {
        word += c;
      }
    }
    if (quote != '\0') return std::nullopt;
    words.push_back(std::move(word));
  }
}

bool matches_host_pattern(std::string_view pattern, std::string_view name) noexcept {
  std::size_t p = 0, n = 0, star = std::string_view::npos, resume = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

}  // namespace nexus::servers
