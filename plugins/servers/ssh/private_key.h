// A private key of a person: read from any usual format, made here, and used to sign.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

struct evp_pkey_st;

namespace nexus::servers::ssh {

// Why a text is no usable private key.
enum class KeyFault {
  malformed,           // no private key, or a damaged one
  unsupported,         // a kind, curve, cipher or size that is not taken
  passphrase_missing,  // encrypted, and no passphrase was given
  passphrase_wrong,
};

using KeyHandle = std::shared_ptr<evp_pkey_st>;

// RSA from 2048 bits, ECDSA on the NIST curves, or Ed25519. Immutable; copies share the key, which OpenSSL wipes when
// the last one goes. Thread-safe.
class PrivateKey {
 public:
  // OpenSSH, PEM (PKCS1, SEC1) or PKCS8, encrypted or not. An empty passphrase counts as none. Takes up to 5 s of CPU
  // where the key's own derivation asks for it; more is refused as unsupported.
  static std::variant<PrivateKey, KeyFault> load(std::string_view text, std::optional<std::string_view> passphrase);
  static PrivateKey generate_ed25519();

  // "ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", ...
  const std::string& type() const noexcept { return type_; }
  const std::string& public_blob() const noexcept { return public_blob_; }
  // "ssh-ed25519 AAAA..."
  std::string public_line() const;
  std::string fingerprint() const;
  bool is_rsa() const noexcept { return type_ == "ssh-rsa"; }
  // Unencrypted PKCS8 in PEM, for sealing. Wipe what you were given.
  std::string to_pem() const;

  // A signature as the inner part of SSH's (RFC 8332, 8709, 5656); `algorithm` is the type, or rsa-sha2-256 or
  // rsa-sha2-512 for RSA. Empty where OpenSSL refuses.
  std::string sign(std::string_view algorithm, std::string_view data) const;

 private:
  PrivateKey(KeyHandle key, std::string type, std::string public_blob) noexcept;
  static std::variant<PrivateKey, KeyFault> from(KeyHandle key);

  KeyHandle key_;
  std::string type_;
  std::string public_blob_;
};

}  // namespace nexus::servers::ssh
