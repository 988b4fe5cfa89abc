// What to do about a host key that a server shows.
#pragma once

#include "model.h"
#include "ssh/target.h"

#include <span>
#include <string_view>

namespace nexus::servers {

enum class HostKeyDecision {
  known,      // it is trusted
  trust_now,  // nothing is trusted yet, and the caller may begin, or somebody has vouched for it
  unknown,    // nothing is trusted yet, and the caller may not, or somebody has rejected it
  changed,    // another key is trusted, or was vouched for
};

// What somebody said of the server's key before it showed any.
enum class Vouched { nothing, this_key, another_key };

// `seen` are the keys of that server at that address; `public_key` is the base64 of the shown one.
// A trusted key counts more than one that was vouched for, and so does a rejection.
HostKeyDecision decide(std::span<const SeenHostKey> seen, std::string_view public_key, ssh::Trust trust, bool strict,
                       Vouched vouched = Vouched::nothing);

}  // namespace nexus::servers
