#include "ssh/private_key.h"

#include "ssh/openssh_key.h"
#include "ssh/wire.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

namespace nexus::servers::ssh {
namespace {

constexpr int kMinRsaBits = 2048;
constexpr int kMaxRsaBits = 16384;

using Bio = std::unique_ptr<BIO, decltype(&BIO_free_all)>;

struct PassphraseRequest {
  std::optional<std::string_view> passphrase;
  bool asked = false;
};

// OpenSSL's callback: it is called only where the text is encrypted.
int give_passphrase(char* buffer, int size, int /*writing*/, void* context) {
  auto& request = *static_cast<PassphraseRequest*>(context);
  request.asked = true;
  if (!request.passphrase) return -1;
  const auto length = std::min(request.passphrase->size(), static_cast<std::size_t>(size));
  std::memcpy(buffer, request.passphrase->data(), length);
  return static_cast<int>(length);
}

std::variant<KeyHandle, KeyFault> load_pem(std::string_view text, std::optional<std::string_view> passphrase) {
  const Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free_all);
  PassphraseRequest request{passphrase, false};
  ERR_clear_error();
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio.get(), nullptr, &give_passphrase, &request);
  ERR_clear_error();
  if (key != nullptr) return KeyHandle(key, &EVP_PKEY_free);
  if (!request.asked) return KeyFault::malformed;
  return passphrase ? KeyFault::passphrase_wrong : KeyFault::passphrase_missing;
}

std::string big_number_bytes(EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  EVP_PKEY_get_bn_param(key, name, &number);
  std::string bytes(number == nullptr ? 0 : static_cast<std::size_t>(BN_num_bytes(number)), '\0');
  if (number != nullptr) BN_bn2bin(number, reinterpret_cast<unsigned char*>(bytes.data()));
  BN_free(number);
  return bytes;
}

struct PublicPart {
  std::string type;
  std::string blob;
};

PublicPart rsa_public(EVP_PKEY* key) {
  PublicPart part{"ssh-rsa", {}};
  put_string(part.blob, part.type);
  put_mpint(part.blob, big_number_bytes(key, OSSL_PKEY_PARAM_RSA_E));
  put_mpint(part.blob, big_number_bytes(key, OSSL_PKEY_PARAM_RSA_N));
  return part;
}

PublicPart ed25519_public(EVP_PKEY* key) {
  std::array<char, 32> raw{};
  std::size_t size = raw.size();
  EVP_PKEY_get_raw_public_key(key, reinterpret_cast<unsigned char*>(raw.data()), &size);
  PublicPart part{"ssh-ed25519", {}};
  put_string(part.blob, part.type);
  put_string(part.blob, {raw.data(), size});
  return part;
}

std::optional<PublicPart> ecdsa_public(EVP_PKEY* key) {
  std::array<char, 64> group{};
  std::size_t size = 0;
  EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size(), &size);
  const std::string_view name(group.data());
  const std::string curve = name == "prime256v1"  ? "nistp256"
                            : name == "secp384r1" ? "nistp384"
                            : name == "secp521r1" ? "nistp521"
                                                  : "";
  if (curve.empty()) return std::nullopt;
  // The point must be written in full: a PEM file may have asked for the compressed form.
  EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "uncompressed");
  std::array<char, 256> point{};
  EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, reinterpret_cast<unsigned char*>(point.data()),
                                  point.size(), &size);
  PublicPart part{"ecdsa-sha2-" + curve, {}};
  put_string(part.blob, part.type);
  put_string(part.blob, curve);
  put_string(part.blob, {point.data(), size});
  return part;
}

// ECDSA signatures are two numbers in DER for OpenSSL, and two mpints for SSH.
std::string ecdsa_from_der(const std::string& der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> signature(
      d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())), &ECDSA_SIG_free);
  std::string out;
  if (signature == nullptr) return out;
  for (const BIGNUM* number : {ECDSA_SIG_get0_r(signature.get()), ECDSA_SIG_get0_s(signature.get())}) {
    std::string bytes(static_cast<std::size_t>(BN_num_bytes(number)), '\0');
    BN_bn2bin(number, reinterpret_cast<unsigned char*>(bytes.data()));
    put_mpint(out, bytes);
  }
  return out;
}

const EVP_MD* digest_of(std::string_view algorithm) {
  if (algorithm == "rsa-sha2-512" || algorithm == "ecdsa-sha2-nistp521") return EVP_sha512();
  if (algorithm == "rsa-sha2-256" || algorithm == "ecdsa-sha2-nistp256") return EVP_sha256();
  if (algorithm == "ecdsa-sha2-nistp384") return EVP_sha384();
  return nullptr;  // Ed25519 hashes by itself
}

}  // namespace

PrivateKey::PrivateKey(KeyHandle key, std::string type, std::string public_blob) noexcept
    : key_(std::move(key)), type_(std::move(type)), public_blob_(std::move(public_blob)) {}

std::variant<PrivateKey, KeyFault> PrivateKey::from(KeyHandle key) {
  std::optional<PublicPart> part;
  switch (EVP_PKEY_get_base_id(key.get())) {
    case EVP_PKEY_RSA:
      if (EVP_PKEY_get_bits(key.get()) < kMinRsaBits || EVP_PKEY_get_bits(key.get()) > kMaxRsaBits) {
        return KeyFault::unsupported;
      }
      part = rsa_public(key.get());
      break;
    case EVP_PKEY_ED25519: part = ed25519_public(key.get()); break;
    case EVP_PKEY_EC: part = ecdsa_public(key.get()); break;
    default: break;
  }
  if (!part) return KeyFault::unsupported;
  return PrivateKey(std::move(key), std::move(part->type), std::move(part->blob));
}

std::variant<PrivateKey, KeyFault> PrivateKey::load(std::string_view text, std::optional<std::string_view> passphrase) {
  if (passphrase && passphrase->empty()) passphrase.reset();
  auto loaded = is_openssh_key(text) ? load_openssh_key(text, passphrase) : load_pem(text, passphrase);
  if (const auto* fault = std::get_if<KeyFault>(&loaded)) return *fault;
  return from(std::get<KeyHandle>(std::move(loaded)));
}

PrivateKey PrivateKey::generate_ed25519() {
  KeyHandle key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), &EVP_PKEY_free);
  if (key == nullptr) throw std::runtime_error("no random numbers for a key");
  return std::get<PrivateKey>(from(std::move(key)));
}

std::string PrivateKey::public_line() const { return type_ + " " + base64(public_blob_); }

std::string PrivateKey::fingerprint() const { return ssh::fingerprint(public_blob_); }

std::string PrivateKey::to_pem() const {
  const Bio bio(BIO_new(BIO_s_secmem()), &BIO_free_all);
  PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

std::string PrivateKey::sign(std::string_view algorithm, std::string_view data) const {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  const auto* bytes = reinterpret_cast<const unsigned char*>(data.data());
  std::size_t size = 0;
  if (EVP_DigestSignInit(context.get(), nullptr, digest_of(algorithm), nullptr, key_.get()) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, bytes, data.size()) != 1) {
    return {};
  }
  std::string signature(size, '\0');
  if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes, data.size()) !=
      1) {
    return {};
  }
  signature.resize(size);
  return EVP_PKEY_get_base_id(key_.get()) == EVP_PKEY_EC ? ecdsa_from_der(signature) : signature;
}

}  // namespace nexus::servers::ssh
