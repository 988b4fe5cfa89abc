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

JumpAddress jump_address(std::string_view text) {
  JumpAddress address;
  if (const auto at = text.rfind('@'); at != std::string_view::npos) {
    address.user = text.substr(0, at);
    text.remove_prefix(at + 1);
  }
  if (const auto colon = text.rfind(':'); colon != std::string_view::npos && text.find(':') == colon) {
    address.port = import_number(text.substr(colon + 1)).value_or(0);
    text = text.substr(0, colon);
  }
  address.host = text;
  return address;
}

std::optional<std::int64_t> import_number(std::string_view text) noexcept {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

}  // namespace nexus::servers
