// What an operator does to accounts on the panel's own machine, where nobody can log in any more.
#pragma once

#include <nexus/cpp/plugin.h>

namespace nexus::users {

// `user list`, `user unlock NAME`, `user reset-password NAME`.
void add_user_commands(Registrar& registrar);

}  // namespace nexus::users
