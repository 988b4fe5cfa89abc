// Every usual form of a private key is read; what is wrong with the others is named.
#include "ssh/private_key.h"

#include "ssh/command.h"
#include "ssh/wire.h"
#include "support/ssh_server.h"

#include <doctest/doctest.h>
#include <openssl/evp.h>

#include <filesystem>

using nexus::servers::ssh::KeyFault;
using nexus::servers::ssh::PrivateKey;
using nexus::test::make_temporary_folder;
using nexus::test::read_text;
using nexus::test::run_program;

namespace {

constexpr const char* kPassphrase = "correct horse";

struct Folder {
  std::string path = make_temporary_folder("nexus-keys");
  ~Folder() { std::filesystem::remove_all(path); }
};

struct Kind {
  const char* type;
  const char* bits;
  const char* ssh_type;
};
constexpr Kind kKinds[] = {{"rsa", "2048", "ssh-rsa"},
                           {"rsa", "3072", "ssh-rsa"},
                           {"ecdsa", "256", "ecdsa-sha2-nistp256"},
                           {"ecdsa", "384", "ecdsa-sha2-nistp384"},
                           {"ecdsa", "521", "ecdsa-sha2-nistp521"},
                           {"ed25519", "256", "ssh-ed25519"}};

// The name of a new key file in `format` ("openssh", "PEM", "PKCS8").
std::string make_key(const Folder& folder, const Kind& kind, const std::string& format, const std::string& passphrase) {
  const auto file = folder.path + "/" + kind.type + kind.bits + format + (passphrase.empty() ? "" : "-encrypted");
  std::vector<std::string> command{"ssh-keygen", "-q", "-t", kind.type, "-b", kind.bits, "-N", passphrase, "-f", file};
  if (format != "openssh") command.insert(command.end(), {"-m", format});
  run_program(command);
  return file;
}

PrivateKey loaded(const std::string& text, std::optional<std::string_view> passphrase) {
  auto key = PrivateKey::load(text, passphrase);
  REQUIRE(std::holds_alternative<PrivateKey>(key));
  return std::get<PrivateKey>(std::move(key));
}

KeyFault fault_of(const std::string& text, std::optional<std::string_view> passphrase) {
  const auto key = PrivateKey::load(text, passphrase);
  REQUIRE(std::holds_alternative<KeyFault>(key));
  return std::get<KeyFault>(key);
}

}  // namespace

TEST_CASE("keys of every kind and form, with and without a passphrase, match what ssh-keygen says of them") {
  const Folder folder;
  for (const auto& kind : kKinds) {
    for (const std::string format : {"openssh", "PEM", "PKCS8"}) {
      // ssh-keygen writes Ed25519 in its own format only.
      if (std::string(kind.type) == "ed25519" && format != "openssh") continue;
      for (const std::string passphrase : {"", kPassphrase}) {
        CAPTURE(kind.ssh_type);
        CAPTURE(format);
        CAPTURE(passphrase);
        const auto file = make_key(folder, kind, format, passphrase);
        const auto text = read_text(file);
        const auto key = loaded(text, passphrase.empty() ? std::nullopt : std::optional<std::string_view>(passphrase));
        CHECK(key.type() == kind.ssh_type);
        CHECK(read_text(file + ".pub").starts_with(key.public_line() + " "));
        CHECK(loaded(key.to_pem(), std::nullopt).public_line() == key.public_line());
        if (!passphrase.empty()) {
          CHECK(fault_of(text, std::nullopt) == KeyFault::passphrase_missing);
          CHECK(fault_of(text, "") == KeyFault::passphrase_missing);
          CHECK(fault_of(text, "wrong") == KeyFault::passphrase_wrong);
        }
      }
    }
  }
}

