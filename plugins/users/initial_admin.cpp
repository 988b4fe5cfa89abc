#include "initial_admin.h"

#include "password_hash.h"
#include "password_rules.h"

#include <sys/stat.h>

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>

namespace nexus::users {
namespace {

bool write_all(int file, std::string_view text) noexcept {
  while (!text.empty()) {
    const auto written = ::write(file, text.data(), text.size());
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// To the person at the console: never through the log, which is kept.
void show(std::string_view password, const std::string& file) {
  std::fprintf(stderr,
               "\n  First start: log in as \"%.*s\" with the password %.*s\n"
               "  It is kept in %s until the first login.\n\n",
               static_cast<int>(kInitialAdminName.size()), kInitialAdminName.data(), static_cast<int>(password.size()),
               password.data(), file.c_str());
}

}  // namespace

std::string panel_folder(std::string_view plugin_folder, std::string_view plugin_id) {
  const std::string suffix = "/plugins/" + std::string(plugin_id);
  if (plugin_folder.ends_with(suffix)) plugin_folder.remove_suffix(suffix.size());
  return std::string(plugin_folder);
}

Result<std::optional<std::int64_t>> InitialAdmin::create_if_empty(UserStore store, const char* wanted_password,
                                                                  std::int64_t now_us) const {
  NEXUS_ASSIGN(const bool empty, store.empty());
  if (!empty) return std::optional<std::int64_t>();
  const bool is_given = wanted_password != nullptr && *wanted_password != '\0';
  const std::string password = is_given ? std::string(wanted_password) : random_password();
  if (check_password_form(password) != PasswordFlaw::none) {
    return Error(Status::invalid, "NEXUS_ADMIN_PASSWORD must have 8 characters or more and at most 128 bytes");
  }
  NEXUS_ASSIGN(const auto hash, hash_password(password));
  // first the file: an account whose password nobody knows would be of no use
  if (!is_given) NEXUS_TRY(keep(password));
  const std::string name(kInitialAdminName);
  const std::string email(kInitialAdminEmail);
  const auto id = store.insert({name, name, email, email, "admin", "zh-CN"}, hash, now_us);
  if (!id.ok()) return id.error();
  if (!is_given) show(password, file_);
  return std::optional(*id);
}

void InitialAdmin::signed_in(const User& user) const noexcept {
  if (user.username == kInitialAdminName) ::unlink(file_.c_str());
}

Result<void> InitialAdmin::keep(std::string_view password) const {
  ::unlink(file_.c_str());
  const int file = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
  const bool written = file >= 0 && write_all(file, password) && write_all(file, "\n") && ::fsync(file) == 0;
  if (file >= 0) ::close(file);
  if (!written) return Error(Status::unavailable, "cannot write " + file_);
  return {};
}

}  // namespace nexus::users
