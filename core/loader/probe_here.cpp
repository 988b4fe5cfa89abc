#include "core/loader/plugin_module.h"
#include "core/loader/prober.h"
#include "core/loader/shared_object.h"

#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <system_error>

namespace nexus::core {
namespace {

// No plugin is larger; reading stops there.
constexpr off_t kLargestPlugin = 512 * 1024 * 1024;

Result<std::string> read_image(const std::string& file) {
  struct stat status {};
  if (stat(file.c_str(), &status) != 0) {
    return Error(Status::invalid, "it cannot be read: " + std::generic_category().message(errno));
  }
  if (status.st_size > kLargestPlugin) return Error(Status::invalid, "it is larger than 512 MiB");
  std::ifstream stream(file, std::ios::binary);
  std::string image(static_cast<std::size_t>(status.st_size), '\0');
  if (!stream.read(image.data(), status.st_size)) return Error(Status::invalid, "it cannot be read");
  return image;
}

}  // namespace

Result<PluginEntry> probe_here(const std::string& file) {
  {
    NEXUS_ASSIGN(const auto image, read_image(file));
    NEXUS_ASSIGN(const auto symbols, exported_symbols(image));
    NEXUS_TRY(check_exports(symbols));
  }
  NEXUS_ASSIGN(auto module, PluginModule::open(file));
  auto entry = read_entry(module.entry());
  module.leave_open();  // running its destructors here would tell nothing
  return entry;
}

}  // namespace nexus::core
