// Row 20: what the second and every later request of a token costs the panel, over Poco::JWT verifying it each time.
#include "core/runtime/identities.h"

#include <Poco/JWT/Signer.h>
#include <Poco/JWT/Token.h>
#include <Poco/Timestamp.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

namespace {

constexpr int kPairs = 7;
constexpr int kLookups = 200'000;
constexpr int kVerifications = 5'000;

template <class Work>
double nanoseconds_each(int times, Work&& work) {
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < times; ++i) work();
  const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - began;
  return spent.count() / times;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

int main() {
  Poco::JWT::Token claims;
  claims.setType("JWT");
  claims.setSubject("admin");
  claims.setIssuedAt(Poco::Timestamp());
  Poco::JWT::Signer signer("supersecretsupersecretsupersecret");
  const std::string token = signer.sign(claims, Poco::JWT::Signer::ALGO_HS256);

  nexus::core::TokenMemory memory;
  const auto principal = std::make_shared<const nexus::api::Principal>();
  memory.store(token, principal, INT64_MAX, memory.epoch());
  for (int i = 0; i < 1000; ++i) memory.store(token + std::to_string(i), principal, INT64_MAX, memory.epoch());

  std::vector<double> ours, peers, ratios;
  for (int pair = 0; pair <= kPairs; ++pair) {
    const double our = nanoseconds_each(kLookups, [&] {
      if (memory.find(token, 1) == nullptr) std::abort();
    });
    const double peer = nanoseconds_each(kVerifications, [&] {
      if (signer.verify(token).getSubject() != "admin") std::abort();
    });
    if (pair == 0) continue;  // warm-up
    ours.push_back(our), peers.push_back(peer), ratios.push_back(our / peer);
  }
  const auto [least, most] = std::minmax_element(peers.begin(), peers.end());
  std::printf(R"({"row":"20","ours":%.1f,"peer":%.1f,"ratio":%.5f,"spread":%.2f,"unit":"ns","pairs":[%.5f)",
              median(ours), median(peers), median(ratios), *most / *least, ratios.front());
  for (std::size_t i = 1; i < ratios.size(); ++i) std::printf(",%.5f", ratios[i]);
  std::puts("]}");
}
