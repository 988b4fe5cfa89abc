#include "item_error.h"

namespace nexus::servers {

Json item_error(const Call& call, const Error& error) {
  const auto code = error.app_code();
  const auto key = error.details_key().empty() ? "error." + std::to_string(code) : error.details_key();
  Json out = {{"code", code}};
  if (!error.field().empty()) out["field"] = error.field();
  out["message"] = call.translate(key, error.args());
  if (const auto extra = parse_json(error.extra_json()); extra.ok()) out.update(*extra);
  return out;
}

}  // namespace nexus::servers
