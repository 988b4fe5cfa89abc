// What services of things that people keep have in common: a page of them, and one of them or 40401.
#pragma once

#include "model.h"

namespace nexus::servers {

template <class Item>
struct PageOf {
  std::vector<Item> items;
  std::int64_t total = 0;
};

template <class Item>
struct Changed {
  Item now;
  Item before;
};

// `store` has count(scope) and list(scope, limit, offset).
template <class Item, class Store>
Result<PageOf<Item>> page_of(const Store& store, const Scope& scope, std::int64_t limit, std::int64_t offset) {
  PageOf<Item> page;
  NEXUS_ASSIGN(page.total, store.count(scope));
  NEXUS_ASSIGN(page.items, store.list(scope, limit, offset));
  return page;
}

template <class Item>
Result<Item> existing(Result<std::optional<Item>> found) {
  if (!found.ok()) return std::move(found).error();
  if (!found->has_value()) return Error::api(code::kNotFound);
  return std::move(**found);
}

// A thing of which the caller has a level: 40401 where there is none for him, 40301 where `needed` is more.
template <class Item>
Result<Item> existing(Result<std::optional<Item>> found, Level needed) {
  NEXUS_ASSIGN(auto item, existing(std::move(found)));
  NEXUS_TRY(require(item.access, needed));
  return item;
}

}  // namespace nexus::servers
