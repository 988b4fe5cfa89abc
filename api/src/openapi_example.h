// Examples of the OpenAPI document: whole envelopes, in the default language, as the edge writes them.
#pragma once

#include "texts.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace nexus::api {

// Members keep the order in which they were written, so that the document reads well.
using OrderedJson = nlohmann::ordered_json;

class Examples {
 public:
  // `schemas` are the named ones of the document. Both must outlive this.
  Examples(const OrderedJson& schemas, const Texts& texts) noexcept : schemas_(schemas), texts_(texts) {}

  OrderedJson error(std::int32_t app_code) const;
  // `data` may be null: no such member.
  OrderedJson success(int http_status, std::string_view message_key, const OrderedJson* data) const;
  // What the examples in `schema`, and in those that it refers to, make up together; nullopt where something that it
  // requires has none.
  std::optional<OrderedJson> made_of(const OrderedJson& schema) const { return made_of(schema, 0); }
  std::string text(std::string_view key) const { return texts_.get(kDefaultLocale, key, {}); }

 private:
  std::optional<OrderedJson> made_of(const OrderedJson& schema, int depth) const;
  std::optional<OrderedJson> object_of(const OrderedJson& schema, int depth) const;
  std::optional<OrderedJson> all_of(const OrderedJson& parts, int depth) const;

  const OrderedJson& schemas_;
  const Texts& texts_;
};

}  // namespace nexus::api
