#include "core/loader/shared_object.h"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <optional>

namespace nexus::core {
namespace {

#if defined(__x86_64__)
constexpr Elf64_Half kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr Elf64_Half kMachine = EM_AARCH64;
#else
#error "name the ELF machine of this processor"
#endif

constexpr std::string_view kEntrySymbol = "nexus_plugin_entry";
// So many names are shown of a plugin that exports too much.
constexpr std::size_t kNamesShown = 5;

Error refused(const std::string& reason) { return Error(Status::invalid, reason); }
Error truncated() { return refused("the file is cut off: copy it again"); }

// A struct of the file, copied because the file aligns nothing; nullopt past its end.
template <class Struct>
std::optional<Struct> read_at(std::string_view image, std::uint64_t offset) {
  if (offset > image.size() || image.size() - offset < sizeof(Struct)) return std::nullopt;
  Struct out{};
  std::memcpy(&out, image.data() + offset, sizeof out);
  return out;
}

std::optional<std::string_view> section_bytes(std::string_view image, const Elf64_Shdr& section) {
  if (section.sh_offset > image.size() || image.size() - section.sh_offset < section.sh_size) return std::nullopt;
  return image.substr(section.sh_offset, section.sh_size);
}

Result<Elf64_Ehdr> read_header(std::string_view image) {
  if (!image.starts_with(std::string_view(ELFMAG, SELFMAG))) return refused("it is not a shared object (no ELF file)");
  const auto header = read_at<Elf64_Ehdr>(image, 0);
  if (!header) return truncated();
  if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_machine != kMachine) {
    return refused("it was built for another processor: its author must build it for this one");
  }
  if (header->e_type != ET_DYN) return refused("it is an ELF file, but not a shared object");
  // The table of sections stands at the end of the file as linkers write it.
  const auto sections = std::uint64_t{header->e_shnum} * sizeof(Elf64_Shdr);
  if (header->e_shoff > image.size() || image.size() - header->e_shoff < sections) return truncated();
  return *header;
}

bool is_exported(const Elf64_Sym& symbol) {
  const auto binding = ELF64_ST_BIND(symbol.st_info);
  const auto visibility = ELF64_ST_VISIBILITY(symbol.st_other);
  return symbol.st_shndx != SHN_UNDEF && binding != STB_LOCAL &&
         (visibility == STV_DEFAULT || visibility == STV_PROTECTED);
}

Result<std::vector<std::string>> read_symbols(std::string_view symbols, std::string_view names) {
  std::vector<std::string> out;
  for (std::uint64_t offset = 0; offset + sizeof(Elf64_Sym) <= symbols.size(); offset += sizeof(Elf64_Sym)) {
    const auto symbol = read_at<Elf64_Sym>(symbols, offset);
    if (!symbol || !is_exported(*symbol)) continue;
    if (symbol->st_name >= names.size()) return truncated();
    const auto name = names.substr(symbol->st_name);
    out.emplace_back(name.substr(0, name.find('\0')));
  }
  return out;
}

}  // namespace

Result<std::vector<std::string>> exported_symbols(std::string_view image) {
  NEXUS_ASSIGN(const auto header, read_header(image));
  for (std::uint64_t index = 0; index < header.e_shnum; ++index) {
    const auto section = read_at<Elf64_Shdr>(image, header.e_shoff + index * sizeof(Elf64_Shdr));
    if (!section) return truncated();
    if (section->sh_type != SHT_DYNSYM) continue;
    const auto linked = read_at<Elf64_Shdr>(image, header.e_shoff + section->sh_link * sizeof(Elf64_Shdr));
    const auto symbols = section_bytes(image, *section);
    const auto names = linked ? section_bytes(image, *linked) : std::nullopt;
    if (!symbols || !names) return truncated();
    return read_symbols(*symbols, *names);
  }
  return refused("it has no table of exported symbols");
}

Result<void> check_exports(const std::vector<std::string>& symbols) {
  if (std::ranges::find(symbols, kEntrySymbol) == symbols.end()) {
    return refused(
        "it does not export nexus_plugin_entry, so it is no plugin of this panel: its author must build it "
        "with nexus_add_plugin and NEXUS_PLUGIN");
  }
  if (symbols.size() == 1) return {};
  std::string names;
  std::size_t shown = 0;
  for (const auto& symbol : symbols) {
    if (symbol == kEntrySymbol) continue;
    if (++shown > kNamesShown) break;
    names += (names.empty() ? "" : ", ") + symbol;
  }
  return refused("it exports " + std::to_string(symbols.size()) +
                 " symbols, nexus_plugin_entry alone is allowed: its "
                 "author must hide the others (" +
                 names + (shown > kNamesShown ? ", ..." : "") + ")");
}

}  // namespace nexus::core
