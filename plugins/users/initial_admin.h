// The first administrator of an empty panel, and the file in which a random password waits for its first login.
#pragma once

#include "user_store.h"

#include <nexus/cpp/result.h>

#include <string>
#include <string_view>

namespace nexus::users {

inline constexpr std::string_view kInitialAdminName = "admin";
inline constexpr std::string_view kInitialAdminEmail = "admin@localhost";
inline constexpr std::string_view kInitialPasswordFile = "initial-admin-password";

// The panel's data folder: <data>/plugins/<plugin id> is `plugin_folder` in a panel; where it is something else,
// itself.
std::string panel_folder(std::string_view plugin_folder, std::string_view plugin_id);

class InitialAdmin {
 public:
  // `folder` is where the file lies.
  explicit InitialAdmin(const std::string& folder) : file_(folder + "/" + std::string(kInitialPasswordFile)) {}

  // Makes the administrator where there is no account at all. `wanted_password` (may be null) is the operator's;
  // without it a random one is made, shown once on standard error and kept in the file, which only its owner may read.
  // Fails where the wanted password breaks the rules about length and characters. Answers the id of the account where
  // it made one.
  Result<std::optional<std::int64_t>> create_if_empty(UserStore store, const char* wanted_password,
                                                      std::int64_t now_us) const;

  // Removes the file once the administrator has logged in. Cheap where there is none.
  void signed_in(const User& user) const noexcept;

  const std::string& file() const noexcept { return file_; }

 private:
  Result<void> keep(std::string_view password) const;

  std::string file_;
};

}  // namespace nexus::users
