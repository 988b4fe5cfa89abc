#include "ssh/bcrypt_pbkdf.h"

#include "ssh/wire.h"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

namespace nexus::servers::ssh {
namespace {

constexpr int kSubkeys = 18;
constexpr int kBoxWords = 4 * 256;
constexpr std::size_t kHashSize = 32;
constexpr std::size_t kDigestSize = 64;
constexpr int kBcryptRounds = 64;

using Digest = std::array<unsigned char, kDigestSize>;
using BcryptHash = std::array<unsigned char, kHashSize>;
using BigNumber = std::unique_ptr<BIGNUM, decltype(&BN_free)>;

BigNumber big_number() { return {BN_new(), &BN_free}; }

// Blowfish's subkeys and boxes. Their first values are the fraction of pi, so they are computed rather than listed.
struct Blowfish {
  std::array<std::uint32_t, kSubkeys> subkeys;
  std::array<std::array<std::uint32_t, 256>, 4> boxes;

  std::uint32_t mix(std::uint32_t x) const {
    return ((boxes[0][x >> 24] + boxes[1][x >> 16 & 255]) ^ boxes[2][x >> 8 & 255]) + boxes[3][x & 255];
  }

  void encrypt(std::uint32_t& left, std::uint32_t& right) const {
    left ^= subkeys[0];
    for (std::size_t i = 1; i <= 16; i += 2) {
      right ^= mix(left) ^ subkeys[i];
      left ^= mix(right) ^ subkeys[i + 1];
    }
    const auto last = right ^ subkeys[17];
    right = left;
    left = last;
  }
};

// floor(2^bits * multiplier * arctan(1 / x)), by its power series.
BigNumber scaled_arctan(unsigned x, unsigned multiplier, int bits) {
  auto term = big_number(), part = big_number(), sum = big_number();
  BN_one(term.get());
  BN_lshift(term.get(), term.get(), bits);
  BN_div_word(term.get(), x);
  BN_copy(sum.get(), term.get());
  bool negative = true;
  for (unsigned k = 3; !BN_is_zero(term.get()); k += 2, negative = !negative) {
    BN_div_word(term.get(), x * x);
    BN_copy(part.get(), term.get());
    BN_div_word(part.get(), k);
    if (negative) {
      BN_sub(sum.get(), sum.get(), part.get());
    } else {
      BN_add(sum.get(), sum.get(), part.get());
    }
  }
  BN_mul_word(sum.get(), multiplier);
  return sum;
}

Blowfish make_initial_state() {
  // Machin: pi = 16 arctan(1/5) - 4 arctan(1/239); 64 bits more than needed absorb the rounding.
  constexpr int kWords = kSubkeys + kBoxWords;
  constexpr int kBits = kWords * 32;
  constexpr int kGuard = 64;
  auto pi = scaled_arctan(5, 16, kBits + kGuard);
  BN_sub(pi.get(), pi.get(), scaled_arctan(239, 4, kBits + kGuard).get());
  BN_mask_bits(pi.get(), kBits + kGuard);
  BN_rshift(pi.get(), pi.get(), kGuard);
  std::string fraction(kBits / 8, '\0');
  BN_bn2binpad(pi.get(), reinterpret_cast<unsigned char*>(fraction.data()), static_cast<int>(fraction.size()));
  WireReader reader(fraction);
  Blowfish state{};
  for (auto& word : state.subkeys) word = reader.u32().value();
  for (auto& box : state.boxes) {
    for (auto& word : box) word = reader.u32().value();
  }
  return state;
}

const Blowfish& initial_state() {
  static const Blowfish state = make_initial_state();
  return state;
}

// The next four bytes of an endless repetition of `data`.
template <class Bytes>
std::uint32_t cycle(const Bytes& data, std::size_t& at) {
  std::uint32_t word = 0;
  for (int i = 0; i < 4; ++i) {
    word = word << 8 | static_cast<unsigned char>(data[at]);
    at = (at + 1) % data.size();
  }
  return word;
}

void expand(Blowfish& state, const Digest* salt, const Digest& key) {
  std::size_t at = 0;
  for (auto& subkey : state.subkeys) subkey ^= cycle(key, at);
  std::size_t salt_at = 0;
  std::uint32_t left = 0, right = 0;
  const auto next = [&](std::uint32_t& first, std::uint32_t& second) {
    if (salt != nullptr) {
      left ^= cycle(*salt, salt_at);
      right ^= cycle(*salt, salt_at);
    }
    state.encrypt(left, right);
    first = left;
    second = right;
  };
  for (std::size_t i = 0; i < state.subkeys.size(); i += 2) next(state.subkeys[i], state.subkeys[i + 1]);
  for (auto& box : state.boxes) {
    for (std::size_t i = 0; i < box.size(); i += 2) next(box[i], box[i + 1]);
  }
}

BcryptHash bcrypt_hash(const Digest& passphrase, const Digest& salt) {
  Blowfish state = initial_state();
  expand(state, &salt, passphrase);
  for (int i = 0; i < kBcryptRounds; ++i) {
    expand(state, nullptr, salt);
    expand(state, nullptr, passphrase);
  }
  constexpr std::string_view kMagic = "OxychromaticBlowfishSwatDynamite";
  std::array<std::uint32_t, 8> words{};
  std::size_t at = 0;
  for (auto& word : words) word = cycle(kMagic, at);
  for (int i = 0; i < kBcryptRounds; ++i) {
    for (std::size_t k = 0; k < words.size(); k += 2) state.encrypt(words[k], words[k + 1]);
  }
  BcryptHash hash{};
  for (std::size_t i = 0; i < hash.size(); ++i) hash[i] = static_cast<unsigned char>(words[i / 4] >> 8 * (i % 4));
  OPENSSL_cleanse(&state, sizeof state);
  return hash;
}

Digest sha512(const void* data, std::size_t size) {
  Digest digest{};
  EVP_Digest(data, size, digest.data(), nullptr, EVP_sha512(), nullptr);
  return digest;
}

// One block of PBKDF2: the exclusive or of `rounds` hashes, each salted with the one before.
BcryptHash derive_block(const Digest& passphrase, const std::string& counted_salt, std::uint32_t rounds) {
  auto hash = bcrypt_hash(passphrase, sha512(counted_salt.data(), counted_salt.size()));
  auto block = hash;
  for (std::uint32_t i = 1; i < rounds; ++i) {
    hash = bcrypt_hash(passphrase, sha512(hash.data(), hash.size()));
    for (std::size_t k = 0; k < block.size(); ++k) block[k] ^= hash[k];
  }
  return block;
}

}  // namespace

std::string bcrypt_pbkdf(std::string_view passphrase, std::string_view salt, std::size_t length, std::uint32_t rounds) {
  std::string key(length, '\0');
  auto hashed = sha512(passphrase.data(), passphrase.size());
  // Unlike PBKDF2 the blocks are interleaved: block n fills every stride-th byte from n on.
  const std::size_t stride = (length + kHashSize - 1) / kHashSize;
  for (std::size_t block_number = 0; block_number < stride; ++block_number) {
    std::string counted_salt(salt);
    put_u32(counted_salt, static_cast<std::uint32_t>(block_number + 1));
    const auto block = derive_block(hashed, counted_salt, rounds);
    for (std::size_t i = 0; i < kHashSize; ++i) {
      const auto at = i * stride + block_number;
      if (at < length) key[at] = static_cast<char>(block[i]);
    }
  }
  OPENSSL_cleanse(hashed.data(), hashed.size());
  return key;
}

}  // namespace nexus::servers::ssh
