#include "ssh/openssh_key.h"

#include "ssh/bcrypt_pbkdf.h"
#include "ssh/wire.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <array>
#include <mutex>

namespace nexus::servers::ssh {
namespace {

constexpr std::string_view kBegin = "-----BEGIN OPENSSH PRIVATE KEY-----";
constexpr std::string_view kEnd = "-----END OPENSSH PRIVATE KEY-----";
constexpr std::string_view kMagic{"openssh-key-v1\0", 15};
// ssh-keygen takes 16 rounds by default and people 100; each costs 12 ms of CPU.
constexpr std::uint32_t kMaxRounds = 256;

struct CipherName {
  std::string_view ssh;
  const char* openssl;
};
constexpr std::array<CipherName, 6> kCiphers{{{"aes256-ctr", "aes-256-ctr"},
                                              {"aes192-ctr", "aes-192-ctr"},
                                              {"aes128-ctr", "aes-128-ctr"},
                                              {"aes256-cbc", "aes-256-cbc"},
                                              {"aes192-cbc", "aes-192-cbc"},
                                              {"aes128-cbc", "aes-128-cbc"}}};

struct CurveName {
  std::string_view ssh;
  const char* openssl;
};
constexpr std::array<CurveName, 3> kCurves{
    {{"nistp256", "prime256v1"}, {"nistp384", "secp384r1"}, {"nistp521", "secp521r1"}}};

using Number = std::unique_ptr<BIGNUM, decltype(&BN_clear_free)>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, decltype(&OSSL_PARAM_BLD_free)>;

struct Wiped {
  std::string bytes;
  ~Wiped() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
};

Number number(std::string_view big_endian) {
  return {BN_bin2bn(reinterpret_cast<const unsigned char*>(big_endian.data()), static_cast<int>(big_endian.size()),
                    nullptr),
          &BN_clear_free};
}

KeyHandle build_key(const char* algorithm, OSSL_PARAM_BLD* builder) {
  const std::unique_ptr<OSSL_PARAM, decltype(&OSSL_PARAM_free)> params(OSSL_PARAM_BLD_to_param(builder),
                                                                       &OSSL_PARAM_free);
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new_from_name(nullptr, algorithm, nullptr), &EVP_PKEY_CTX_free);
  EVP_PKEY* key = nullptr;
  if (params == nullptr || context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, params.get()) != 1) {
    EVP_PKEY_free(key);
    return nullptr;
  }
  return {key, &EVP_PKEY_free};
}

// d mod (prime - 1), which the format leaves out.
Number reduced_exponent(const BIGNUM* exponent, const BIGNUM* prime) {
  const std::unique_ptr<BN_CTX, decltype(&BN_CTX_free)> context(BN_CTX_new(), &BN_CTX_free);
  const Number limit(BN_dup(prime), &BN_clear_free);
  Number reduced(BN_new(), &BN_clear_free);
  if (BN_sub_word(limit.get(), 1) != 1 || BN_is_zero(limit.get()) ||
      BN_mod(reduced.get(), exponent, limit.get(), context.get()) != 1) {
    return {nullptr, &BN_clear_free};
  }
  return reduced;
}

KeyHandle read_rsa(WireReader& reader) {
  std::array<Number, 6> parts{number({}), number({}), number({}), number({}), number({}), number({})};
  for (auto& part : parts) {
    const auto field = reader.string();
    if (!field) return nullptr;
    part = number(*field);
  }
  const auto& [n, e, d, coefficient, p, q] = parts;
  const auto dp = reduced_exponent(d.get(), p.get());
  const auto dq = reduced_exponent(d.get(), q.get());
  if (dp == nullptr || dq == nullptr) return nullptr;
  const Builder builder(OSSL_PARAM_BLD_new(), &OSSL_PARAM_BLD_free);
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_D, d.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_FACTOR1, p.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_FACTOR2, q.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_EXPONENT1, dp.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_EXPONENT2, dq.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_COEFFICIENT1, coefficient.get());
  return build_key("RSA", builder.get());
}

KeyHandle read_ed25519(WireReader& reader) {
  reader.string();
  const auto pair = reader.string();
  if (!pair || pair->size() != 64) return nullptr;
  return {
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, reinterpret_cast<const unsigned char*>(pair->data()), 32),
      &EVP_PKEY_free};
}

KeyHandle read_ecdsa(WireReader& reader) {
  const auto curve = reader.string();
  const auto point = reader.string();
  const auto secret = reader.string();
  if (!curve || !point || !secret) return nullptr;
  for (const auto& known : kCurves) {
    if (known.ssh != *curve) continue;
    const auto exponent = number(*secret);
    const Builder builder(OSSL_PARAM_BLD_new(), &OSSL_PARAM_BLD_free);
    OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, known.openssl, 0);
    OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point->data(), point->size());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, exponent.get());
    return build_key("EC", builder.get());
  }
  return nullptr;
}

