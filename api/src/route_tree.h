// Radix tree over path segments: finds a route by method and path without a regular expression.
#pragma once

#include "route_entry.h"

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::api {

// What a lookup found: a route; or the methods that the path has (405); or neither (404).
struct RouteMatch {
  std::shared_ptr<const RouteEntry> route;
  std::string allow;  // value of the Allow header; empty where the path has no route at all
};

// Built once, then only read.
class RouteTree {
 public:
  // Refused with a reason: the method and pattern exist, or the same place has another parameter name (which does not
  // matter of a suspended route; those are added last).
  Result<void> add(std::shared_ptr<const RouteEntry> route);
  // A literal segment wins over a parameter; where the literal has no such method, the parameter is tried. HEAD finds
  // GET's route. The result is valid as long as the tree.
  const std::shared_ptr<const RouteEntry>* find(std::string_view method,
                                                std::span<const std::string_view> segments) const noexcept;
  // "GET, HEAD, OPTIONS", in a fixed order, for every route that the path matches.
  std::string allow(std::span<const std::string_view> segments) const;

 private:
  struct Node {
    std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
    std::unique_ptr<Node> parameter;
    std::vector<std::shared_ptr<const RouteEntry>> routes;  // one for each method
  };

  static const std::shared_ptr<const RouteEntry>* find_in(const Node& node, std::string_view method,
                                                          std::span<const std::string_view> segments) noexcept;
  static void collect(const Node& node, std::span<const std::string_view> segments, unsigned& methods);

  Node root_;
};

// The tree in use, replaced as a whole. Readers take a lock that only their own thread normally uses, so they never
// wait for each other, and hold a route (not the tree) while they need it: what was removed is freed when its last
// request ends.
class Router {
 public:
  Router();
  RouteMatch match(std::string_view method, std::span<const std::string_view> segments) const;
  void replace(const std::shared_ptr<const RouteTree>& tree);

 private:
  struct alignas(64) Slot {
    mutable std::mutex mutex;
    std::shared_ptr<const RouteTree> tree;
  };
  // More than I/O threads on any machine we serve; threads beyond share slots.
  static constexpr std::size_t kSlots = 16;

  const Slot& slot() const noexcept;

  std::array<Slot, kSlots> slots_;
};

}  // namespace nexus::api
