#include "caller.h"
#include "lookup.h"
#include "routes.h"
#include "tag_store.h"

#include <nexus/cpp/page.h>

namespace nexus::servers {
namespace {

Result<Response> list_tags(Request& request) {
  auto& call = request.call();
  const auto page = Page::from(request);
  NEXUS_ASSIGN(const auto found, page_of<TagCount>(TagStore(Sql(call)), scope_of(call), page.size, page.offset()));
  Json tags = Json::array();
  for (const auto& one : found.items) tags.push_back({{"tag", one.tag}, {"server_count", one.server_count}});
  return Response::ok(dump({{"tags", std::move(tags)}, {"pagination", page.pagination(found.total)}}));
}

}  // namespace

void add_tag_routes(Registrar& registrar) {
  registrar.route("GET", "/api/v1/servers/tags", {.permission = kReadPermission}, list_tags);
}

}  // namespace nexus::servers
