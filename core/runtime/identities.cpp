#include "core/runtime/identities.h"

#include "core/runtime/values.h"

#include <nexus/cpp/str.h>
#include <nexus/log.h>

#include <sodium.h>

#include <algorithm>
#include <charconv>

namespace nexus::core {
namespace {

std::shared_ptr<const api::Principal> to_principal(const nx_principal& in) {
  auto out = std::make_shared<api::Principal>();
  out->user_id = in.user_id;
  out->user_name = view(in.user_name);
  out->role = view(in.role);
  out->session_id = view(in.session_id);
  out->token_id = view(in.token_id);
  out->locale = view(in.locale);
  out->authenticated_us = in.authenticated_us;
  out->elevated_until_us = in.elevated_until_us;
  out->has_second_factor = (in.flags & NX_PRINCIPAL_SECOND_FACTOR) != 0;
  out->is_scoped = (in.flags & NX_PRINCIPAL_SCOPED) != 0;
  for (std::uint32_t i = 0; in.scopes != nullptr && i < in.scope_count; ++i)
    out->scopes.emplace_back(view(in.scopes[i]));
  return out;
}

}  // namespace

TokenMemory::TokenMemory() {
  static_assert(crypto_shorthash_KEYBYTES == 16 && crypto_shorthash_BYTES == sizeof(std::uint64_t));
  randombytes_buf(key_.data(), key_.size());
}

std::uint64_t TokenMemory::hash(std::string_view token) const noexcept {
  std::array<unsigned char, sizeof(std::uint64_t)> out{};
  crypto_shorthash(out.data(), static_cast<const unsigned char*>(static_cast<const void*>(token.data())), token.size(),
                   key_.data());
  std::uint64_t number = 0;
  __builtin_memcpy(&number, out.data(), sizeof number);
  return number;
}

std::shared_ptr<const api::Principal> TokenMemory::find(std::string_view token, std::int64_t now) noexcept {
  const auto number = hash(token);
  auto& shard = shards_[number % kShards];
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.by_hash.find(number);
  if (found == shard.by_hash.end() || found->second->token != token) return nullptr;
  if (found->second->valid_until_us > now) return found->second->principal;
  shard.entries.erase(found->second);
  shard.by_hash.erase(found);
  return nullptr;
}

void TokenMemory::store(std::string_view token, std::shared_ptr<const api::Principal> principal,
                        std::int64_t valid_until_us, std::uint64_t epoch) {
  const auto number = hash(token);
  auto& shard = shards_[number % kShards];
  const std::lock_guard lock(shard.mutex);
  // forget() raises the epoch before it looks into this shard: either it is seen here, or this entry is seen there.
  if (epoch_.load() != epoch) return;
  if (const auto old = shard.by_hash.find(number); old != shard.by_hash.end()) {
    shard.entries.erase(old->second);
    shard.by_hash.erase(old);
  }
  if (shard.entries.size() >= kRememberedTokens / kShards) {
    shard.by_hash.erase(shard.entries.front().hash);
    shard.entries.pop_front();
  }
  shard.entries.push_back({number, std::string(token), std::move(principal), valid_until_us});
  shard.by_hash.emplace(number, std::prev(shard.entries.end()));
}

void TokenMemory::forget(const std::function<bool(const api::Principal&)>& matches) {
  epoch_.fetch_add(1);
  for (auto& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    for (auto entry = shard.entries.begin(); entry != shard.entries.end();) {
      if (!matches(*entry->principal)) {
        ++entry;
        continue;
      }
      shard.by_hash.erase(entry->hash);
      entry = shard.entries.erase(entry);
    }
  }
}

struct Identities::Request {
  std::shared_ptr<const Provider> provider;
  std::shared_ptr<const Origin> origin;
  std::uint32_t kind = NX_CREDENTIAL_BEARER;
  std::string token;
  Done done;
  std::uint64_t epoch = 0;
  std::atomic<std::uint64_t> timer{0};
};

void Identities::set_provider(const std::shared_ptr<Owner>& owner, const nx_identity_provider& table) {
  const std::lock_guard lock(mutex_);
  provider_ = std::make_shared<const Provider>(Provider{owner, table});
}

bool Identities::is_provider(const Owner& owner) const {
  const std::lock_guard lock(mutex_);
  return provider_ != nullptr && provider_->owner.get() == &owner;
}

std::size_t Identities::withdraw(const Owner& owner) {
  if (is_provider(owner)) {
    {
      const std::lock_guard lock(mutex_);
      provider_ = nullptr;
    }
    memory_.forget([](const api::Principal&) { return true; });
  }
  const auto left = requests_.take_owner(owner);
  for (const auto& [handle, request] : left) end(request, {nullptr, code::kUnavailable});
  return left.size();
}

std::shared_ptr<const api::Principal> Identities::remembered(std::string_view token) noexcept {
  return memory_.find(token, wall_clock_us());
}

void Identities::authenticate(api::CredentialKind kind, std::string credential, const api::Exchange& exchange,
                              Done done) {
  std::shared_ptr<const Provider> provider;
  {
    const std::lock_guard lock(mutex_);
    provider = provider_;
  }
  if (provider == nullptr) return done({nullptr, code::kUnavailable});
  auto origin = same_client(exchange);
  origin->deadline = std::min(exchange.deadline(), std::chrono::steady_clock::now() + kIdentityDeadline);
  auto request = std::make_shared<Request>();
  request->provider = std::move(provider);
  request->origin = std::move(origin);
  request->kind = kind == api::CredentialKind::ticket ? NX_CREDENTIAL_TICKET : NX_CREDENTIAL_BEARER;
  request->token = std::move(credential);
  request->done = std::move(done);
  request->epoch = memory_.epoch();
  const auto ticket = request->provider->owner->gate().enter();  // so that withdraw finds it in the table
  const auto handle = ticket ? requests_.insert(*request->provider->owner, request) : 0;
  if (handle == 0) return request->done({nullptr, code::kUnavailable});
  ask(request, handle);
}

void Identities::ask(const std::shared_ptr<Request>& request, nx_handle handle) {
  request->timer = timers_->schedule(request->origin->deadline, [this, handle] { refuse(handle); });
  auto run = [this, request, handle] {
    auto& owner = *request->provider->owner;
    nx_call call(owner, Phase::work, request->origin);
    const auto& table = request->provider->table;
    const auto status = owner.call_down("authenticate", call.request_id(), [&] {
      return table.authenticate(table.self, &call, handle, request->kind, to_abi(request->token));
    });
    if (status == NX_OK) return;
    owner.log(NX_LOG_ERROR, "the identity provider failed", call.error(), call.request_id());
    refuse(handle);
  };
  if (!request->provider->owner->post(std::move(run), Admission::bounded)) refuse(handle);
}

void Identities::refuse(nx_handle handle) {
  if (const auto request = requests_.take(handle)) end(request, {nullptr, code::kUnavailable});
}

void Identities::end(const std::shared_ptr<Request>& request, api::Authentication answer) {
  if (const auto timer = request->timer.load()) timers_->cancel(timer);
  request->done(std::move(answer));
}

nx_status Identities::complete(const Owner& provider, nx_handle handle, std::int32_t app_code,
                               const nx_identity* identity) {
  if (app_code == 0 && (identity == nullptr || identity->principal == nullptr)) return NX_E_INVALID;
  // A flag narrows what the caller may do, so one that this host does not know must not be ignored.
  if (app_code == 0 && (identity->principal->flags & ~(NX_PRINCIPAL_SCOPED | NX_PRINCIPAL_SECOND_FACTOR)) != 0)
    return NX_E_UNSUPPORTED;
  const auto known = app_code == 0 || app_code == code::kTokenExpired || app_code == code::kTokenInvalid ||
                     app_code == code::kUnavailable;
  if (!known) return NX_E_INVALID;
  const auto found = requests_.find(handle);
  if (found == nullptr || found->provider->owner.get() != &provider) return NX_E_STALE;
  const auto request = requests_.take(handle);
  if (request == nullptr) return NX_E_STALE;
  api::Authentication answer{nullptr, app_code};
  if (app_code == 0) {
    const auto copy = copy_struct(identity);
    const auto who = copy_struct(copy.principal);
    answer.principal = to_principal(who);
    if (request->kind == NX_CREDENTIAL_BEARER && copy.valid_until_us > wall_clock_us()) {
      memory_.store(request->token, answer.principal, copy.valid_until_us, request->epoch);
    }
  }
  end(request, std::move(answer));
  return NX_OK;
}

void Identities::forget(const Matches& matches) {
  memory_.forget(matches);
  if (forgotten_) forgotten_(matches);
}

nx_status Identities::invalidate(const Owner& caller, std::uint32_t kind, std::string_view id) {
  if (kind != NX_INVALIDATE_USER && !is_provider(caller)) return NX_E_DENIED;
  if (kind == NX_INVALIDATE_TOKEN) {
    forget([&](const api::Principal& who) { return who.token_id == id; });
  } else if (kind == NX_INVALIDATE_SESSION) {
    forget([&](const api::Principal& who) { return who.session_id == id; });
  } else if (kind == NX_INVALIDATE_USER) {
    std::int64_t user = 0;
    const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), user);
    if (error != std::errc{} || end != id.data() + id.size()) return NX_E_INVALID;
    forget([&](const api::Principal& who) { return who.user_id == user; });
  } else {
    return NX_E_INVALID;
  }
  return NX_OK;
}

}  // namespace nexus::core
