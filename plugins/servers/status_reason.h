// Why a server's status is `offline` or `unknown`, in a word that is part of the API.
#pragma once

#include <string>
#include <string_view>

namespace nexus::servers {

// Of `unknown`; the words of `offline` are those of failures (failure_answer.h).
inline constexpr std::string_view kNeverConnected = "never_connected";
inline constexpr std::string_view kPanelRestarted = "panel_restarted";  // and nothing was asked of it since
inline constexpr std::string_view kAddressChanged = "address_changed";  // likewise

// The catalogue's sentence about either.
std::string status_message_key(std::string_view reason);

}  // namespace nexus::servers
