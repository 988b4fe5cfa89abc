#include "core/audit/chain.h"

#include <sodium.h>

#include <algorithm>

namespace nexus::core::audit {
namespace {

constexpr std::string_view kPurpose = "nexus.audit/1";
// First byte of a hashed text, so that an entry is never taken for a start.
constexpr char kOfEntry = 'e';
constexpr char kOfStart = 's';

static_assert(kHashBytes == crypto_generichash_BYTES);

const unsigned char* bytes(std::string_view text) noexcept {
  return static_cast<const unsigned char*>(static_cast<const void*>(text.data()));
}

void append(std::string& out, std::uint64_t number) {
  for (int shift = 0; shift < 64; shift += 8) out += static_cast<char>(number >> shift & 0xFF);
}

Hash keyed(const std::array<unsigned char, MasterKey::kBytes>& key, char kind, const Hash& before,
           std::string_view text) {
  crypto_generichash_state state;
  Hash out{};
  crypto_generichash_init(&state, key.data(), key.size(), out.size());
  crypto_generichash_update(&state, bytes({&kind, 1}), 1);
  crypto_generichash_update(&state, before.data(), before.size());
  crypto_generichash_update(&state, bytes(text), text.size());
  crypto_generichash_final(&state, out.data(), out.size());
  return out;
}

}  // namespace

Hash to_hash(std::string_view text) noexcept {
  Hash hash{};
  if (text.size() == hash.size()) std::copy(text.begin(), text.end(), hash.begin());
  return hash;
}

std::string encoded(std::int64_t sequence, const Entry& entry) {
  std::string out;
  out.reserve(512);
  append(out, static_cast<std::uint64_t>(sequence));
  for (const auto& column : kNumberColumns) append(out, static_cast<std::uint64_t>(entry.*column.member));
  for (const auto& column : kTextColumns) {
    const auto& text = entry.*column.member;
    append(out, text.size());
    out += text;
  }
  return out;
}

Chain::Chain(const MasterKey& master) {
  crypto_generichash(key_.data(), key_.size(), bytes(kPurpose), kPurpose.size(), master.data(), MasterKey::kBytes);
  sodium_mlock(key_.data(), key_.size());
}

Chain::~Chain() { sodium_munlock(key_.data(), key_.size()); }

Mark Chain::next(const Mark& before, const Entry& entry) const {
  const auto sequence = before.sequence + 1;
  return {sequence, keyed(key_, kOfEntry, before.hash, encoded(sequence, entry))};
}

Hash Chain::seal_of_start(const Mark& before) const {
  std::string text;
  append(text, static_cast<std::uint64_t>(before.sequence));
  return keyed(key_, kOfStart, before.hash, text);
}

}  // namespace nexus::core::audit
