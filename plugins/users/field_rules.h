// Rules about single fields, as errors that name the field. Pure functions.
#pragma once

#include "account_names.h"

#include <nexus/cpp/result.h>

#include <string_view>

namespace nexus::users {

Result<Username> check_username(std::string_view username);
Result<void> check_email(std::string_view email);
Result<void> check_new_password(std::string_view password, std::string_view username, std::string_view email);
Result<void> check_avatar(std::string_view avatar);
Result<void> check_role(std::string_view role);
Result<void> check_status(std::string_view status);
Result<void> check_language(std::string_view language);

}  // namespace nexus::users
