// Messages of permessage-deflate (RFC 7692), each packed by itself, so that no window outlives it. Pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace nexus::api::ws {

// Of a packing window, in bits: 8 KiB find nearly all that larger ones find in a message of this size.
inline constexpr int kMostWindowBits = 13;
// zlib makes no smaller one.
inline constexpr int kLeastWindowBits = 9;

// What is worth packing. Below, a header's worth is won; above, whoever sends would wait for it.
constexpr bool is_worth_packing(std::size_t size) noexcept { return size >= 1024 && size <= 64 * 1024; }

// False where `out` would be no smaller.
bool pack_message(std::string_view data, int window_bits, std::string& out);

enum class Unpacked { ok, broken, too_large };
// Takes memory for twice `most` bytes and a window at most, whatever `data` promises.
Unpacked unpack_message(std::string_view data, std::size_t most, std::string& out);

// Bytes that a message of `most` bytes may have on the wire: what does not shrink grows a little with each block.
constexpr std::size_t most_packed(std::size_t most) noexcept { return most + most / 64 + 64; }

}  // namespace nexus::api::ws