std::variant<KeyHandle, KeyFault> read_private_part(std::string_view bytes, bool was_encrypted) {
  WireReader reader(bytes);
  const auto first = reader.u32(), second = reader.u32();
  // Two equal numbers in front are the format's way to recognise the right passphrase.
  if (!first || first != second) return was_encrypted ? KeyFault::passphrase_wrong : KeyFault::malformed;
  const auto type = reader.string().value_or("");
  KeyHandle key;
  if (type == "ssh-rsa") {
    key = read_rsa(reader);
  } else if (type == "ssh-ed25519") {
    key = read_ed25519(reader);
  } else if (type.starts_with("ecdsa-sha2-nistp")) {
    key = read_ecdsa(reader);
  } else {
    return KeyFault::unsupported;
  }
  if (key == nullptr) return KeyFault::malformed;
  return key;
}

const EVP_CIPHER* find_cipher(std::string_view name) {
  for (const auto& known : kCiphers) {
    if (known.ssh == name) return EVP_get_cipherbyname(known.openssl);
  }
  return nullptr;
}

std::variant<Wiped, KeyFault> decrypt(std::string_view cipher_name, std::string_view kdf, std::string_view kdf_options,
                                      std::string_view encrypted, std::string_view passphrase) {
  const auto* cipher = find_cipher(cipher_name);
  if (cipher == nullptr || kdf != "bcrypt") return KeyFault::unsupported;
  WireReader options(kdf_options);
  const auto salt = options.string();
  const auto rounds = options.u32();
  if (!salt || salt->empty() || !rounds || *rounds == 0) return KeyFault::malformed;
  if (*rounds > kMaxRounds) return KeyFault::unsupported;
  const auto key_size = static_cast<std::size_t>(EVP_CIPHER_get_key_length(cipher));
  const auto iv_size = static_cast<std::size_t>(EVP_CIPHER_get_iv_length(cipher));
  Wiped derived;
  {
    // One at a time, so that a few keys in a row cannot take every worker's CPU.
    static std::mutex one_derivation;
    const std::lock_guard lock(one_derivation);
    derived.bytes = bcrypt_pbkdf(passphrase, *salt, key_size + iv_size, *rounds);
  }
  const auto* key = reinterpret_cast<const unsigned char*>(derived.bytes.data());
  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(EVP_CIPHER_CTX_new(),
                                                                                &EVP_CIPHER_CTX_free);
  Wiped plain{std::string(encrypted.size() + EVP_MAX_BLOCK_LENGTH, '\0')};
  int written = 0;
  if (EVP_DecryptInit_ex(context.get(), cipher, nullptr, key, key + key_size) != 1 ||
      EVP_CIPHER_CTX_set_padding(context.get(), 0) != 1 ||
      EVP_DecryptUpdate(context.get(), reinterpret_cast<unsigned char*>(plain.bytes.data()), &written,
                        reinterpret_cast<const unsigned char*>(encrypted.data()),
                        static_cast<int>(encrypted.size())) != 1) {
    return KeyFault::malformed;
  }
  plain.bytes.resize(static_cast<std::size_t>(written));
  return plain;
}

}  // namespace

bool is_openssh_key(std::string_view text) noexcept { return text.find(kBegin) != std::string_view::npos; }

std::variant<KeyHandle, KeyFault> load_openssh_key(std::string_view text, std::optional<std::string_view> passphrase) {
  const auto begin = text.find(kBegin) + kBegin.size();
  const auto end = text.find(kEnd, begin);
  if (end == std::string_view::npos) return KeyFault::malformed;
  auto decoded = from_base64(text.substr(begin, end - begin));
  if (!decoded || !std::string_view(*decoded).starts_with(kMagic)) return KeyFault::malformed;
  const Wiped container{std::move(*decoded)};
  WireReader reader(std::string_view(container.bytes).substr(kMagic.size()));
  const auto cipher = reader.string(), kdf = reader.string(), kdf_options = reader.string();
  const auto count = reader.u32();
  const auto public_part = reader.string(), private_part = reader.string();
  if (!cipher || !kdf || !kdf_options || count != 1u || !public_part || !private_part) return KeyFault::malformed;
  if (*cipher == "none") return read_private_part(*private_part, false);
  if (!passphrase) return KeyFault::passphrase_missing;
  const auto plain = decrypt(*cipher, *kdf, *kdf_options, *private_part, *passphrase);
  if (const auto* fault = std::get_if<KeyFault>(&plain)) return *fault;
  return read_private_part(std::get<Wiped>(plain).bytes, true);
}

}  // namespace nexus::servers::ssh
