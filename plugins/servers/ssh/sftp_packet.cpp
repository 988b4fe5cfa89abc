#include "ssh/sftp_packet.h"

#include <initializer_list>

namespace nexus::servers::ssh::sftp {
namespace {

constexpr std::uint32_t kVersion = 3;
constexpr std::uint32_t kHasSize = 1;
constexpr std::uint32_t kHasOwner = 2;
constexpr std::uint32_t kHasPermissions = 4;

void put_u64(std::string& out, std::uint64_t number) {
  put_u32(out, static_cast<std::uint32_t>(number >> 32));
  put_u32(out, static_cast<std::uint32_t>(number));
}

std::optional<std::uint64_t> read_u64(WireReader& reader) noexcept {
  const auto high = reader.u32();
  const auto low = reader.u32();
  if (!high || !low) return std::nullopt;
  return std::uint64_t{*high} << 32 | *low;
}

std::string framed(const std::string& content) {
  std::string out;
  out.reserve(content.size() + 4);
  put_u32(out, static_cast<std::uint32_t>(content.size()));
  return out += content;
}

std::string begun(Type type, std::uint32_t id) {
  std::string out(1, static_cast<char>(type));
  put_u32(out, id);
  return out;
}

// A request of strings and nothing else.
std::string packet_of(Type type, std::uint32_t id, std::initializer_list<std::string_view> strings) {
  auto out = begun(type, id);
  for (const auto text : strings) put_string(out, text);
  return framed(out);
}

}  // namespace

std::string init_packet() {
  std::string out(1, static_cast<char>(Type::init));
  put_u32(out, kVersion);
  return framed(out);
}

std::string open_packet(std::uint32_t id, std::string_view path, std::uint32_t flags,
                        std::optional<std::uint32_t> permissions) {
  auto out = begun(Type::open, id);
  put_string(out, path);
  put_u32(out, flags);
  put_u32(out, permissions ? kHasPermissions : 0);
  if (permissions) put_u32(out, *permissions);
  return framed(out);
}

std::string plain_packet(Type type, std::uint32_t id, std::string_view what) { return packet_of(type, id, {what}); }

std::string read_packet(std::uint32_t id, std::string_view handle, std::uint64_t offset, std::uint32_t size) {
  auto out = begun(Type::read, id);
  put_string(out, handle);
  put_u64(out, offset);
  put_u32(out, size);
  return framed(out);
}

std::string write_packet(std::uint32_t id, std::string_view handle, std::uint64_t offset, std::string_view data) {
  auto out = begun(Type::write, id);
  put_string(out, handle);
  put_u64(out, offset);
  put_string(out, data);
  return framed(out);
}

std::string extended_packet(std::uint32_t id, std::string_view name, std::string_view first,
                            std::optional<std::string_view> second) {
  if (second) return packet_of(Type::extended, id, {name, first, *second});
  return packet_of(Type::extended, id, {name, first});
}

std::string set_permissions_packet(std::uint32_t id, std::string_view path, std::uint32_t permissions) {
  auto out = begun(Type::setstat, id);
  put_string(out, path);
  put_u32(out, kHasPermissions);
  put_u32(out, permissions);
  return framed(out);
}

std::string rename_packet(std::uint32_t id, std::string_view from, std::string_view to) {
  return packet_of(Type::rename, id, {from, to});
}

std::optional<Status> Reply::status() const noexcept {
  if (type != Type::status) return std::nullopt;
  const auto code = WireReader(body).u32();
  return code ? std::optional(static_cast<Status>(*code)) : std::nullopt;
}

std::optional<std::string_view> Reply::handle() const noexcept {
  return type == Type::handle ? WireReader(body).string() : std::nullopt;
}

std::optional<std::string_view> Reply::data() const noexcept {
  return type == Type::data ? WireReader(body).string() : std::nullopt;
}

std::optional<Attributes> Reply::attributes() const noexcept {
  if (type != Type::attributes) return std::nullopt;
  WireReader reader(body);
  const auto flags = reader.u32();
  if (!flags) return std::nullopt;
  Attributes out;
  if ((*flags & kHasSize) != 0) out.size = read_u64(reader);
  if ((*flags & kHasOwner) != 0) read_u64(reader);
  if ((*flags & kHasPermissions) != 0) out.permissions = reader.u32();
  return out;
}

// statvfs@openssh.com: bsize, frsize, blocks, bfree, bavail, ...
std::optional<Space> Reply::space() const noexcept {
  if (type != Type::extended_reply) return std::nullopt;
  WireReader reader(body);
  read_u64(reader);
  const auto unit = read_u64(reader), total = read_u64(reader), free = read_u64(reader), available = read_u64(reader);
  if (!available) return std::nullopt;
  return Space{bytes_of(*total, *unit), bytes_of(*free, *unit), bytes_of(*available, *unit)};
}

bool take_reply(std::string_view& bytes, Reply& reply, bool& broken) noexcept {
  WireReader reader(bytes);
  const auto length = reader.u32();
  if (!length) return false;
  constexpr std::size_t kShortest = 5;  // type and id
  broken = *length < kShortest || *length > kLargestPacket;
  if (broken || reader.rest().size() < *length) return false;
  const auto content = reader.rest().substr(0, *length);
  reply.type = static_cast<Type>(static_cast<unsigned char>(content.front()));
  WireReader after(content.substr(1));
  reply.id = *after.u32();
  reply.body = after.rest();
  bytes.remove_prefix(4 + *length);
  return true;
}

bool offers(std::string_view version_body, std::string_view name) noexcept {
  WireReader reader(version_body);
  for (;;) {
    const auto key = reader.string();
    const auto value = reader.string();
    if (!key || !value) return false;
    if (*key == name) return true;
  }
}

}  // namespace nexus::servers::ssh::sftp
