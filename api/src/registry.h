// The routes and schemas of all owners, and the documents made from them.
#pragma once

#include "route_tree.h"
#include "schema_store.h"
#include "texts.h"

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::api {

// Thread-safe. Each change makes a new tree and gives it to the router.
class Registry {
 public:
  // Both must outlive it.
  Registry(Router& router, const Texts& texts, std::string title, std::string version);

  // See Server for what is refused.
  Result<void> add_route(RouteSpec route);
  Result<void> add_schemas(const std::string& owner, std::string_view schemas_json);
  void remove_owner(const std::string& owner);
  void suspend_owner(const std::string& owner, const std::vector<RoutePlace>& places);
  std::shared_ptr<const std::string> openapi() const;

 private:
  using Routes = std::vector<std::shared_ptr<const RouteEntry>>;

  Result<void> publish(const Routes& routes);
  void forget(const std::string& owner);

  Router& router_;
  const Texts& texts_;
  const std::string title_;
  const std::string version_;
  mutable std::mutex mutex_;
  Routes routes_;
  Routes suspended_;  // none at the place of one of routes_
  SchemaStore schemas_;
  mutable std::shared_ptr<const std::string> document_;  // null: not made since the last change
};

}  // namespace nexus::api
