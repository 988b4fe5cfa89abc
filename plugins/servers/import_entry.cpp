#include "import_entry.h"

#include "import_csv.h"
#include "import_json.h"
#include "import_ssh_config.h"

#include <charconv>

namespace nexus::servers {

Result<ImportEntries> parse_import(std::string_view format, std::string_view content) {
  // What Windows writes before UTF-8.
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (content.size() > kMaxImportBytes) return import_refused("maxLength", "servers.import_too_long");
  if (content.starts_with(kByteOrderMark)) content.remove_prefix(kByteOrderMark.size());
  auto entries = format == "csv"    ? parse_csv(content)
                 : format == "json" ? parse_json_servers(content)
                                    : parse_ssh_config(content);
  if (entries.ok() && entries->size() > kMaxImportEntries) {
    return import_refused("maxItems", "servers.import_too_many");
  }
  return entries;
}

Error import_refused(const char* rule, const char* text_key) { return Error::field("content", rule, text_key); }

std::optional<std::int64_t> import_number(std::string_view text) noexcept {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

}  // namespace nexus::servers
