#include "ssh/resolve.h"

#include <list>
#include <mutex>
#include <utility>

namespace nexus::servers::ssh {
namespace {

// Look-ups that outlived their deadline and cannot be stopped; more at once than this are refused.
constexpr std::size_t kMaxStuckLookups = 16;

// What the resolver's thread reads and writes: it must stay until the look-up has ended.
struct Lookup {
  std::string host;
  std::string service;
  addrinfo hints{};
  gaicb block{};

  Lookup(const std::string& its_host, std::uint16_t port) : host(its_host), service(std::to_string(port)) {
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG;
    block.ar_name = host.c_str();
    block.ar_service = service.c_str();
    block.ar_request = &hints;
  }
  Lookup(const Lookup&) = delete;
  Lookup& operator=(const Lookup&) = delete;
  ~Lookup() {
    if (block.ar_result != nullptr) freeaddrinfo(block.ar_result);
  }
};

class StuckLookups {
 public:
  // False where too many hang already. Forgets those that have ended meanwhile.
  bool has_room() {
    const std::lock_guard lock(mutex_);
    lookups_.remove_if([](const auto& lookup) { return gai_error(&lookup->block) != EAI_INPROGRESS; });
    return lookups_.size() < kMaxStuckLookups;
  }
  void keep(std::unique_ptr<Lookup> lookup) {
    const std::lock_guard lock(mutex_);
    lookups_.push_back(std::move(lookup));
  }

  static StuckLookups& instance() {
    // Never destroyed: a resolver's thread may still write into what it holds.
    static auto* const lookups = new StuckLookups;
    return *lookups;
  }

 private:
  std::mutex mutex_;
  std::list<std::unique_ptr<Lookup>> lookups_;
};

Failure not_found(int error) {
  const auto fault = error == EAI_AGAIN ? Fault::timed_out : Fault::name_not_found;
  return {Stage::resolve, fault, gai_strerror(error), {}};
}

// An address needs no look-up, and so no thread.
Addresses parse_numeric(const Lookup& lookup) {
  auto hints = lookup.hints;
  hints.ai_flags = AI_NUMERICSERV | AI_NUMERICHOST;
  addrinfo* found = nullptr;
  if (getaddrinfo(lookup.host.c_str(), lookup.service.c_str(), &hints, &found) != 0) found = nullptr;
  return {found, &freeaddrinfo};
}

}  // namespace

Outcome<Addresses> resolve(const std::string& host, std::uint16_t port, const Watch& watch) {
  auto lookup = std::make_unique<Lookup>(host, port);
  if (auto numeric = parse_numeric(*lookup)) return numeric;
  if (!StuckLookups::instance().has_room()) {
    return Failure{Stage::resolve, Fault::timed_out, "too many look-ups hang", {}};
  }
  gaicb* blocks[] = {&lookup->block};
  if (const int error = getaddrinfo_a(GAI_NOWAIT, blocks, 1, nullptr); error != 0) return not_found(error);
  for (;;) {
    const auto slice = watch.slice();
    const timespec timeout{0, static_cast<long>(std::chrono::nanoseconds(slice).count())};
    gai_suspend(blocks, 1, &timeout);
    const int error = gai_error(&lookup->block);
    if (error == 0) return Addresses(std::exchange(lookup->block.ar_result, nullptr), &freeaddrinfo);
    if (error != EAI_INPROGRESS) return not_found(error);
    if (const auto over = watch.over(Stage::resolve)) {
      if (gai_cancel(&lookup->block) != EAI_CANCELED) StuckLookups::instance().keep(std::move(lookup));
      return *over;
    }
  }
}

}  // namespace nexus::servers::ssh
