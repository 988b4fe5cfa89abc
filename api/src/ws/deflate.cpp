#include "ws/deflate.h"

#include <zlib.h>

#include <algorithm>
#include <new>

namespace nexus::api::ws {
namespace {

// The fastest: whoever sends waits for it.
constexpr int kLevel = 1;
// With kMostWindowBits, 64 KiB while a message is packed.
constexpr int kMemoryLevel = 6;
constexpr int kLargestWindowBits = 15;
constexpr std::size_t kFirstRoom = 4096;
// The empty block that ends each flush; RFC 7692, 7.2.1 leaves it out.
constexpr std::string_view kTail("\0\0\xFF\xFF", 4);
// Of z_stream::data_type: a block has just ended.
constexpr int kBlockEnded = 128;

Bytef* bytes(const char* text) noexcept { return reinterpret_cast<Bytef*>(const_cast<char*>(text)); }

class Packer {
 public:
  explicit Packer(int window_bits) {
    if (deflateInit2(&stream, kLevel, Z_DEFLATED, -window_bits, kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK) {
      throw std::bad_alloc();
    }
  }
  Packer(const Packer&) = delete;
  Packer& operator=(const Packer&) = delete;
  ~Packer() { deflateEnd(&stream); }
  z_stream stream{};
};

class Unpacker {
 public:
  Unpacker(std::size_t most, std::string& out) : most_(most), out_(out) {
    if (inflateInit2(&stream_, -kLargestWindowBits) != Z_OK) throw std::bad_alloc();
  }
  Unpacker(const Unpacker&) = delete;
  Unpacker& operator=(const Unpacker&) = delete;
  ~Unpacker() { inflateEnd(&stream_); }

  Unpacked take(std::string_view part) {
    stream_.next_in = bytes(part.data());
    stream_.avail_in = static_cast<uInt>(part.size());
    do {
      if (size_ > most_) return Unpacked::too_large;
      make_room();
      const int code = ::inflate(&stream_, Z_SYNC_FLUSH);
      size_ = out_.size() - stream_.avail_out;
      // A sender may end its stream in the middle of a message and begin another (RFC 7692, 7.2.3.4).
      if (code == Z_STREAM_END) {
        inflateReset(&stream_);
      } else if (code != Z_OK && code != Z_BUF_ERROR) {
        return Unpacked::broken;
      }
    } while (stream_.avail_in != 0 || stream_.avail_out == 0);
    return Unpacked::ok;
  }
  Unpacked end() {
    out_.resize(std::min(size_, most_));
    if (size_ > most_) return Unpacked::too_large;
    return (stream_.data_type & kBlockEnded) != 0 ? Unpacked::ok : Unpacked::broken;
  }

 private:
  // One byte above `most_` is enough to know that there are more.
  void make_room() {
    if (size_ == out_.size()) out_.resize(std::min(most_ + 1, std::max(kFirstRoom, 2 * size_)));
    stream_.next_out = bytes(out_.data()) + size_;
    stream_.avail_out = static_cast<uInt>(out_.size() - size_);
  }

  const std::size_t most_;
  std::string& out_;
  std::size_t size_ = 0;
  z_stream stream_{};
};

}  // namespace

bool pack_message(std::string_view data, int window_bits, std::string& out) {
  Packer packer(std::min(window_bits, kMostWindowBits));
  out.resize(data.size());
  auto& stream = packer.stream;
  stream.next_in = bytes(data.data());
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = bytes(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const bool ok = ::deflate(&stream, Z_SYNC_FLUSH) == Z_OK && stream.avail_in == 0 && stream.avail_out != 0;
  out.resize(ok ? out.size() - stream.avail_out - kTail.size() : 0);
  return ok;
}

Unpacked unpack_message(std::string_view data, std::size_t most, std::string& out) {
  out.clear();
  Unpacker unpacker(most, out);
  for (const auto part : {data, kTail}) {
    if (const auto taken = unpacker.take(part); taken != Unpacked::ok) return taken;
  }
  return unpacker.end();
}

}  // namespace nexus::api::ws
