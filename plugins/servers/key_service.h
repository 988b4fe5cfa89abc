// The rules about SSH keys.
#pragma once

#include "key_store.h"
#include "lookup.h"
#include "precondition.h"
#include "secret_box.h"

namespace nexus::servers {

// Either a text, or "ed25519" to make one.
struct NewKey {
  std::string name;
  std::optional<SecretString> private_key;
  std::optional<SecretString> passphrase;
  std::optional<std::string> generate;
};

using KeyPage = PageOf<SshKey>;

// On behalf of one caller; errors as in ServerService.
class KeyService {
 public:
  KeyService(const Sql& sql, const SecretBox& secrets, const Scope& scope)
      : sql_(sql), store_(sql), secrets_(secrets), scope_(scope) {}

  Result<KeyPage> list(std::int64_t limit, std::int64_t offset) const;
  Result<SshKey> get(std::int64_t id) const;
  // The key is stored without its passphrase, sealed: its own derivation is paid once. Up to seconds of CPU.
  Result<SshKey> add(const NewKey& key, std::int64_t now_us) const;
  // 40901 where `wanted` is another state.
  Result<Changed<SshKey>> rename(std::int64_t id, std::string_view name, std::int64_t now_us,
                                 const Precondition& wanted) const;
  // What was removed; 40901 likewise, 40903 with `used_by` where a server needs it.
  Result<SshKey> remove(std::int64_t id, const Precondition& wanted) const;

 private:
  Result<SshKey> remove_unused(std::int64_t id, const Precondition& wanted) const;

  Sql sql_;
  KeyStore store_;
  SecretBox secrets_;
  Scope scope_;
};

}  // namespace nexus::servers
