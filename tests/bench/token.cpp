// What it costs to verify a token: row 20.
//
// Ours is the whole slow path (shape, header, signature by cpp-jwt, claims), met once for each token, because the host
// remembers. The limit is the HMAC alone; the peer is Poco::JWT, which looks at the signature and no claim.
#include "random_ids.h"
#include "token_codec.h"

#include <Poco/JWT/Signer.h>
#include <Poco/JWT/Token.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using namespace nexus;

constexpr int kRounds = 5;  // the quickest counts: the others met somebody else's work
constexpr int kTokens = 5000;
constexpr std::int64_t kNow = 1'704'067'200;

template <class Work>
double nanoseconds(Work&& work) {
  double best = 1e18;
  for (int round = 0; round < kRounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < kTokens; ++i) {
      if (!work()) std::abort();
    }
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
    best = std::min(best, took.count() / kTokens);
  }
  return best;
}

bool check_mac(const std::string& secret, const std::string& token) {
  const auto length = token.rfind('.');
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  return HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
              reinterpret_cast<const unsigned char*>(token.data()), length, mac, &size) != nullptr;
}

}  // namespace

int main() {
  const std::string secret(auth::kSigningKeyBytes, 'k');
  std::vector<auth::SigningKey> keys;
  keys.push_back({"0123456789abcdef", SecretString(secret), 1, {}});
  const auth::TokenCodec codec(auth::KeyRing::from(std::move(keys)).value());
  const auto token = codec
                         .issue({auth::TokenUse::access, 7, auth::random_hex(auth::kSessionIdBytes),
                                 auth::random_hex(auth::kSessionIdBytes), kNow, kNow + 3600})
                         .value();
  const Poco::JWT::Signer peer(secret);
  // the peer reads our token without our header's key id
  Poco::JWT::Token plain;
  plain.setType("JWT");
  plain.setSubject("7");
  plain.payload().set("sid", auth::random_hex(auth::kSessionIdBytes));
  plain.payload().set("jti", auth::random_hex(auth::kSessionIdBytes));
  plain.payload().set("iss", std::string(auth::kTokenIssuer));
  plain.payload().set("aud", std::string(auth::kTokenAudience));
  plain.payload().set("exp", kNow + 3600);
  const auto peer_token = Poco::JWT::Signer(secret).sign(plain, Poco::JWT::Signer::ALGO_HS256);

  const double ours = nanoseconds([&] { return codec.verify(token, auth::TokenUse::access, kNow).ok(); });
  const double limit = nanoseconds([&] { return check_mac(secret, token); });
  const double poco = nanoseconds([&] { return peer.verify(peer_token).getSubject() == "7"; });
  std::printf(R"({"row":"20-verify","ours":%.0f,"peer":%.0f,"ratio":%.3f,"unit":"ns","limit":%.0f})"
              "\n",
              ours, poco, ours / poco, limit);
}