TEST_CASE("Ed25519 keys as OpenSSL writes them") {
  const Folder folder;
  const auto file = folder.path + "/key";
  run_program({"openssl", "genpkey", "-algorithm", "ed25519", "-out", file});
  run_program({"openssl", "pkey", "-in", file, "-aes256", "-passout", std::string("pass:") + kPassphrase, "-out",
               file + ".encrypted"});
  const auto key = loaded(read_text(file), std::nullopt);
  CHECK(key.type() == "ssh-ed25519");
  CHECK(loaded(read_text(file + ".encrypted"), kPassphrase).fingerprint() == key.fingerprint());
  CHECK(fault_of(read_text(file + ".encrypted"), std::nullopt) == KeyFault::passphrase_missing);
  CHECK(fault_of(read_text(file + ".encrypted"), "wrong") == KeyFault::passphrase_wrong);
}

TEST_CASE("keys that are too weak or of a kind nobody should use are unsupported") {
  const Folder folder;
  const auto file = folder.path + "/key";
  run_program({"openssl", "genrsa", "-out", file, "1024"});
  CHECK(fault_of(read_text(file), std::nullopt) == KeyFault::unsupported);
  run_program({"openssl", "ecparam", "-name", "secp256k1", "-genkey", "-noout", "-out", file});
  CHECK(fault_of(read_text(file), std::nullopt) == KeyFault::unsupported);
}

TEST_CASE("a key derivation that would take too long is refused at once") {
  const Folder folder;
  const auto file = folder.path + "/key";
  run_program({"ssh-keygen", "-q", "-t", "ed25519", "-a", "257", "-N", kPassphrase, "-f", file});
  CHECK(fault_of(read_text(file), kPassphrase) == KeyFault::unsupported);
}

TEST_CASE("text that is no key is malformed, wherever it is cut off or changed") {
  const Folder folder;
  const auto text = read_text(make_key(folder, kKinds[5], "openssh", ""));
  for (const std::string nothing : {"", "hello", "-----BEGIN OPENSSH PRIVATE KEY-----",
                                    "-----BEGIN OPENSSH PRIVATE KEY-----\n!!\n-----END OPENSSH PRIVATE KEY-----"}) {
    CHECK(fault_of(nothing, std::nullopt) == KeyFault::malformed);
  }
  const auto public_text = read_text(folder.path + "/ed25519256openssh.pub");
  CHECK(fault_of(public_text, "x") == KeyFault::malformed);
  // Cut and damaged forms must not crash; with sanitizers this reads no byte too many.
  const auto begin = text.find('\n') + 1, end = text.rfind("\n-----END");
  for (auto length = begin; length < end; length += 3) {
    (void)PrivateKey::load(text.substr(0, length) + text.substr(end), std::nullopt);
    auto damaged = text;
    damaged[length] = damaged[length] == 'A' ? 'B' : 'A';
    (void)PrivateKey::load(damaged, "passphrase");
  }
}

TEST_CASE("a made key is another one each time and survives being stored") {
  const auto key = PrivateKey::generate_ed25519();
  CHECK(key.type() == "ssh-ed25519");
  CHECK(key.fingerprint().starts_with("SHA256:"));
  CHECK(key.fingerprint().size() == 50);
  CHECK(key.fingerprint() != PrivateKey::generate_ed25519().fingerprint());
  CHECK(loaded(key.to_pem(), std::nullopt).public_line() == key.public_line());
}

TEST_CASE("an Ed25519 signature is one that OpenSSL accepts") {
  const auto key = PrivateKey::generate_ed25519();
  const auto signature = key.sign("ssh-ed25519", "data");
  CHECK(signature.size() == 64);
  const auto raw = key.public_blob().substr(key.public_blob().size() - 32);
  auto* public_key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr,
                                                 reinterpret_cast<const unsigned char*>(raw.data()), raw.size());
  auto* context = EVP_MD_CTX_new();
  EVP_DigestVerifyInit(context, nullptr, nullptr, nullptr, public_key);
  CHECK(EVP_DigestVerify(context, reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
                         reinterpret_cast<const unsigned char*>("data"), 4) == 1);
  EVP_MD_CTX_free(context);
  EVP_PKEY_free(public_key);
}
