#include "route_tree.h"

#include <atomic>
#include <utility>

namespace nexus::api {
namespace {

// In the order in which Allow names them.
constexpr std::array<std::string_view, 7> kMethods{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

unsigned method_bit(std::string_view method) noexcept {
  for (std::size_t index = 0; index < kMethods.size(); ++index) {
    if (kMethods[index] == method) return 1u << index;
  }
  return 0;
}

}  // namespace

Result<void> RouteTree::add(std::shared_ptr<const RouteEntry> route) {
  Node* node = &root_;
  for (const auto& segment : route->segments) {
    auto& next = segment.is_parameter ? node->parameter : node->literals[segment.text];
    if (!next) next = std::make_unique<Node>();
    node = next.get();
  }
  for (const auto& other : node->routes) {
    if (other->spec.method == route->spec.method) {
      return Error(Status::conflict,
                   route->spec.method + " " + route->spec.pattern + " belongs to " + other->spec.owner);
    }
    if (other->spec.pattern != route->spec.pattern && !route->is_suspended) {
      return Error(Status::conflict,
                   route->spec.pattern + " is called " + other->spec.pattern + " by " + other->spec.owner);
    }
  }
  node->routes.push_back(std::move(route));
  return {};
}

const std::shared_ptr<const RouteEntry>* RouteTree::find_in(const Node& node, std::string_view method,
                                                            std::span<const std::string_view> segments) noexcept {
  if (segments.empty()) {
    for (const auto& route : node.routes) {
      if (route->spec.method == method) return &route;
    }
    return nullptr;
  }
  const auto rest = segments.subspan(1);
  if (const auto literal = node.literals.find(segments.front()); literal != node.literals.end()) {
    if (const auto* found = find_in(*literal->second, method, rest)) return found;
  }
  return node.parameter && !segments.front().empty() ? find_in(*node.parameter, method, rest) : nullptr;
}

const std::shared_ptr<const RouteEntry>* RouteTree::find(std::string_view method,
                                                         std::span<const std::string_view> segments) const noexcept {
  return find_in(root_, method == "HEAD" ? "GET" : method, segments);
}

void RouteTree::collect(const Node& node, std::span<const std::string_view> segments, unsigned& methods) {
  if (segments.empty()) {
    for (const auto& route : node.routes) methods |= method_bit(route->spec.method);
    return;
  }
  const auto rest = segments.subspan(1);
  if (const auto literal = node.literals.find(segments.front()); literal != node.literals.end()) {
    collect(*literal->second, rest, methods);
  }
  if (node.parameter && !segments.front().empty()) collect(*node.parameter, rest, methods);
}

std::string RouteTree::allow(std::span<const std::string_view> segments) const {
  unsigned methods = 0;
  collect(root_, segments, methods);
  if (methods == 0) return {};
  methods |= method_bit("OPTIONS");
  if ((methods & method_bit("GET")) != 0) methods |= method_bit("HEAD");
  std::string out;
  for (const auto method : kMethods) {
    if ((methods & method_bit(method)) == 0) continue;
    if (!out.empty()) out += ", ";
    out += method;
  }
  return out;
}

Router::Router() { replace(std::make_shared<RouteTree>()); }

const Router::Slot& Router::slot() const noexcept {
  static std::atomic<std::size_t> threads{0};
  thread_local const std::size_t mine = threads.fetch_add(1, std::memory_order_relaxed);
  return slots_[mine % kSlots];
}

RouteMatch Router::match(std::string_view method, std::span<const std::string_view> segments) const {
  const Slot& mine = slot();
  const std::lock_guard lock(mine.mutex);
  if (const auto* found = mine.tree->find(method, segments)) return {*found, {}};
  return {nullptr, mine.tree->allow(segments)};
}

void Router::replace(const std::shared_ptr<const RouteTree>& tree) {
  for (auto& slot : slots_) {
    // The old tree is freed outside the lock: it may hold a lot.
    auto replaced = tree;
    {
      const std::lock_guard lock(slot.mutex);
      slot.tree.swap(replaced);
    }
  }
}

}  // namespace nexus::api
