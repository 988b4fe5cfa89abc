// Packets of SFTP version 3 (draft-ietf-secsh-filexfer-02), as far as the panel uses it. Pure.
#pragma once

#include "ssh/file_systems.h"
#include "ssh/wire.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nexus::servers::ssh::sftp {

enum class Type : std::uint8_t {
  init = 1,
  version = 2,
  open = 3,
  close = 4,
  read = 5,
  write = 6,
  setstat = 9,
  fstat = 8,
  remove = 13,
  realpath = 16,
  stat = 17,
  rename = 18,
  status = 101,
  handle = 102,
  data = 103,
  name = 104,
  attributes = 105,
  extended = 200,
  extended_reply = 201,
};

// Codes of a status reply.
enum class Status : std::uint32_t { ok = 0, end_of_file = 1, no_such_file = 2, permission_denied = 3, failure = 4 };

// How a file is opened.
inline constexpr std::uint32_t kRead = 1;
inline constexpr std::uint32_t kWrite = 2;
inline constexpr std::uint32_t kCreate = 8;
inline constexpr std::uint32_t kTruncate = 16;
inline constexpr std::uint32_t kExclusive = 32;

// A reply is as large as the largest read that is asked for, and a little more; a server that announces more is broken.
inline constexpr std::size_t kLargestPacket = 256 * 1024;
// What every server must take in one packet.
inline constexpr std::uint32_t kBlock = 32 * 1024;

struct Attributes {
  std::optional<std::uint64_t> size;
  std::optional<std::uint32_t> permissions;
};

// Complete packets, with their length in front.
std::string init_packet();
std::string open_packet(std::uint32_t id, std::string_view path, std::uint32_t flags,
                        std::optional<std::uint32_t> permissions);
// Of a request that names a handle or a path and nothing else: close, fstat, stat, remove, realpath.
std::string plain_packet(Type type, std::uint32_t id, std::string_view what);
std::string read_packet(std::uint32_t id, std::string_view handle, std::uint64_t offset, std::uint32_t size);
std::string write_packet(std::uint32_t id, std::string_view handle, std::uint64_t offset, std::string_view data);
// An extension with one or two strings: statvfs@openssh.com, fsync@openssh.com, posix-rename@openssh.com.
std::string extended_packet(std::uint32_t id, std::string_view name, std::string_view first,
                            std::optional<std::string_view> second = std::nullopt);
std::string set_permissions_packet(std::uint32_t id, std::string_view path, std::uint32_t permissions);
std::string rename_packet(std::uint32_t id, std::string_view from, std::string_view to);

// A reply, borrowed from the bytes that it was read from.
struct Reply {
  Type type = Type::status;
  std::uint32_t id = 0;   // of a version reply: the version
  std::string_view body;  // after the id
  // nullopt where it is none.
  std::optional<Status> status() const noexcept;
  std::optional<std::string_view> handle() const noexcept;
  std::optional<std::string_view> data() const noexcept;
  std::optional<Attributes> attributes() const noexcept;
  std::optional<Space> space() const noexcept;
};

// The next whole packet at the front of `bytes`, which is shortened by it. False: more bytes are needed. `broken` is
// set where the length makes no sense.
bool take_reply(std::string_view& bytes, Reply& reply, bool& broken) noexcept;
// Names of a version reply's extensions hold `name`.
bool offers(std::string_view version_body, std::string_view name) noexcept;

}  // namespace nexus::servers::ssh::sftp
