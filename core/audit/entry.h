// What the audit trail keeps of one thing that was done.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace nexus::core::audit {

struct Entry {
  std::int64_t time_us = 0;  // when it was answered
  std::int64_t user_id = 0;  // 0: nobody was logged in
  std::int64_t status = 0;   // HTTP; 0: no request
  std::int64_t code = 0;     // application code; 0: success
  std::string user_name;     // of the user, or the name that somebody gave himself
  std::string session_id;
  std::string token_id;
  std::string plugin;  // whose route it was, or "host"
  std::string action;  // an operationId, or a plugin's own word
  std::string method;
  std::string path;
  std::string target;  // "users/7"
  std::string remote_address;
  std::string request_id;
  std::string result;   // "ok", "denied", "failed"
  std::string details;  // a JSON object, or empty
};

inline constexpr std::string_view kOk = "ok";
inline constexpr std::string_view kDenied = "denied";
inline constexpr std::string_view kFailed = "failed";

inline constexpr std::size_t kActionBytes = 64;
inline constexpr std::size_t kTargetBytes = 256;
inline constexpr std::size_t kDetailsBytes = 4096;

// A column: the bound in bytes keeps an entry below 8 KiB, whatever clients and plugins send.
struct NumberColumn {
  const char* name;
  std::int64_t Entry::*member;
};
struct TextColumn {
  const char* name;
  std::string Entry::*member;
  std::size_t bytes;
};

// In the order of the table and of the hashed text.
inline constexpr std::array<NumberColumn, 4> kNumberColumns{
    {{"time_us", &Entry::time_us}, {"user_id", &Entry::user_id}, {"status", &Entry::status}, {"code", &Entry::code}}};
inline constexpr std::array<TextColumn, 12> kTextColumns{{{"user_name", &Entry::user_name, 256},
                                                          {"session_id", &Entry::session_id, 64},
                                                          {"token_id", &Entry::token_id, 64},
                                                          {"plugin", &Entry::plugin, 64},
                                                          {"action", &Entry::action, kActionBytes},
                                                          {"method", &Entry::method, 16},
                                                          {"path", &Entry::path, 1024},
                                                          {"target", &Entry::target, kTargetBytes},
                                                          {"remote_address", &Entry::remote_address, 64},
                                                          {"request_id", &Entry::request_id, 64},
                                                          {"result", &Entry::result, 16},
                                                          {"details", &Entry::details, kDetailsBytes}}};

// Whether `text` is a JSON object within the bound.
bool are_details(std::string_view text) noexcept;

// What both databases take and give back unchanged: UTF-8 without NUL, cut to the bounds. Details that are no object
// within theirs are dropped; false says so.
bool make_storable(Entry& entry);

// An entry of the host's own, about the trail itself.
Entry own_entry(std::string_view action, std::string_view result, std::string details_json);

}  // namespace nexus::core::audit
